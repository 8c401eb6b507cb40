"""The platforms' own examples: each is translated, or skipped for a reason that is written down."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from streams.dialects import segment, shopify
from streams.dialects.words import Leaves
from tests.dialects.helpers import MAY_MS, become, event, events

DATA = Path(__file__).parents[1] / "data"
CALLS = [one["payload"] for one in orjson.loads((DATA / "segment_spec/examples.json").read_bytes())]
#: track calls that are no event of the spec
OWN = ("User Registered", "Course Clicked", "Button Clicked")
FIXTURES = {path.stem: path for path in sorted((DATA / "shopify").glob("*.json"))}


def name_of(call: dict[str, object]) -> str:
    return str(call.get("event") or call.get("type"))


@pytest.mark.parametrize("call", CALLS, ids=name_of)
def test_calls_of_the_segment_spec(call: dict[str, object]) -> None:
    became = become("segment", call, key=b"visitor", at_ms=MAY_MS)
    if isinstance(call.get("userId"), dict):
        assert became.refused == "userId: {'subscriptionStatus': 'inactive'} is no text and no number"
    elif became.skipped:
        name = became.skipped.removeprefix("segment: ")
        assert isinstance(segment.EVENTS.get(name), Leaves) or name in OWN
    else:
        assert events("segment", call, key=b"visitor", at_ms=MAY_MS)


def test_what_the_spec_translates_to() -> None:
    became = [become("auto", call, key=b"visitor", at_ms=MAY_MS) for call in CALLS]
    kinds = [event["type"] for one in became for event in one.events]
    assert kinds == [
        *("view", "cart", "purchase", "purchase", "refund", "refund", "cart"),
        *(["email"] * 6),
        *("profile", "profile", "profile", "merge"),
    ]


@pytest.mark.parametrize("name", FIXTURES)
def test_fixtures_of_shopify(name: str) -> None:
    became = become("auto", FIXTURES[name].read_bytes())
    assert became.refused is None
    if became.skipped:
        assert isinstance(shopify.TOPICS[became.skipped.removeprefix("shopify: ")], Leaves)
    else:
        assert events("shopify", FIXTURES[name].read_bytes())


def test_the_order_of_shopify() -> None:
    lines = [{"product": "632910392", "price": "199.00", "quantity": 1}] * 3
    assert event("shopify", FIXTURES["order"].read_bytes()) == {
        "type": "purchase",
        "id": "order-450789469-1199980800000",
        "user": "207119551",
        "at": 1_199_980_800_000,
        "order": "450789469",
        "items": lines,
        "total": "409.94",
        "discount": "0.00",
        "coupon": "TENOFF",
        "currency": "USD",
    }


def test_which_fixtures_are_skipped() -> None:
    became = {name: become("auto", path.read_bytes()).skipped for name, path in FIXTURES.items()}
    assert {name: skipped for name, skipped in became.items() if skipped} == {
        "carts": "shopify: carts/update",
        "discount_code": "shopify: discounts/update",
        "price_rule": "shopify: discounts/update",
        "product": "shopify: products/update",
    }
