"""Raw values of records: events of every type with wild fields, whole or damaged, and bytes that never were any."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import strategies as st

from streams.events.native import ACTIONS, Event
from tests.fuzz.damage import damaged

FIELDS = {
    "view": ("product", "category", "price"),
    "cart": ("product", "category", "price"),
    "purchase": ("order", "items", "total", "discount", "coupon"),
    "refund": ("order", "total"),
    "email": ("action", "message", "campaign", "segment", "machine", "soft"),
    "profile": ("set",),
    "merge": ("from",),
    "erase": (),
}
AT = 1_767_225_600_000
_NUMBERS = (0, -1, 1, 2**31, 2**53, 2**63, 2**64, 2**70, -(2**70), 0.1, -0.0, 1e308, 5e-324, 4e10, 0.00005)
_TEXTS = (
    "",
    " ",
    "a",
    "19.90",
    "-1",
    "1e400",
    "0.00005",
    "9" * 40,
    "\0",
    "\1",
    "İ",
    "ﬃ",
    "e\u0301",
    "\U0010ffff",
    "x" * 300,
)
_STAMPS = ("2026-05-01T05:00:00Z", "2026-05-01T05:00:00", "1999-12-31T23:59:59Z", "2026-02-30T00:00:00Z", "0")
_MORE_STAMPS = ("2026-05-01T05:00:00.123456789+05:30", "9999-12-31T23:59:59.9999-12:00", "2026-05-01T24:00:00Z")
_SCALARS = st.one_of(
    st.sampled_from(_NUMBERS),
    st.sampled_from(_TEXTS),
    st.text(max_size=12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(-(2**66), 2**66),
    st.none(),
    st.booleans(),
)
_ITEM = st.dictionaries(st.sampled_from(("product", "category", "price", "quantity", "more")), _SCALARS, max_size=5)
_GOOD: dict[str, st.SearchStrategy[Any]] = {
    "product": st.sampled_from(("p1", "p2", 42)),
    "category": st.sampled_from(("shoes", "Schuhe ", None, ["a", "b"], ["a", 1, None], [])),
    "price": st.sampled_from((0, 9.99, "19.90", 4e10, None)),
    "order": st.sampled_from(("o1", "o2", 7)),
    "items": st.lists(st.fixed_dictionaries({"product": st.sampled_from(("p", 1)), "price": st.just(2)}), max_size=3),
    "total": st.sampled_from((None, 5, "7.5")),
    "discount": st.sampled_from((None, 0, 2)),
    "coupon": st.sampled_from((None, "", "SALE")),
    "action": st.sampled_from(ACTIONS),
    "message": st.sampled_from(("m1", 2)),
    "campaign": st.sampled_from((None, "c")),
    "segment": st.sampled_from((None, "s")),
    "machine": st.booleans(),
    "soft": st.booleans(),
    "set": st.dictionaries(st.sampled_from(("tier", "age")), st.sampled_from(("a", 1, 2.5, True, None)), max_size=2),
    "from": st.sampled_from(("ben", "ana")),
}
_WILD: dict[str, st.SearchStrategy[Any]] = {
    "items": st.lists(_ITEM, max_size=4),
    "set": st.dictionaries(st.text(max_size=8), _SCALARS, max_size=4),
    "category": st.lists(_SCALARS, max_size=9),
}


@st.composite
def _event(draw: st.DrawFn) -> bytes:
    kind = draw(st.sampled_from((*FIELDS, *FIELDS, "vew", None)))
    event: dict[str, Any] = {"type": kind}
    event["at"] = draw(st.sampled_from((AT, AT, AT + 1, *_STAMPS, *_MORE_STAMPS)) | _SCALARS)
    for name, good in (("user", "ana"), ("id", "e-1")):
        if draw(st.integers(0, 7)):
            event[name] = draw(st.just(good) | _SCALARS)
    for name in FIELDS.get(str(kind), ()):
        event[name] = draw(_value(name))
    if draw(st.integers(0, 9)) == 0:
        event[draw(st.sampled_from(("currency", "more", "product")))] = draw(_SCALARS)
    return _written(event)


def _value(name: str) -> st.SearchStrategy[Any]:
    return st.one_of(_GOOD[name], _GOOD[name], _WILD.get(name, _SCALARS) | _SCALARS)


def _written(event: dict[str, Any]) -> bytes:
    """As JSON; with numbers that do not fit 64 bits, which orjson does not write."""
    return msgspec.json.encode(event)


def raw_values() -> st.SearchStrategy[bytes]:
    """Values of records."""
    return st.one_of(_event(), damaged(_event()), damaged(_event(), 2), st.binary(max_size=60))


def raw_of(event: Event) -> bytes:
    """The JSON of which a settled event comes: amounts, which it has in ten-thousandths, as decimal texts."""
    raw = msgspec.to_builtins(event)
    for holder in (raw, *raw.get("items", ())):
        for name in ("price", "total", "discount"):
            if isinstance(holder.get(name), int):
                holder[name] = f"{holder[name] // 10_000}.{holder[name] % 10_000:04d}"
    return msgspec.json.encode(raw)
