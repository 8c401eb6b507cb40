"""State that another version of the program wrote, or that something damaged."""

from __future__ import annotations

from itertools import islice

from confluent_kafka import Producer

from streams.proofs.worker_runs import drain
from streams.rows.layout import ROW_VERSION
from tests.faults.judge import Outcome, judged
from tests.faults.shop_events import shop_events
from tests.faults.stage import Stage, stage
from tests.worker.shop import Logged, read_log


def other_versions(events: int) -> Outcome:
    """A row of an older version, of a newer one, cut off, and of nonsense: each is refused in one clear line."""
    with stage() as at:
        at.send(islice(shop_events(), events))
        drain(at.ground)
        rows = [
            one for one in read_log(at.ground.settings.broker, at.ground.settings.changelog) if one.key[:1] != b"\0"
        ]
        row = rows[-1]
        for what, value in _damages(row.value).items():
            _must_be_refused(at, row, what, value)
        _write(at, row, row.value)
        at.crew.join()
        at.curtain()
        return judged(at, len(_damages(row.value)))


def _damages(row: bytes) -> dict[str, bytes]:
    return {
        "an older version": bytes([ROW_VERSION - 1]) + row[1:],
        "a newer version": bytes([ROW_VERSION + 1]) + row[1:],
        "cut off": row[:-8],
        "cut in a word": row[:-3],
        "only its head": row[:16],
        "nonsense": b"\xff" * len(row),
        "one byte": row[:1],
    }


def _must_be_refused(at: Stage, row: Logged, what: str, value: bytes) -> None:
    _write(at, row, value)
    before = at.watch.subscriber.records
    member = at.crew.join("damaged")
    if not at.watch.until(lambda: bool(member.ends), 90):
        at.faults.append(f"a row of {what} was taken")
    at.crew.leave("damaged")
    said = [line for line in member.said.splitlines() if line.startswith("microseg: ")]
    if 2 not in member.ends or not said or "changelog" not in said[0]:
        at.faults.append(f"a row of {what}: {member.ends}, {said[:1]}")
    if at.watch.subscriber.records != before:
        at.faults.append(f"a row of {what}: something was published")
    at.notes += said[:1]


def _write(at: Stage, row: Logged, value: bytes) -> None:
    producer = Producer({"bootstrap.servers": at.ground.settings.broker})
    producer.produce(at.ground.settings.changelog, value, row.key, row.partition)
    producer.flush()
