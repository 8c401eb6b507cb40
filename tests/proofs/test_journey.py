"""Seven real households: their conversion, and the worker, killed in the middle, against the replay."""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.events.decode import Refusal, decode_event
from streams.events.native import Purchase
from streams.proofs.complete_journey import prove
from streams.proofs.ground import fresh_ground
from streams.proofs.journey import BASKETS, convert

DATA = Path(__file__).parents[1] / "data" / "complete_journey"
RULES = Path(__file__).parents[2] / "segment_rules"


@pytest.fixture(scope="module")
def events() -> list[dict[str, Any]]:
    return convert(DATA)


def rows(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(newline="") as file:
        yield from csv.DictReader(file)


def test_every_event_is_native(events: list[dict[str, Any]]) -> None:
    assert [one for event in events if isinstance(one := decode_event(orjson.dumps(event)), Refusal)] == []


def test_nothing_is_lost(events: list[dict[str, Any]]) -> None:
    kinds = Counter(event.get("action", event["type"]) for event in events)

    assert kinds == {
        "purchase": len({row["basket_id"] for row in rows(BASKETS)}),
        "sent": len(list(rows("campaigns.csv"))),
        "clicked": len(list(rows("coupon_redemptions.csv"))),
        "profile": len(list(rows("demographics.csv"))),
    }
    assert len({event["id"] for event in events}) == len(events)


def test_amounts_are_exact(events: list[dict[str, Any]]) -> None:
    paid: defaultdict[str, Decimal] = defaultdict(Decimal)
    for row in rows(BASKETS):
        paid[row["basket_id"]] += Decimal(row["sales_value"])
    for event in events:
        if event["type"] == "purchase":
            lines = sum(Decimal(item["price"]) * item["quantity"] for item in event["items"])
            assert lines == Decimal(event["total"])
            assert abs(Decimal(event["total"]) - paid[event["order"]]) < Decimal("1e-9")
            native = decode_event(orjson.dumps(event))
            assert isinstance(native, Purchase)
            assert native.total == int(Decimal(event["total"]) * 10_000)


def test_a_basket_with_a_coupon(events: list[dict[str, Any]]) -> None:
    """The first basket of the excerpt in which something was taken off by a coupon."""
    with_coupon = next(row for row in rows(BASKETS) if float(row["coupon_disc"]) > 0)
    event = next(event for event in events if event.get("order") == with_coupon["basket_id"])
    lines = [row for row in rows(BASKETS) if row["basket_id"] == event["order"]]

    assert event["user"] == with_coupon["household_id"]
    assert event["at"] == with_coupon["transaction_timestamp"].replace(" ", "T") + "Z"
    assert event["coupon"]
    discounts = ("retail_disc", "coupon_disc", "coupon_match_disc")
    assert float(event["discount"]) == pytest.approx(sum(float(row[name]) for row in lines for name in discounts))
    assert len(event["items"]) == sum(row["quantity"] != "0" for row in lines)


def test_a_redemption_is_a_click_in_the_mail_that_was_sent(events: list[dict[str, Any]]) -> None:
    sent = {event["message"]: event for event in events if event.get("action") == "sent"}
    clicks = [event for event in events if event.get("action") == "clicked"]

    assert clicks
    for click in clicks:
        assert sent[click["message"]]["user"] == click["user"]
        assert sent[click["message"]]["campaign"] == click["campaign"]
        assert sent[click["message"]]["at"] < click["at"]


def test_a_missing_file_is_told() -> None:
    with pytest.raises(FileNotFoundError):
        convert(DATA.parent)


def test_the_worker_killed_in_the_middle_agrees_with_the_replay(events: list[dict[str, Any]]) -> None:
    with fresh_ground(RULES) as ground:
        outcome = prove(ground, [orjson.dumps(event) for event in events], kills=1)

    assert outcome.faults == []
    assert outcome.customers == 7
    assert outcome.records > 20
    assert outcome.members > 0
