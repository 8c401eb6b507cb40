"""One simulated course of weeks, told natively and in three dialects, gives the same membership changes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from random import Random

import orjson
import pytest

from streams.dialects.translate import translate
from streams.dialects.words import Record, Shop
from streams.engine.replay import replay_events
from streams.rules.load import load_rules
from streams.rules.model import RuleSet
from tests.dialects.shopify_weeks import CURRENCY, as_shopify_can_say, in_shopify
from tests.dialects.weeks import Event, in_klaviyo, in_segment, lines, native_weeks

RULES = Path(__file__).parents[2] / "segment_rules"
Told = tuple[list[Event], dict[str, str]]


@pytest.fixture(scope="module")
def rules() -> RuleSet:
    return load_rules(RULES)


@pytest.fixture(scope="module")
def told() -> Told:
    return native_weeks()


def changes(raw: Iterable[bytes], rules: RuleSet) -> list[tuple[object, ...]]:
    """Each membership change, without what names the event behind it."""
    names = ("at", "user", "seq", "entered", "exited", "segments")
    return [tuple(map(repr, (change[name] for name in names))) for change in replay_events(raw, rules)]


def translated(dialect: str, records: Iterable[Record], shop: Shop) -> tuple[list[bytes], Counter[str]]:
    """The native lines of shuffled records, and the names of those that were skipped."""
    shuffled = list(records)
    Random(3).shuffle(shuffled)
    became = translate(dialect, shuffled, shop)
    assert [one.refused for one in became if one.refused] == []
    said = [orjson.dumps(event) for one in became for event in one.events]
    return said, Counter(one.skipped for one in became if one.skipped)


def test_the_weeks_are_worth_judging(told: Told, rules: RuleSet) -> None:
    kinds = Counter(event["type"] for event in told[0])
    assert min(kinds[kind] for kind in ("view", "cart", "purchase", "refund", "email", "profile")) >= 5
    assert len(changes(lines(told[0]), rules)) > 300


@pytest.mark.parametrize("dialect", ["segment", "auto"])
def test_weeks_in_segment(dialect: str, told: Told, rules: RuleSet) -> None:
    said, skipped = translated(dialect, in_segment(told[0]), Shop())
    assert changes(said, rules) == changes(lines(told[0]), rules)
    assert set(skipped) == {"segment: page", "segment: Product Clicked", "segment: Checkout Started"}


@pytest.mark.parametrize("dialect", ["klaviyo", "auto"])
def test_weeks_in_klaviyo(dialect: str, told: Told, rules: RuleSet) -> None:
    said, skipped = translated(dialect, in_klaviyo(told[0]), Shop())
    assert changes(said, rules) == changes(lines(told[0]), rules)
    assert set(skipped) == {"klaviyo: Ordered Product"}


def test_weeks_in_shopify(told: Told, rules: RuleSet) -> None:
    events, categories = told
    native = as_shopify_can_say(events)
    said, skipped = translated("auto", in_shopify(native), Shop(CURRENCY, categories))
    assert changes(said, rules) == changes(lines(native), rules)
    assert set(skipped) == {"shopify: test order", "shopify: refund without a customer"}


def test_history_before_login_joins_the_customer(told: Told, rules: RuleSet) -> None:
    """Every other customer is anonymous at first; identify with both ids is the merge."""
    native, calls = [], []
    known: set[str] = set()
    for event in told[0]:
        number, user = int(event["user"]), event["user"]
        if number % 2 and user not in known and event["type"] == "view":
            native.append({**event, "user": f"anonymous-{user}"})
            calls.append(native[-1])
        elif number % 2 and user not in known and event["type"] in ("cart", "purchase"):
            known.add(user)
            both = {"user": user, "at": event["at"] - 1}
            native += [
                {"type": "profile", "id": f"p{event['id']}", **both, "set": {"vip": True}},
                {"type": "merge", "id": f"m{event['id']}", **both, "from": f"anonymous-{user}"},
                event,
            ]
            calls += [native[-3], event]
        elif event["type"] != "profile":
            native.append(event)
            calls.append(event)
    said, _ = translated("segment", map(_before_login, in_segment(calls)), Shop())
    assert len(known) > 5
    assert changes(said, rules) == changes(lines(native), rules)


def _before_login(record: Record) -> Record:
    """Segment names the anonymous customer in ``anonymousId``, and at the login both."""
    call = orjson.loads(record.value or b"")
    user = call["userId"]
    if user.startswith("anonymous-"):
        call = {**call, "anonymousId": user, "userId": None}
    elif call["type"] == "identify":
        call["anonymousId"] = f"anonymous-{user}"
    return Record(orjson.dumps(call))
