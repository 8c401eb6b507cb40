"""Rules as definitions of Klaviyo segments."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.cli import main
from streams.definitions.klaviyo import MAILABLE, klaviyo_segment
from streams.definitions.logic import Condition, Formula, Groups, Joined, TooManyError, groups_of
from streams.rules.load import load_texts

RULES = Path(__file__).parents[2] / "segment_rules"
METRICS = {"Viewed Product": "VIEW01", "Placed Order": "ORDER1", "Received Email": "MAIL01"}


def conditions(when: str, more: str = "") -> tuple[list[list[dict[str, Any]]], list[str]]:
    """The groups of a rule without that of consent, or what cannot be said."""
    texts = {"active/one.yaml": f"title: One\nwhen: {when}\n{more}", "active/two.yaml": TWO}
    rules = load_texts(texts)
    exported = klaviyo_segment(rules.rules[0], rules, METRICS)
    problems = [f"{place.file}:{place.line}:{place.column}: {reason}" for place, reason in exported.problems]
    if exported.body is None:
        return [], problems
    assert not problems
    attributes = exported.body["data"]["attributes"]
    assert (exported.body["data"]["type"], attributes["name"]) == ("segment", "One")
    groups = [group["conditions"] for group in attributes["definition"]["condition_groups"]]
    assert groups[-1] == [MAILABLE]
    return groups[:-1], problems


TWO = "title: Two\neveryone: true\nwhen: {any: [{profile: club, is: gold}, {count: views, at_most: 3}]}\n"


def number(operator: str, value: float) -> dict[str, Any]:
    return {"type": "numeric", "operator": operator, "value": value}


def metric(which: str, test: dict[str, Any], frame: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    frame = frame or {"operator": "alltime"}
    return {
        "type": "profile-metric",
        "metric_id": which,
        "measurement": more.pop("measurement", "count"),
        "measurement_filter": test,
        "timeframe_filter": {"type": "date", **frame},
        **more,
    }


def test_counts_with_windows_and_filters() -> None:
    groups, _ = conditions(
        "{all: [{count: views, where: {category: Shoes, price: {at_least: 20}}, last: 90d, more_than: 5},"
        " {count: purchases, last: 36h, before: 12h, exactly: 0}, {sum: purchases.total, between: [10, 20.5]}]}"
    )
    shoes = {"property": "Categories", "filter": {"type": "list", "operator": "contains-any", "value": ["shoes"]}}
    price = {"property": "Price", "filter": number("greater-than-or-equal", 20)}
    recent = {"operator": "in-the-last", "unit": "day", "quantity": 90}
    window = {"operator": "between", "start": 12, "end": 48, "unit": "hour"}
    assert groups == [
        [metric("VIEW01", number("greater-than", 5), recent, metric_filters=[shoes, price])],
        [metric("ORDER1", number("equals", 0), window)],
        [metric("ORDER1", number("greater-than-or-equal", 10), measurement="sum")],
        [metric("ORDER1", number("less-than-or-equal", 20.5), measurement="sum")],
    ]


def test_the_time_since() -> None:
    old, recent = ({"operator": name, "unit": "day", "quantity": 21} for name in ("at-least", "in-the-last"))
    ever = [metric("VIEW01", number("greater-than", 0))]
    assert conditions("{since: last views, at_least: 21d}")[0] == [
        ever,
        [metric("VIEW01", number("equals", 0), recent)],
    ]
    assert conditions("{since: first views, less_than: 21d}")[0] == [ever, [metric("VIEW01", number("equals", 0), old)]]


def test_profiles_other_rules_and_their_opposites() -> None:
    club = {"type": "profile-property", "property": "properties['club']"}
    gold = {**club, "filter": {"type": "string", "operator": "equals", "value": "gold"}}
    not_gold = {**club, "filter": {"type": "string", "operator": "not-equals", "value": "gold"}}
    few, many = metric("VIEW01", number("less-than-or-equal", 3)), metric("VIEW01", number("greater-than", 3))
    assert conditions("{segment: two, is: true}")[0] == [[gold, few]]
    assert conditions("{segment: two, is: false}")[0] == [[not_gold], [many]]
    unset = {**club, "filter": {"type": "existence", "operator": "not-set"}}
    low = {**club, "filter": number("less-than", 5)}
    assert conditions("{none: [{profile: club, at_least: 5}]}")[0] == [[low, unset]]


def test_what_cannot_be_said_is_told_with_its_place() -> None:
    _, problems = conditions(
        "\n  all:\n    - {average: purchases.total, at_least: 5}\n    - {count: views, last_days: 3, at_least: 1}\n"
        "    - {count: purchases, where: {discounted: true}, at_least: 1}\n"
        "    - {count: views, last: 90m, at_least: 1}",
        "for: 2h\n",
    )
    assert problems == [
        "active/one.yaml:1:1: for: Klaviyo does not wait until something has held for a while",
        "active/one.yaml:4:8: average: Klaviyo counts and adds, it has no average",
        "active/one.yaml:5:8: last_days: Klaviyo has no such window",
        "active/one.yaml:6:8: where: discounted: Placed Order of Klaviyo has no such property",
        "active/one.yaml:7:8: Klaviyo has windows of whole hours, days and weeks",
    ]


@pytest.mark.parametrize("name", sorted(file.stem for file in (RULES / "active").glob("*.yaml")))
def test_every_rule_of_the_library_is_said_or_refused(
    name: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    ids = [*METRICS, "Added to Cart", "Refunded Order", "Opened Email", "Clicked Email", "Ordered Product"]
    (tmp_path / "metrics.json").write_text(json.dumps({one: f"M{n}" for n, one in enumerate(ids)}))
    code = main(["export", "klaviyo", name, "--rules", str(RULES), "--metrics", str(tmp_path / "metrics.json")])
    said = capsys.readouterr()
    if code == 0:
        groups = json.loads(said.out)["data"]["attributes"]["definition"]["condition_groups"]
        assert all(group["conditions"] for group in groups)
    else:
        assert code == 1
        assert said.out == ""
        assert all(line.startswith("active/") for line in said.err.splitlines())


def test_what_klaviyo_works_out_by_itself_knows_no_arms() -> None:
    trial = "title: T\nwhen: {count: views, at_least: 1}\ntrial: {against: two}\n"
    rules = load_texts({"trial/one.yaml": trial, "active/two.yaml": TWO})
    of_trial, of_broad = (klaviyo_segment(rule, rules, METRICS).notes for rule in rules.rules)
    assert "one is on trial, and in Klaviyo's segment are all its arms" in of_trial[0]
    assert "those who get the mail of one, on trial against it" in of_broad[0]


def test_what_is_lacking_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "klaviyo", "one-and-dome", "--rules", str(RULES)]) == 2
    assert capsys.readouterr().err == "microseg: there is no live rule one-and-dome; did you mean one-and-done?\n"
    assert main(["export", "klaviyo", "one-and-done", "--rules", str(RULES)]) == 2
    assert '--metrics FILE has {"Placed Order": "…"}' in capsys.readouterr().err


# -- joining ----------------------------------------------------------------------------------------------------------

ATOMS: st.SearchStrategy[Formula] = st.sampled_from([{"is": name, "not": False} for name in "abcd"])


def joined(parts: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    return st.builds(
        Joined, st.sampled_from(["all", "any", "none"]), st.lists(parts, min_size=1, max_size=3).map(tuple)
    )


def opposite(condition: Condition) -> Groups:
    return [[{**condition, "not": not condition["not"]}]]


def holds(formula: Formula, true: frozenset[str]) -> bool:
    if not isinstance(formula, Joined):
        return (formula["is"] in true) != bool(formula["not"])
    parts = [holds(part, true) for part in formula.parts]
    return all(parts) if formula.kind == "all" else any(parts) == (formula.kind == "any")


@given(st.recursive(ATOMS, joined, max_leaves=8))
def test_groups_hold_when_the_formula_does(formula: Formula) -> None:
    try:
        groups = groups_of(formula, opposite, 500)
    except TooManyError:
        return
    for names in itertools.chain.from_iterable(itertools.combinations("abcd", size) for size in range(5)):
        true = frozenset(names)
        assert all(any(holds(one, true) for one in group) for group in groups) == holds(formula, true)
