"""Values that no honest shop sends, among events that it does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from confluent_kafka import Producer

from tests.faults.judge import Outcome, judged
from tests.faults.memory import Memory
from tests.faults.shop_events import START_MS
from tests.faults.stage import Stage, stage

#: What the worker may grow by, whatever it is sent; in MiB.
MOST_GROWTH_MIB = 400
LARGEST = (2 << 20) - 4096  # what a topic takes, less the record's own bytes
STEP_MS = 60_000  # between two events of the collector


class Poison(NamedTuple):
    """What is wrong, and the record."""

    what: str
    value: bytes | None
    key: bytes | None = b"poison"


def poisons() -> Iterator[Poison]:
    """All of them; each must be refused."""
    yield Poison("not JSON", b"not json")
    yield Poison("half of it", b'{"type":"view","user":"a"')
    yield Poison("two at once", _view() + _view())
    yield Poison("no object", b"[1,2,3]")
    yield Poison("a text", b'"view"')
    yield Poison("nothing", None)
    yield Poison("empty", b"")
    yield Poison("NUL", b"\0" * 1000)
    yield Poison("no UTF-8", b'{"type":"view","product":"\xff\xfe"}')
    yield Poison("a raw surrogate", _with(b'"product":"\xed\xa0\x80"'))
    yield Poison("a lone surrogate", _with(rb'"product":"\ud800"'))
    yield Poison("deep nesting", _with(b'"product":"p","deep":' + b"[" * 200_000 + b"]" * 200_000))
    yield Poison("deep objects", _with(b'"product":"p","deep":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000))
    yield Poison("2 MiB", _with(b'"product":"p","padding":"%s"' % (b"x" * (LARGEST - 200))))
    for number in (b"NaN", b"Infinity", b"-Infinity", b"1e400", b"-1", str(2**70).encode()):
        yield Poison(f"a price of {number.decode()}", _with(b'"product":"p","price":' + number))
        yield Poison(f"an instant of {number.decode()}", b'{"type":"view","product":"p","at":%s}' % number)
    yield Poison("a price of text", _with(b'"product":"p","price":"dear"'))
    yield Poison("no key and no user", _with(b'"product":"p"'), None)
    yield Poison("an empty user", _with(b'"product":"p","user":""'))
    yield Poison("a key that is no UTF-8", _with(b'"product":"p"'), b"\xff\xfe")
    yield Poison("an unknown type", b'{"type":"vieww","product":"p","at":%d}' % START_MS)
    yield Poison("no type", b'{"product":"p","at":%d}' % START_MS)
    yield Poison("10,000 properties", _event("profile", set={f"p{number}": number for number in range(10_000)}))
    yield Poison("half a million categories", _with(b'"product":"p","category":[%s1]' % (b"1," * 500_000)))
    yield Poison("a million items", _event("purchase", order="o", items=[0] * 1_000_000))
    yield Poison("60,000 good items", _event("purchase", order="o", items=[{"product": 1}] * 60_000))
    for name in ("product", "category"):
        yield Poison(f"a {name} of 1 MB", _event("view", **{"product": "p", name: "x" * 1_000_000}))
    yield Poison("a user of 1 MB", _event("view", product="p", user="x" * 1_000_000))
    yield Poison("an order of 1 MB", _event("purchase", order="x" * 1_000_000, items=[]))
    yield Poison("a property's name of 1 MB", _event("profile", set={"x" * 1_000_000: 1}))
    yield Poison("a user with NUL", _event("view", product="p", user="\0rules"))
    yield Poison("a quantity of half", _event("purchase", order="o", items=[{"product": "p", "quantity": 0.5}]))
    yield Poison("before 2000", b'{"type":"view","product":"p","at":"1999-12-31T23:59:59Z"}')
    yield Poison("no offset", b'{"type":"view","product":"p","at":"2026-01-01T00:00:00"}')


def _view() -> bytes:
    return _event("view", product="p")


def _event(kind: str, **more: Any) -> bytes:
    return orjson.dumps({"type": kind, "at": START_MS, **more})


def _with(fields: bytes) -> bytes:
    """A view with fields as they are spelled here."""
    return b'{"type":"view","at":%d,%s}' % (START_MS, fields)


def poisoned(categories: int) -> Outcome:
    """Each poison is followed by a good event; then one customer looks at so many categories, each of which a family's
    rule judges."""
    with stage(course=False, max_facts=5_000) as at:
        worker = at.crew.join()
        worker.await_opening()
        with Memory(lambda: worker.pid) as memory:
            injected = _send_poison(at)
            at.send(_collector(categories))
            at.curtain()
        at.notes.append(f"memory grew by {memory.growth_mib:.0f} MiB")
        if memory.growth_mib > MOST_GROWTH_MIB:
            at.faults.append(f"the worker's memory grew by {memory.growth_mib:.0f} MiB")
        if worker.ends:
            at.faults.append(f"the worker ended: {worker.said[-500:]}")
        return judged(at, injected + categories)


def _send_poison(at: Stage) -> int:
    """Sends every poison to every partition, and after each the event of a good customer, who must be seen."""
    producer = Producer({"bootstrap.servers": at.ground.settings.broker, "message.max.bytes": 4 << 20})
    every, users = list(poisons()), []
    for number, poison in enumerate(every):
        for partition in range(at.ground.partitions):
            producer.produce("views", poison.value, poison.key, partition)
            at.poison.append(poison.value or b"")
            users.append(f"good-{number}-{partition}")
            good = _event("view", product="p", category="curtain", user=users[-1], id=users[-1])
            producer.produce("views", good, None, partition)  # seldom at home: it is forwarded
            at.sent.append(good)
        producer.flush()
    at.awaits(users)
    return at.ground.partitions * len(every)


def _collector(categories: int) -> Iterator[bytes]:
    """One customer with so many categories."""
    for number in range(categories):
        at_ms = START_MS + number * STEP_MS
        event = {"id": f"c{number}", "user": "collector", "at": at_ms, "category": f"c{number}"}
        yield orjson.dumps({"type": "view", "product": f"p{number}", **event})
