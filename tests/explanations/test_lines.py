"""An explanation in lines, by examples."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.explanations.judged import judged, words_of
from streams.explanations.lines import body, condition_line, head, local
from streams.rules.model import Node
from tests.explanations.readings import leaves, read, readings
from tests.laws.rules import WHOLE, nodes

BERLIN = ZoneInfo("Europe/Berlin")
DAY_MS = 86_400_000

CONDITIONS = [
    (
        "{count: views, where: {category: bags}, last: 90d, more_than: 5}",
        6,
        "count of views where category is bags, last 90d: 6 (more than 5)",
    ),
    (
        "{count: items, where: {price: {at_least: 50}, product: [a, b]}, latest: 3, at_most: 1}",
        None,
        "count of items where price at least 50 and product is [a, b], latest 3: undefined (at most 1)",
    ),
    (
        "{share: emails, where: {opened: true}, last_days: 2, between: [0.2, 80%]}",
        0.25,
        "share of emails where opened is true, last days 2: 0.25 (between [0.2, 0.8])",
    ),
    ("{since: last purchases, more_than: 60d}", 45 * DAY_MS + 1, "since last purchases: 45d (more than 60d)"),
    ("{ratio: views, per: carts, at_least: 10}", 4.5, "ratio of views, per carts: 4.5 (at least 10)"),
    ("{profile: country, one_of: [de, at]}", "us", "profile country: us (one of [de, at])"),
    ("{profile: country, missing: true}", None, "profile country: missing (missing true)"),
    ("{segment: keen, is: false}", True, "segment keen: member (is false)"),
    ("{segment: keen/bags}", False, "segment keen/bags: no member (is true)"),
]


@pytest.mark.parametrize(("text", "value", "line"), CONDITIONS)
def test_a_condition_is_told_in_the_words_of_its_file(text: str, value: Any, line: str) -> None:
    assert condition_line(words_of(read(text, value))) == line


@given(nodes(WHOLE), st.sampled_from((None, 0, 1, 2.5)))
def test_every_condition_can_be_told(node: Node, value: float | None) -> None:
    for leaf in leaves(node):
        words = words_of(judged(leaf, readings(leaf, [value])))
        line = condition_line(words)
        assert line.startswith(next(iter(words)))
        assert line.endswith(")")


def segment(name: str, inside: bool, **more: Any) -> dict[str, Any]:
    when = {"count": "views", "at_least": 1, "value": int(inside), "holds": inside}
    standing: dict[str, Any] = {"since": None, "until": None, "missing": [], "distance": 0.0 if inside else 1.0}
    return {"segment": name, "title": name, "in": inside, "when": when, **standing, **more}


def explained(*segments: dict[str, Any], **more: Any) -> dict[str, Any]:
    head = {"user": "ana", "at": "2026-06-01T12:00:00.000Z", "rules": "9f2c51d0a7be", "suppressed": False}
    return {**head, "segments": list(segments), "without_values": {}, **more}


def told(found: dict[str, Any], everything: bool = False) -> list[str]:
    return [*head(found, BERLIN), *body(found, BERLIN, everything=everything)]


def test_members_tell_since_when_and_until_when() -> None:
    when = words_of(read("{all: [{count: views, at_least: 1}, {count: carts, exactly: 0}]}", 2, 0))
    stays = {"since": "2026-05-01T05:00:00.000Z", "until": "2026-12-01T05:00:00.123Z", "keep_for": "7d"}
    assert told(explained(segment("keen", True, when=when, **stays), segment("ever", True))) == [
        "ana is in 2 segments at 2026-06-01 14:00:00+02:00 (rules 9f2c51d0a7be)",
        "",
        "keen: in since 2026-05-01 07:00:00+02:00",
        "  until 2026-12-01 06:00:00.123+01:00 if nothing happens",
        "  yes  all of",
        "    yes  count of views: 2 (at least 1)",
        "    yes  count of carts: 0 (exactly 0)",
        "       keeps for 7d",
        "",
        "ever: in",
        "  with no end if nothing happens",
        "  yes  count of views: 1 (at least 1)",
    ]


def test_others_tell_what_is_missing_and_when_they_enter_by_themselves() -> None:
    near = segment("near", False, missing=["1 more view", "membership in keen"], distance=0.5)
    soon = segment("soon", False, missing=["1 view too many"], until="2026-07-01T00:00:00.000Z", **{"for": "1h"})
    assert told(explained(near, soon)) == [
        "ana is in 0 segments at 2026-06-01 14:00:00+02:00 (rules 9f2c51d0a7be)",
        "",
        "near: out; 1 more view, and membership in keen",
        "  no   count of views: 0 (at least 1)",
        "",
        "soon: out; 1 view too many",
        "  enters 2026-07-01 02:00:00+02:00 if nothing happens",
        "  no   count of views: 0 (at least 1)",
        "       for 1h",
    ]


def test_what_is_far_is_folded() -> None:
    found = explained(
        *(segment(f"n{number}", False, distance=0.9) for number in range(6)),
        segment("far", False, distance=1.5),
        segment("fan/bags", False, distance=2.0),
        segment("fan/shoes", False, distance=2.0),
        segment("solo/bags", False, distance=3.0),
        segment("barred", False, distance=None),
        without_values={"each": "product"},
    )
    short = told(found)
    assert sum(line.startswith("n") for line in short) == 5
    assert short[-3:] == [
        "also out (--all shows why): barred, fan (2 values), far, n5, solo (1 value)",
        "",
        "each: no product of this customer counts now",
    ]
    whole = told(found, everything=True)
    assert not any(line.startswith("also out") for line in whole)
    assert {line.partition(":")[0] for line in whole if ": out" in line} == {
        one["segment"] for one in found["segments"]
    }


def test_of_a_family_the_nearest_miss_stands_for_all() -> None:
    found = explained(*(segment(f"fan/c{number}", False, distance=0.2) for number in range(6)), segment("s", False))
    short = told(found)
    assert [line for line in short if ": out" in line] == ["fan/c0: out", "s: out"]
    assert short[-1] == "also out (--all shows why): fan (5 values)"


def test_consent_is_told_first() -> None:
    assert told(explained(segment("s", False, distance=None), suppressed=True))[0] == (
        "ana may not be mailed: only segments with everyone: true count"
    )


@pytest.mark.parametrize(
    ("stamp", "shown"),
    [
        ("2026-03-29T00:59:59.999Z", "2026-03-29 01:59:59.999+01:00"),
        ("2026-03-29T01:00:00.000Z", "2026-03-29 03:00:00+02:00"),
    ],
)
def test_instants_are_shown_with_the_offset_that_holds_then(stamp: str, shown: str) -> None:
    assert local(stamp, BERLIN) == shown
