"""Raw events of customer ana, made to clash: the same ids, orders, messages and instants over and over."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from tests.engine.bench import DAY, T
from tests.laws.runs import Raw

#: so many bytes of an id are kept
LONGEST_ID = 8 + 11 * 24
UUIDS = st.uuids().map(str)
_STEMS = (
    "",
    "evt-2026-05-01-",
    "x" * 8,
    "x" * 16,
    "x" * 32,
    "é" * 20,
    "x" * 170,
    "0190f5c4-7c5e-7b3a-9f3e-3b1f6a0c2d4",
)


def text_id() -> st.SearchStrategy[str]:
    """Ids of up to 200 bytes that are no UUIDs, many with the same beginning."""
    tails = st.text(max_size=7) | st.text("ab01\0\1\x7f", max_size=30)
    return st.builds("{}{}".format, st.sampled_from(_STEMS), tails).filter(lambda one: len(one) != 36)


def any_id() -> st.SearchStrategy[str]:
    """``text_id`` and UUIDs."""
    return text_id() | UUIDS


def event_id(n: int) -> str:
    """The n-th of the ids of ``events``: a short one, a UUID or a long one."""
    return (f"e{n}", f"0190f5c4-7c5e-7b3a-9f3e-{n:012x}", f"event-of-the-shop-number-{n}-of-them-all")[n % 3]


#: for what may wait for the kernel to be compiled
PATIENT = settings(deadline=None, max_examples=60)

_TEXT = st.sampled_from(("a", "b", "c"))
_PRICE = st.sampled_from((None, 0, 5, 9.99, "25.5"))
_CATEGORY = st.one_of(_TEXT, st.just(None), st.lists(_TEXT, max_size=3))
_PRODUCT = {"product": _TEXT, "category": _CATEGORY, "price": _PRICE}
_ITEM = st.fixed_dictionaries({**_PRODUCT, "quantity": st.integers(1, 3)})
_ACTIONS = ("sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed", "resubscribed")
_FIELDS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "view": _PRODUCT,
    "cart": _PRODUCT,
    "purchase": {
        "order": st.sampled_from(("o1", "o2", "o3")),
        "items": st.lists(_ITEM, max_size=3),
        "discount": st.sampled_from((None, 0, 2)),
        "coupon": st.sampled_from((None, "", "SALE")),
    },
    "refund": {"order": st.sampled_from(("o1", "o2", "o3")), "total": st.sampled_from((None, 3, 5))},
    "email": {
        "action": st.sampled_from(_ACTIONS),
        "message": st.sampled_from(("m1", "m2")),
        "campaign": st.sampled_from((None, "a", "b")),
        "machine": st.booleans(),
        "soft": st.booleans(),
    },
    "profile": {
        "set": st.dictionaries(st.sampled_from(("tier", "age")), st.sampled_from(("a", 1, 2.5, True, None)), min_size=1)
    },
}


def events(ids: int = 12, days: int = 6) -> st.SearchStrategy[list[Raw]]:
    """Lists of events under so many ids at one of so many instants, a day apart."""
    common = {
        "id": st.integers(1, ids).map(event_id),
        "at": st.integers(0, days - 1).map(lambda n: T + n * DAY),
    }
    kinds = [st.fixed_dictionaries({"type": st.just(kind), **common, **fields}) for kind, fields in _FIELDS.items()]
    return st.lists(st.one_of(kinds), min_size=1, max_size=16)
