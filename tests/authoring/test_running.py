"""Examples are run as the worker runs events, and what fails is told with what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.authoring.model import Example, ExampleFile, Expectation
from streams.authoring.report import facts_of, told
from streams.authoring.run_examples import Failure, Shop, failures, holds, leaves_at, segments_at
from streams.engine.replay import final_segments
from streams.rules.model import Place, RuleSet
from tests.authoring.folders import FAN, KEEN, example, loaded
from tests.laws.events import Raw, World, histories
from tests.laws.pools import DAY_MS, START_MS
from tests.laws.rules import WHOLE, rule_sets
from tests.laws.runs import lines

SHOP = Shop()
VIEW = "{type: view, user: ana, at: 2026-05-30T00:00:00Z, product: p, category: Shoes, times: %d, every: 1h}"
ORDER = "{type: purchase, user: ana, at: 2026-05-31T00:00:00Z, order: o, total: 5}"


def run(root: Path, files: dict[str, str], shop: Shop = SHOP) -> tuple[RuleSet, list[Failure]]:
    """The rules and what fails, in a folder with these files beside the rule keen."""
    rules, found = loaded(root, {"active/keen.yaml": KEEN, **files})
    return rules, failures(rules, found, shop)


def lines_of(root: Path, text: str, **files: str) -> list[str]:
    """All lines on what fails of the examples of keen."""
    rules, found = run(root, {"tests/keen.yaml": text, **files})
    return [line for failure in found for line in told(failure, rules, SHOP)]


def test_what_is_expected_is_so(tmp_path: Path) -> None:
    assert lines_of(tmp_path, example(f"[{VIEW % 3}]", "{ana: [keen]}")) == []
    assert lines_of(tmp_path, example(f"[{VIEW % 2}]", "{ana: []}")) == []
    assert lines_of(tmp_path, example(f"[{VIEW % 3}, {ORDER}]", "{ana: []}")) == []


def test_one_who_should_be_inside_and_is_not(tmp_path: Path) -> None:
    assert lines_of(tmp_path, example(f"[{VIEW % 2}]", "{ana: [keen]}")) == [
        "tests/keen.yaml:4:12: one",
        "    expected: ana is in keen at 2026-06-01T12:00:00.000Z",
        "    but:      ana has never been in it",
        '    measured: 2 (count: views, where: {"category":"shoes"}, last: 7d, at_least: 3)',
        "    measured: 0 (count: purchases, exactly: 0)",
    ]


def test_one_who_was_inside_and_left(tmp_path: Path) -> None:
    found = lines_of(tmp_path, example(f"[{VIEW % 3}, {ORDER}]", "{ana: [keen]}"))
    assert found[2] == "    but:      ana left it at 2026-05-31T00:00:00.000Z"
    assert found[4] == "    measured: 1 (count: purchases, exactly: 0)"


def test_one_who_should_be_outside_and_is_not(tmp_path: Path) -> None:
    found = lines_of(tmp_path, example(f"[{VIEW % 3}]", "{ana: []}"))
    assert found[1:3] == [
        "    expected: ana is not in keen at 2026-06-01T12:00:00.000Z",
        "    but:      ana is in it since 2026-05-30T02:00:00.000Z",
    ]


def test_a_customer_who_may_not_be_mailed_is_called_so(tmp_path: Path) -> None:
    stop = "{type: email, user: ana, at: 2026-05-31T00:00:00Z, action: unsubscribed, message: m}"
    found = lines_of(tmp_path, example(f"[{VIEW % 3}, {stop}]", "{ana: [keen]}"))
    assert found[-1] == "    measured: the customer may not be mailed"


def test_an_unknown_customer_has_never_been_in(tmp_path: Path) -> None:
    """Erased: there are facts, but nobody to whom they belong."""
    gone = "{type: erase, user: ana, at: 2026-05-31T00:00:00Z}"
    assert lines_of(tmp_path, example(f"[{VIEW % 3}, {gone}]", "{ana: []}")) == []


@pytest.mark.parametrize(
    ("until", "came"),
    [
        ("2026-06-06T00:00:00Z", None),
        ("2026-06-06T00:00:00.001Z", "leaves it at 2026-06-06T00:00:00.000Z"),
        ("2026-06-05T23:59:59.999Z", "leaves it at 2026-06-06T00:00:00.000Z"),
        ("never", "leaves it at 2026-06-06T00:00:00.000Z"),
    ],
)
def test_the_end_is_exact(until: str, came: str | None, tmp_path: Path) -> None:
    text = example(f"[{VIEW % 3}]", "{ana: [keen]}", f"until: {{ana: {{keen: {until}}}}}")
    found = lines_of(tmp_path, text)
    assert found[2:] == ([] if came is None else [f"    but:      ana {came}"])


def test_never_is_never_within_what_is_kept(tmp_path: Path) -> None:
    rule = "title: T\nwhen: {profile: vip, is: true}\n"
    profile = "{type: profile, user: ana, at: 2026-05-30T00:00:00Z, set: {vip: true}}"
    text = example(f"[{profile}]", "{ana: [vip]}", "until: {ana: {vip: %s}}")
    assert run(tmp_path, {"active/vip.yaml": rule, "tests/vip.yaml": text % "never"})[1] == []
    [wrong] = run(tmp_path, {"tests/vip.yaml": text % "2026-07-01T00:00:00Z"})[1]
    assert told(wrong, *_rules_and_shop(tmp_path))[2] == "    but:      ana never leaves it"


def _rules_and_shop(root: Path) -> tuple[RuleSet, Shop]:
    return loaded(root, {})[0], SHOP


def test_other_segments_are_not_compared(tmp_path: Path) -> None:
    """A rule that is added does not break the examples of the others."""
    files = {"active/all.yaml": "title: T\nwhen: {count: views, at_least: 0}\n"}
    assert run(tmp_path, {**files, "tests/keen.yaml": example(f"[{VIEW % 2}]")})[1] == []
    [wrong] = run(tmp_path, {"tests/all.yaml": example(f"[{VIEW % 2}]")})[1]
    assert (wrong.segment, wrong.wanted) == ("all", False)


def test_a_customer_who_is_not_in_expect_is_not_looked_at(tmp_path: Path) -> None:
    other = VIEW.replace("ana", "bob") % 1
    assert lines_of(tmp_path, example(f"[{VIEW % 3}, {other}]", "{bob: []}")) == []


def test_a_family_is_compared_whole(tmp_path: Path) -> None:
    bags = VIEW.replace("Shoes", "BAGS ")
    text = example(f"[{VIEW % 3}, {bags % 2}]", "{ana: [fan/shoes]}")
    _, found = run(tmp_path, {"active/fan.yaml": FAN, "tests/fan.yaml": text})
    assert [(one.segment, one.wanted) for one in found] == [("fan/bags", False)]
    text = text.replace("[fan/shoes]", "[fan/shoes, fan/bags]")
    assert run(tmp_path, {"tests/fan.yaml": text})[1] == []


def test_the_measures_of_a_family_are_those_of_the_value(tmp_path: Path) -> None:
    text = example(f"[{VIEW % 1}]", "{ana: [fan/shoes]}")
    rules, [wrong] = run(tmp_path, {"active/fan.yaml": FAN, "tests/fan.yaml": text})
    said = '1 (count: views, where: {"category":"shoes"}, last: 7d, at_least: 2)'
    assert facts_of(wrong, rules, SHOP)["why"] == [said]


def test_a_wait_is_named(tmp_path: Path) -> None:
    late = VIEW.replace("2026-05-30T00:00:00Z", "2026-06-01T09:00:00Z") % 3
    files = {"active/keen.yaml": KEEN + "for: 2h\n", "tests/keen.yaml": example(f"[{late}]", "{ana: [keen]}")}
    rules, [wrong] = run(tmp_path, files)
    assert facts_of(wrong, rules, SHOP)["why"][-1] == "the customer enters when that has held for 2h"


TODAY = "title: T\nwhen: {count: views, last_days: 1, at_least: 1}\n"


def test_days_are_those_of_the_example_or_of_the_shop(tmp_path: Path) -> None:
    view = "{type: view, user: ana, at: 2026-05-31T22:30:00Z, product: p}"  # in Berlin already the first of June
    text = example(f"[{view}]", "{ana: [today]}")
    files = {"active/today.yaml": TODAY, "tests/today.yaml": text}
    assert len(run(tmp_path, files)[1]) == 1
    assert run(tmp_path, files, Shop("Europe/Berlin"))[1] == []
    both = text + text.replace("name: one", "name: two").replace("[today]", "[]") + "  timezone: UTC\n"
    assert run(tmp_path, {"tests/today.yaml": both}, Shop("Europe/Berlin"))[1] == []


def test_merged_customers_are_those_of_the_example_alone(tmp_path: Path) -> None:
    bob = VIEW.replace("ana", "bob")
    merge = "{type: merge, user: ana, from: bob, at: 2026-05-31T00:00:00Z}"
    text = example(f"[{VIEW % 1}, {bob % 2}, {merge}]", "{ana: [keen], bob: []}")
    other = example(f"[{VIEW % 1}, {bob % 3}]", "{ana: [], bob: [keen]}").replace("name: one", "name: two")
    assert lines_of(tmp_path, text + other) == []


def test_facts_say_all_for_scripts(tmp_path: Path) -> None:
    rules, [wrong] = run(tmp_path, {"tests/keen.yaml": example(f"[{VIEW % 2}]", "{ana: [keen]}")})
    facts = facts_of(wrong, rules, SHOP)
    assert (facts["file"], facts["line"], facts["column"]) == ("tests/keen.yaml", 4, 12)
    assert (facts["example"], facts["user"], facts["segment"]) == ("one", "ana", "keen")
    assert facts["at"] == "2026-06-01T12:00:00.000Z"


def test_a_course_is_read_from_the_instant_on() -> None:
    from streams.authoring.run_examples import State

    course = [State(10, frozenset("a")), State(20, frozenset("ab")), State(30, frozenset("b"))]
    assert [sorted(segments_at(course, at)) for at in (9, 10, 19, 20, 30, 99)] == [
        [],
        ["a"],
        ["a"],
        ["a", "b"],
        ["b"],
        ["b"],
    ]
    assert [leaves_at(course, "a", at) for at in (10, 29, 30)] == [30, 30, None]
    assert leaves_at(course, "b", 20) is None


UNTIL_MS = START_MS + 9 * DAY_MS
NOWHERE = Place("", 0, 0)


def made(events: list[Raw], now_ms: int, rules: RuleSet) -> Example:
    """An example that expects exactly what a replay gives."""
    final = final_segments(lines(events), rules, until_ms=now_ms)
    users = {str(event["user"]) for event in events}
    expect = [Expectation(user, frozenset(final.get(user, ())), NOWHERE) for user in sorted(users)]
    return Example("e", NOWHERE, now_ms, tuple(events), tuple(expect))


@settings(max_examples=60, deadline=None)
@given(rule_sets(WHOLE), st.lists(st.tuples(histories(World()), st.integers(START_MS, UNTIL_MS)), max_size=3))
def test_examples_that_run_together_come_out_as_each_alone(rules: RuleSet, drawn: list[tuple[list[Raw], int]]) -> None:
    about = frozenset(rule.name for rule in rules.rules)
    files = [ExampleFile("f", (made(events, now_ms, rules),), (), about) for events, now_ms in drawn]
    assert holds(rules, files, SHOP)
