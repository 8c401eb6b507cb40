"""Changelogs of a partition: whole ones, and damaged in a record's bytes or words, or in which records there are."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache

from hypothesis import strategies as st

from tests.engine.bench import DAY, HOUR, T, rules_of, view
from tests.fuzz.damage import edits
from tests.laws.town import Town

Changelog = list[tuple[bytes | None, bytes | None]]
Damage = Callable[[Changelog], Changelog]

RULES = rules_of(
    seen="{count: views, at_least: 1}",
    lately="{all: [{count: views, where: {category: shoes}, last: 1h, at_least: 1}, {count: purchases, at_least: 1}]}",
    waits="when: {count: views, at_least: 2}\nfor: 1h\nkeep_for: 2d\n",
    likes="for_each: category\nwhen: {count: views, where: {category: $each}, at_least: 2}\n",
    opens="{any: [{share: emails, where: {opened: true}, at_least: 50%}, {profile: tier, is: gold}]}",
)
_ORDER = {"type": "purchase", "id": "order-of-the-shop-number-17", "order": "o1", "discount": 2, "coupon": "SALE"}
EVENTS = (
    view("e1"),
    view("e2", T + HOUR, category="bags"),
    view("0190f5c4-7c5e-7b3a-9f3e-00000000000a", T + DAY, category=["shoes", "bags"], price=9.5),  # type: ignore[arg-type]
    {"type": "cart", "id": "c", "at": T + 5, "product": "p2", "price": 3},
    {**_ORDER, "at": T + 6, "items": [{"product": "p", "category": "shoes", "price": 7, "quantity": 2}]},
    {"type": "refund", "id": "r", "at": T + 7, "order": "o1", "total": 2},
    {"type": "email", "id": "m1", "at": T + 8, "action": "sent", "message": "m", "campaign": "spring"},
    {"type": "email", "id": "m2", "at": T + 9, "action": "opened", "message": "m"},
    {"type": "profile", "id": "p", "at": T + 10, "set": {"tier": "gold", "age": 42}},
    {"type": "email", "id": "m3", "at": T + 11, "action": "unsubscribed", "message": "m2", "user": "ben"},
    view("b1", T + 12, user="ben"),
    {"type": "erase", "id": "x", "at": T + 20, "user": "zoe"},
    {"type": "merge", "id": "j", "at": T + 21, "user": "ana", "from": "anna"},
    view("a1", T + 13, user="anna"),
)
_WORDS = (
    0,
    1,
    -1,
    2**31,
    2**31 - 1,
    2**32,
    2**32 - 1,
    2**62,
    -(2**62),
    2**63 - 1,
    -(2**63),
    5,
    10,
    11,
    31,
    255,
    T << 12,
)


@cache
def whole() -> tuple[tuple[bytes, bytes | None], ...]:
    """What a few customers leave in a changelog: rows, names, positions, a marker, the clock, the rules, and what is
    known of ids that were absorbed."""
    town = Town(RULES, 1)
    town.send([{"at": T, "user": "ana", **event} for event in (view("z", user="zoe"), *EVENTS)])
    town.drain()
    return tuple(town.changelogs[0])


def _word(which: int, at: int, word: int, _: object) -> Damage:
    """Another number in a word of a value."""

    def damage(log: Changelog) -> Changelog:
        key, value = log[which % len(log)]
        start = 8 * (at % (len(value or b"") // 8 or 1))
        other = struct.pack("<q", word) if value and len(value) >= 8 else b"%d" % word
        return _with(log, which, (key, (value or b"")[:start] + other + (value or b"")[start + 8 :]))

    return damage


def _nudge(which: int, at: int, word: int, _: object) -> Damage:
    """A bit of a word turned over."""

    def damage(log: Changelog) -> Changelog:
        key, value = log[which % len(log)]
        if not value:
            return log
        raw = bytearray(value)
        raw[at % len(raw)] ^= 1 << (word % 8)
        return _with(log, which, (key, bytes(raw)))

    return damage


def _bytes(which: int, at: int, _: int, edit: Callable[[bytes], bytes]) -> Damage:
    """Bytes of a key or value changed."""

    def damage(log: Changelog) -> Changelog:
        key, value = log[which % len(log)]
        changed = (edit(key or b""), value) if at % 3 == 0 else (key, edit(value or b""))
        return _with(log, which, changed)

    return damage


def _which(which: int, at: int, word: int, _: object) -> Damage:
    """A record taken away, a tombstone, one without a key, or with the value of another."""

    def damage(log: Changelog) -> Changelog:
        key, value = log[which % len(log)]
        changes: tuple[Changelog, ...] = ([], [(key, None)], [(None, value)], [(key, log[at % len(log)][1])])
        return [*log[: which % len(log)], *changes[word % 4], *log[which % len(log) + 1 :]]

    return damage


def _with(log: Changelog, which: int, record: tuple[bytes | None, bytes | None]) -> Changelog:
    return [*log[: which % len(log)], record, *log[which % len(log) + 1 :]]


def changelogs() -> st.SearchStrategy[Changelog]:
    """Changelogs with up to four damages."""
    damage = st.builds(
        lambda make, which, at, word, edit: make(which, at, word, edit),
        st.sampled_from((_word, _word, _word, _nudge, _nudge, _bytes, _which)),
        st.integers(0, 60) | st.integers(0, 60).map(lambda n: -1 - n),
        st.integers(0, 1_000),
        st.sampled_from(_WORDS) | st.integers(-(2**63), 2**63 - 1) | st.integers(0, 60),
        edits(),
    )
    return st.builds(_damaged, st.lists(damage, max_size=4))


def _damaged(damages: list[Damage]) -> Changelog:
    log: Changelog = list(whole())
    for damage in damages:
        log = damage(log) or log
    return log
