"""The simulated shop: repeatable, in order, and nothing but events that the decoder takes."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import orjson
import pytest

from streams.demo.catalogue import CATALOGUE
from streams.demo.shop import DAY_MS, HOUR_MS, Event, Shop
from streams.events.decode import Refusal, decode_event

START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z


@pytest.fixture(scope="module")
def quarter() -> list[Event]:
    return list(Shop(100, START_MS).until(START_MS + 90 * DAY_MS))


def test_every_event_is_native(quarter: list[Event]) -> None:
    decoded = [decode_event(orjson.dumps(event)) for event in quarter]

    assert [one for one in decoded if isinstance(one, Refusal)] == []


def test_events_come_in_order_within_their_time(quarter: list[Event]) -> None:
    stamps = [event["at"] for event in quarter]

    assert all(one <= other for one, other in pairwise(stamps))
    assert stamps[0] >= "2026-01-01T00:00:00.000Z"
    assert stamps[-1] < "2026-04-01T00:00:00.000Z"


def test_ids_are_unique(quarter: list[Event]) -> None:
    assert len({event["id"] for event in quarter}) == len(quarter)


def test_everything_that_a_shop_knows_happens(quarter: list[Event]) -> None:
    kinds = Counter(event["type"] for event in quarter)
    actions = Counter(event.get("action") for event in quarter)

    assert {"view", "cart", "purchase", "refund", "email", "profile"} <= kinds.keys()
    assert {"sent", "opened", "clicked", "bounced", "unsubscribed"} <= actions.keys()
    assert any(event.get("machine") for event in quarter)
    assert any(event.get("coupon") for event in quarter)
    assert kinds["view"] > kinds["cart"] > kinds["refund"]


def test_customers_join_as_time_goes_on(quarter: list[Event]) -> None:
    first = {event["user"] for event in quarter if event["at"] < "2026-01-02"}

    assert len({event["user"] for event in quarter}) > len(first)


def test_who_unsubscribed_gets_no_mail_until_they_resubscribe() -> None:
    mailable: dict[str, bool] = {}
    for event in Shop(200, START_MS).until(START_MS + 200 * DAY_MS):
        if event["type"] == "email" and event["action"] in ("unsubscribed", "complained"):
            mailable[event["user"]] = False
        elif event["type"] == "email" and event["action"] == "resubscribed":
            mailable[event["user"]] = True
        elif event["type"] == "email" and event["action"] == "sent":
            assert mailable.get(event["user"], True), event

    assert False in mailable.values()


def test_the_same_arguments_are_the_same_shop(quarter: list[Event]) -> None:
    again = Shop(100, START_MS)
    pieces = [event for day in range(90 * 4) for event in again.until(START_MS + (day + 1) * 6 * HOUR_MS)]

    assert pieces == quarter


def test_another_seed_is_another_shop(quarter: list[Event]) -> None:
    assert list(Shop(100, START_MS, seed=8).until(START_MS + DAY_MS)) != quarter[: len(quarter) // 90]


def test_a_later_shop_has_the_same_people_and_other_ids() -> None:
    one, other = (list(Shop(5, START_MS + days * DAY_MS).until(START_MS + (days + 2) * DAY_MS)) for days in (0, 70))

    assert {event["user"] for event in one if event["type"] == "profile"} == {
        event["user"] for event in other if event["type"] == "profile"
    }
    assert not {event["id"] for event in one} & {event["id"] for event in other}


def test_prices_rise_through_each_category() -> None:
    for category, products in CATALOGUE.items():
        prices = [one.price_cents for one in products]
        assert prices == sorted(prices), category
        assert len({one.name for one in products}) == len(products) == 18
