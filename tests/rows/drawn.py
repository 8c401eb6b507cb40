"""Raw events of customer ana, made to clash: the same ids, orders, messages and instants over and over."""

from __future__ import annotations

from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

from tests.engine.bench import DAY, Raw, T

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
        "id": st.integers(1, ids).map(lambda n: f"e{n}"),
        "at": st.integers(0, days - 1).map(lambda n: T + n * DAY),
    }
    kinds = [st.fixed_dictionaries({"type": st.just(kind), **common, **fields}) for kind, fields in _FIELDS.items()]
    return st.lists(st.one_of(kinds), min_size=1, max_size=16)
