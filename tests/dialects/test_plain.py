"""The short way into a record gives what the long way gives, or leaves the record to it."""

from __future__ import annotations

import copy
from random import Random
from typing import Any

import orjson
import pytest

from streams.demo.shop import DAY_MS
from streams.demo.shop import Shop as SimulatedShop
from streams.dialects.translate import Translator
from streams.dialects.words import Record, Shop
from streams.proofs.foreign_events import foreign_records
from tests.dialects.weeks import START_MS, in_klaviyo, in_segment, native_weeks

TOLD = list(SimulatedShop(40, START_MS, seed=3).until(START_MS + 20 * DAY_MS))
ODD: list[Any] = [None, "", "x", 0, -1, 1.5, True, [], {}, ["a"], [{}], {"a": 1}, "2026-03-01T00:00:00", 10**18, "\0"]


def records(dialect: str) -> list[Record]:
    weeks = {"segment": in_segment, "klaviyo": in_klaviyo}
    own = list(weeks[dialect](native_weeks()[0]))[:1500] if dialect in weeks else []
    return [*foreign_records(dialect, TOLD), *own]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container within a value and each of its keys or indices."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


@pytest.mark.parametrize("dialect", ["segment", "klaviyo", "shopify"])
def test_both_ways_agree_on_what_is_plain_and_on_what_is_damaged(dialect: str) -> None:
    translator, chance = Translator(dialect, Shop("EUR", {"p1": "shoes"})), Random(dialect)
    plain = 0
    for record in records(dialect):
        body = copy.deepcopy(orjson.loads(record.value or b""))
        for damage in range(4):
            if damage:
                holder, key = chance.choice(places(body) or [(body, "type")])
                holder[key] = copy.deepcopy(chance.choice(ODD))
            one = record._replace(value=orjson.dumps(body) if damage else record.value, at_ms=START_MS)
            short = translator.short(one)
            plain += short is not None
            if short is not None:
                assert [translator.part(short)] == list(translator.long(one))
    assert plain > 100
