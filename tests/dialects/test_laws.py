"""Laws of every dialect: whatever comes is translated, skipped or refused; nothing raises, nothing is changed."""

from __future__ import annotations

import copy
import json
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.dialects import klaviyo, segment, shopify
from streams.dialects.names import DIALECTS
from streams.dialects.translate import SPEAKERS, translate
from streams.dialects.words import Record, Says, Shop
from streams.events.decode import Refusal, decode_event
from tests.dialects.helpers import MAY, MAY_MS
from tests.dialects.shopify_weeks import as_shopify_can_say, in_shopify
from tests.dialects.weeks import in_klaviyo, in_segment, native_weeks

#: names that the tables look for, so that random JSON comes deep into them
WORDS = sorted(
    {name for module in (segment.ORDER, segment.MAIL, segment.LINE) for one in module for name in one.names}
    | {name for module in (klaviyo.ORDER, klaviyo.MAIL, klaviyo.LINE) for one in module for name in one.names}
    | {name for signs in shopify.SIGNS.values() for name in signs}
    | set(shopify.WRAPPED)
    | {"type", "event", "userId", "anonymousId", "properties", "traits", "timestamp", "products", "messageId", "action"}
    | {"data", "attributes", "metric", "profile", "name", "time", "external_id", "customer_properties", "relationships"}
    | {"customer", "line_items", "refunds", "transactions", "created_at", "updated_at", "cancelled_at", "amount_set"}
    | {"specversion", "source", "id", "data_base64", "email_marketing_consent", "default_address", "status"}
)
SAID = [*segment.EVENTS, *segment.CALLS, *klaviyo.EVENTS, *shopify.TOPICS, "event", "profile", "1.0", MAY, "completed"]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(SAID),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=6),
    max_leaves=25,
)
BODIES = st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=8)
HEADERS = st.lists(
    st.tuples(
        st.sampled_from(["X-Shopify-Topic", "ce_specversion", "ce_id", "ce_type", "ce_source", "ce_time", "other"]),
        st.one_of(st.none(), st.binary(max_size=4), st.sampled_from([name.encode() for name in SAID])),
    ),
    max_size=5,
)
SHOP = Shop("EUR", {"p": "Games", "1": ["a", "b"]})


def in_json(value: object) -> bytes:
    """JSON also of numbers that orjson does not write."""
    return json.dumps(value).encode()


def judged(dialect: str, record: Record) -> None:
    """Exactly one of the three, in one line; what comes out is JSON that the decoder reads or refuses."""
    before = copy.deepcopy(record)
    [became] = translate(dialect, [record], SHOP)
    assert record == before
    assert bool(became.events) + (became.skipped is not None) + (became.refused is not None) <= 1
    for said in (became.skipped, became.refused):
        assert said is None or (said.isprintable() and 0 < len(said) <= 300)
    for event in became.events:
        decode_event(orjson.dumps(event), record.key)
    assert translate(dialect, [record], SHOP) == [became]


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=100, deadline=None)
@given(
    body=BODIES,
    headers=HEADERS,
    at_ms=st.one_of(st.none(), st.integers()),
    key=st.one_of(st.none(), st.binary(max_size=3)),
)
def test_nothing_raises(dialect: str, body: dict[str, Any], headers: Any, at_ms: int | None, key: bytes | None) -> None:
    judged(dialect, Record(in_json(body), key, headers, "topic", at_ms))


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=40, deadline=None)
@given(raw=st.one_of(st.none(), st.binary(max_size=40), VALUES.map(in_json)))
def test_nothing_raises_whatever_the_bytes(dialect: str, raw: bytes | None) -> None:
    judged(dialect, Record(raw))


def _calls() -> list[tuple[str, dict[str, Any]]]:
    """A call of each event that is translated, with a hole for what it says."""
    track = {"type": "track", "userId": "ana", "messageId": "m", "timestamp": MAY}
    calls: list[tuple[str, dict[str, Any]]] = [
        ("segment", {**track, "event": name}) for name, says in segment.EVENTS.items() if isinstance(says, Says)
    ]
    attributes: dict[str, Any] = {"profile": {"external_id": "ana"}, "time": MAY, "unique_id": "u"}
    for name, says in klaviyo.EVENTS.items():
        if isinstance(says, Says):
            calls.append(("klaviyo", {"attributes": {**attributes, "metric": {"name": name}}}))
    return calls


@settings(max_examples=250, deadline=None)
@given(call=st.sampled_from(_calls()), properties=st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=8))
def test_what_is_translated_is_taken(call: tuple[str, dict[str, Any]], properties: dict[str, Any]) -> None:
    """Of a known event the dialect finds what is broken itself, by the name that the field has there."""
    dialect, body = call
    body = copy.deepcopy(body)
    (body if dialect == "segment" else body["attributes"])["properties"] = properties
    [became] = translate(dialect, [Record(in_json(body))])
    assert became.skipped is None
    for event in became.events:
        event.pop("currency", None)
        if isinstance(found := decode_event(orjson.dumps(event)), Refusal):
            assert "their sum is too large" in found.reason


@pytest.mark.parametrize("topic", [topic for topic, says in shopify.TOPICS.items() if isinstance(says, Says)])
@settings(max_examples=50, deadline=None)
@given(body=BODIES, customer=st.dictionaries(st.sampled_from(WORDS), VALUES, max_size=4))
def test_no_webhook_raises(topic: str, body: dict[str, Any], customer: dict[str, Any]) -> None:
    known = {"id": 1, "customer": {"id": 2}, "created_at": MAY, "line_items": [], "order_id": 3, **body}
    headers = [("X-Shopify-Topic", topic.encode())]
    judged("shopify", Record(in_json({**known, **customer}), None, headers, "", MAY_MS))


@pytest.mark.parametrize("depth", [3, 200, 900, 5000])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_what_is_nested_deeply(dialect: str, depth: int) -> None:
    deep = b'{"a":' * depth + b"1" + b"}" * depth
    judged(
        dialect,
        Record(b'{"type":"identify","userId":"ana","timestamp":"' + MAY.encode() + b'","traits":' + deep + b"}"),
    )


def test_every_dialect_has_a_speaker_or_is_seen_by_the_record() -> None:
    assert set(DIALECTS) - set(SPEAKERS) == {"auto", "cloudevents"}


def test_repeats_have_the_same_ids_and_the_order_of_records_does_not_matter() -> None:
    events = native_weeks()[0][:400]
    spoken: dict[str, list[Record]] = {
        "segment": list(in_segment(events)),
        "klaviyo": list(in_klaviyo(events)),
        "auto": list(in_shopify(as_shopify_can_say(events))),
    }
    for dialect, records in spoken.items():
        once = translate(dialect, records)
        assert translate(dialect, records[::-1]) == once[::-1]
        assert [one for record in records for one in translate(dialect, [record])] == once
