"""Mutants: which edits are made, which mean the same, and which of them examples notice."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import assume, given, settings

from streams.authoring.edits import edits_of, nudged
from streams.authoring.meaning import meaning
from streams.authoring.mutants import Hunt, Mutant, hunt, mutants_of
from streams.authoring.run_examples import Shop, needed_by, reach
from streams.engine.replay import replay_events
from streams.rules.digest import digest_of
from streams.rules.errors import Problems
from streams.rules.load import RETENTION_MS, load_texts
from streams.rules.model import Rule, RuleSet
from streams.rules.parse_measure import Reading
from streams.rules.parse_rule import parse_root, parse_rule
from streams.rules.yaml_nodes import YamlMap, read_yaml
from tests.authoring.folders import KEEN, example, folder_of, loaded
from tests.authoring.yaml_values import accepted, rule_text
from tests.laws.events import Raw, World, histories
from tests.laws.rules import FIRST, rule_sets
from tests.laws.runs import lines

SHOP = Shop()


def rule_of(text: str) -> Rule:
    problems = Problems()
    rule = parse_rule(text, "active", "a", Reading(problems, [], RETENTION_MS))
    assert problems.lines() == []
    assert rule is not None
    return rule


def mutants(when: str, more: str = "") -> list[Mutant]:
    text = f"title: T\nwhen: {when}\n{more}"
    return mutants_of(rule_of(text), text, RETENTION_MS)


def edits(when: str, more: str = "") -> list[str]:
    return [mutant.edit for mutant in mutants(when, more)]


@pytest.mark.parametrize(
    ("text", "near"),
    [
        ("5", ["4", "6"]),
        ("0", ["1"]),
        ("0.5", ["0.4", "0.6"]),
        ("9.50", ["9.49", "9.51"]),
        ("0.0", ["0.1"]),
        ("80%", ["79%", "81%"]),
        ("12.5 %", ["12.4 %", "12.6 %"]),
        ("90d", ["89d", "91d"]),
        ("1w", ["6d", "2w"]),
        ("1d", ["23h", "2d"]),
        ("1h", ["59m", "2h"]),
        ("1m", ["59s", "2m"]),
        ("1s", ["2s"]),
        ("-1", ["0"]),
        ("word", []),
    ],
)
def test_a_nudge_is_one_of_the_last_unit_written(text: str, near: list[str]) -> None:
    assert nudged(text) == near


#: A condition, and the edits of it that mean something else.
TABLE = [
    ("{count: views, more_than: 5}", ["more_than: 5 -> at_least: 5", "more_than: 5 -> more_than: 6"]),
    ("{count: views, at_least: 5}", ["at_least: 5 -> more_than: 5", "at_least: 5 -> at_least: 4"]),
    ("{count: views, at_most: 5}", ["at_most: 5 -> less_than: 5", "at_most: 5 -> at_most: 6"]),
    ("{count: views, at_least: 1}", ["at_least: 1 -> more_than: 1", "at_least: 1 -> at_least: 0"]),
    ("{count: views, exactly: 0}", ["exactly: 0 -> at_least: 0", "exactly: 0 -> exactly: 1"]),
    ("{count: views, exactly: 2}",
     ["exactly: 2 -> at_least: 2", "exactly: 2 -> at_most: 2", "exactly: 2 -> exactly: 1", "exactly: 2 -> exactly: 3"]),
    ("{count: views, between: [0, 2]}",
     ["between: [0, 2] -> between: [1, 2]", "between: [0, 2] -> between: [0, 1]",
      "between: [0, 2] -> between: [0, 3]"]),
    ("{sum: purchases.total, more_than: 10}",
     ["more_than: 10 -> at_least: 10", "more_than: 10 -> more_than: 9", "more_than: 10 -> more_than: 11"]),
    ("{sum: purchases.units, more_than: 10}", ["more_than: 10 -> at_least: 10", "more_than: 10 -> more_than: 11"]),
    ("{average: purchases.total, at_least: 0}", ["at_least: 0 -> more_than: 0", "at_least: 0 -> at_least: 1"]),
    ("{share: emails, where: {opened: true}, at_most: 100%}",
     ["at_most: 100% -> less_than: 100%", "at_most: 100% -> at_most: 99%"]),
    ("{since: last views, less_than: 60d}",
     ["less_than: 60d -> at_most: 60d", "less_than: 60d -> less_than: 59d", "less_than: 60d -> less_than: 61d"]),
    ("{count: views, last: 90d, before: 1d, at_least: 0}",
     ["last: 90d -> last: 89d", "last: 90d -> last: 91d", "before: 1d -> before: 23h", "before: 1d -> before: 2d",
      "at_least: 0 -> more_than: 0"]),
    ("{count: views, last_days: 1, latest: 2, at_most: 1}",
     ["last_days: 1 -> last_days: 2", "latest: 2 -> latest: 1", "latest: 2 -> latest: 3",
      "at_most: 1 -> less_than: 1", "at_most: 1 -> at_most: 2"]),
    ("{count: views, last: 730d, at_most: 0}", ["last: 730d -> last: 729d", "at_most: 0 -> less_than: 0",
                                                "at_most: 0 -> at_most: 1"]),
    ("{trend: views, last: 7d, against: 7d, exactly: 1}",
     ["last: 7d -> last: 6d", "last: 7d -> last: 8d", "against: 7d -> against: 6d", "against: 7d -> against: 8d",
      "exactly: 1 -> at_least: 1", "exactly: 1 -> at_most: 1", "exactly: 1 -> exactly: 0", "exactly: 1 -> exactly: 2"]),
    ("{count: views, where: {category: [a, b], price: {at_least: 9.50}}, exactly: 0}",
     ["category: [a, b] -> no category", "price: {at_least: 9.50} -> no price", "at_least: 9.50 -> more_than: 9.50",
      "at_least: 9.50 -> at_least: 9.49", "at_least: 9.50 -> at_least: 9.51", "exactly: 0 -> at_least: 0",
      "exactly: 0 -> exactly: 1"]),
    ("{profile: country, is: us}", ["is: us -> is_not: us"]),
    ("{profile: country, is_not: us}", ["is_not: us -> is: us"]),
    ("{profile: country, one_of: [us, de]}", ["one_of: [us, de] -> none_of: [us, de]"]),
    ("{profile: country, missing: true}", ["missing: true -> missing: false"]),
    ("{profile: age, at_least: 30}",
     ["at_least: 30 -> more_than: 30", "at_least: 30 -> at_least: 29", "at_least: 30 -> at_least: 31"]),
    ("{segment: b}", ["segment: b -> segment: b, is: false"]),
    ("{segment: b, is: false}", ["is: false -> is: true"]),
    ("{all: [{profile: a, is: b}]}", ["is: b -> is_not: b"]),
    ("{all: [{profile: a, is: b}, {profile: c, is: b}]}",
     ["all -> any", "is: b -> is_not: b #1", "is: b -> is_not: b #2"]),
    ("{all: [{profile: a, is: b}, {profile: a, is: b}]}", ["is: b -> is_not: b #1"]),
    ("{any: [{segment: b}, {segment: c}]}",
     ["any -> all", "segment: b -> segment: b, is: false", "segment: c -> segment: c, is: false"]),
    ("{none: [{segment: b}]}", ["segment: b -> segment: b, is: false"]),
]  # fmt: skip


@pytest.mark.parametrize(("when", "said"), TABLE, ids=[when for when, _ in TABLE])
def test_the_edits_of_a_condition(when: str, said: list[str]) -> None:
    assert edits(when) == said


def test_the_edits_of_the_rule_itself() -> None:
    more = "for: 1h\nkeep_for: 2d\neveryone: true\n"
    assert edits("{segment: b}", more)[1:] == [
        "for: 1h -> for: 59m",
        "for: 1h -> for: 2h",
        "keep_for: 2d -> keep_for: 1d",
        "keep_for: 2d -> keep_for: 3d",
        "everyone: true -> everyone: false",
    ]
    assert edits("{segment: b}", "everyone: false\n")[1:] == []


def test_an_entry_of_where_that_is_needed_is_not_dropped() -> None:
    assert not any("no opened" in edit for edit in edits("{share: emails, where: {opened: true}, at_least: 1}"))


QUESTIONS = [
    ("{count: views, more_than: 5}", "a customer with exactly 5 views is in or out"),
    ("{count: views, at_least: 5}", "a customer with exactly 4 views is in or out"),
    ("{count: views, exactly: 0}", "a customer with more than 0 views is in or out"),
    ("{distinct: views.category, at_least: 4}", "a customer with exactly 3 different views.category is in or out"),
    (
        "{since: last purchases, at_least: 60d}",
        "a customer whose last purchase was between 59d and 60d ago is in",
    ),
    ("{sum: purchases.total, at_least: 9.5}", "a customer whose sum of purchases.total is between 9.4 and 9.5 is in"),
    (
        "{ratio: opens, per: emails, at_least: 1}",
        "a customer whose ratio of opens per emails is exactly 1 is in",
    ),
    ("{overdue: purchases, at_least: 2}", "a customer whose overdue value of purchases is exactly 2 is in or out"),
    ("{profile: age, at_least: 30}", "a customer whose age is between 29 and 30 is in or out"),
    ("{profile: vip, is: true}", "which customers are in by their vip, and which are out"),
    ("{count: views, last: 90d, at_least: 1}", "whether views between 89d and 90d old count"),
    ("{count: views, last: 9d, before: 1d, at_least: 1}", "whether views between the ends of 23h and 1d count"),
    ("{count: views, last_days: 2, at_least: 1}", "whether the last 2 days count, or 1"),
    ("{count: views, latest: 5, at_least: 1}", "whether 5 facts are looked at, or 4"),
    ("{count: views, where: {category: a}, at_least: 1}", "whether views of any other category count too"),
    ("{count: emails, where: {opened: true}, at_least: 1}", "whether emails count whatever opened says"),
    ("{count: items, where: {quantity: {at_least: 2}}, at_least: 1}", "a fact with a quantity of exactly 1 counts"),
    ("{all: [{segment: b}, {segment: c}]}", "whether one of these conditions is enough"),
    ("{any: [{segment: b}, {segment: c}]}", "whether all of these conditions are needed"),
    ("{segment: b}", "whether a member of b is in or out"),
]


@pytest.mark.parametrize(("when", "said"), QUESTIONS, ids=[when for when, _ in QUESTIONS])
def test_a_survivor_is_a_question(when: str, said: str) -> None:
    assert any(said in mutant.asked for mutant in mutants(when)), [mutant.asked for mutant in mutants(when)]


def test_a_question_has_its_place_and_the_edit() -> None:
    [first, *_] = mutants("\n  count: views\n  more_than: 5")
    assert (first.place.file, first.place.line, first.place.column) == ("active/a.yaml", 4, 3)
    said = 'nobody says whether a customer with exactly 5 views is in or out ("more_than: 5" could be "at_least: 5")'
    assert first.asked == said


@settings(max_examples=100, deadline=None)
@given(rule_sets(FIRST, most=1))
def test_every_mutant_is_another_rule_and_no_two_are_one(rules: RuleSet) -> None:
    text = rule_text(rules.rules[0])
    assume(accepted(text))
    rule = rule_of(text)
    found = mutants_of(rule, text, RETENTION_MS)
    digests = [digest_of([one]) for one in (rule, *(mutant.rule for mutant in found))]
    assert len(set(digests)) == len(digests)
    assert len({mutant.edit for mutant in found}) == len(found)


@settings(max_examples=60, deadline=None)
@given(rule_sets(FIRST, most=1), histories(World()))
def test_what_is_left_out_as_equal_is_equal(rules: RuleSet, events: list[Raw]) -> None:
    text = rule_text(rules.rules[0])
    assume(accepted(text))
    rule = rule_of(text)
    root = read_yaml(text, "f", Problems())
    assert isinstance(root, YamlMap)
    for edit in edits_of(root):
        other = parse_root(edit.root, "active", "a", Reading(Problems(), [], RETENTION_MS))
        if other is not None and meaning(other) == meaning(rule):
            assert course(events, other) == course(events, rule), edit.text


def course(events: Sequence[Raw], rule: Rule) -> list[tuple[str, str, list[str]]]:
    """Who is in the one segment from when on."""
    changes = replay_events(lines(events), RuleSet((rule,), "0"))
    return [(change["user"], change["at"], change["segments"]) for change in changes]


# hunting


VIEW = "{type: view, user: ana, at: 2026-05-30T00:00:00Z, product: p, category: Shoes, times: %d, every: 1h}"
INSIDE = example(f"[{VIEW % 3}]", "{ana: [keen]}")
OUTSIDE = example(f"[{VIEW % 2}]").replace("name: one", "name: two")


def hunted(root: Path, files: dict[str, str], name: str = "keen") -> Hunt:
    files = {"active/keen.yaml": KEEN, **files}
    rules, found = loaded(root, files)
    rule = next(rule for rule in rules.rules if rule.name == name)
    return hunt(rule, files[f"{rule.folder}/{name}.yaml"], rules, found, SHOP)


def test_examples_notice_what_they_show_and_no_more(tmp_path: Path) -> None:
    found = hunted(tmp_path, {"tests/keen.yaml": INSIDE})
    assert "at_least: 3 -> more_than: 3" in [mutant.edit for mutant in found.noticed]
    assert "at_least: 3 -> at_least: 2" in [mutant.edit for mutant in found.survivors]
    found = hunted(tmp_path, {"tests/keen.yaml": INSIDE + OUTSIDE})
    assert "at_least: 3 -> at_least: 2" in [mutant.edit for mutant in found.noticed]


def test_an_end_notices_a_window(tmp_path: Path) -> None:
    windows = {"last: 7d -> last: 6d", "last: 7d -> last: 8d"}
    assert windows <= {mutant.edit for mutant in hunted(tmp_path, {"tests/keen.yaml": INSIDE}).survivors}
    text = INSIDE + "  until: {ana: {keen: 2026-06-06T00:00:00Z}}\n"
    assert windows <= {mutant.edit for mutant in hunted(tmp_path, {"tests/keen.yaml": text}).noticed}


def test_the_examples_of_a_rule_that_refers_to_it_count(tmp_path: Path) -> None:
    files = {
        "active/far.yaml": "title: F\nwhen: {segment: near}\n",
        "active/near.yaml": "title: N\nwhen: {segment: keen}\n",
    }
    found = hunted(tmp_path, {**files, "tests/far.yaml": INSIDE.replace("keen", "far")})
    assert "at_least: 3 -> more_than: 3" in [mutant.edit for mutant in found.noticed]
    rules, _ = loaded(tmp_path, {})
    links = reach(rules)
    assert links == {"far": {"near", "keen"}, "near": {"keen"}, "keen": set()}
    assert [rule.name for rule in needed_by(rules, ["near"], links).rules] == ["keen", "near"]


def test_the_examples_of_other_rules_do_not(tmp_path: Path) -> None:
    files = {"active/other.yaml": "title: F\nwhen: {count: views, exactly: 3}\n"}
    found = hunted(tmp_path, {**files, "tests/other.yaml": INSIDE.replace("keen", "other")})
    assert found.noticed == ()


def accepting(*edits: str) -> str:
    return "".join(f'- mutant: "{edit}"\n  because: It does not matter.\n' for edit in edits)


def test_an_accepted_survivor_is_no_question(tmp_path: Path) -> None:
    open_questions = [mutant.edit for mutant in hunted(tmp_path, {"tests/keen.yaml": INSIDE}).survivors]
    found = hunted(tmp_path, {"tests/keen.yaml": INSIDE + accepting(*open_questions)})
    assert found.survivors == ()
    assert [mutant.edit for mutant in found.accepted] == open_questions
    assert found.mistakes == ()


def test_what_is_accepted_cannot_rot(tmp_path: Path) -> None:
    text = INSIDE + accepting("at_least: 3 -> more_than: 3", "at_least: 3 -> at_least: 1")
    assert hunted(tmp_path, {"tests/keen.yaml": text}).mistakes == (
        'tests/keen.yaml:5:3: "at_least: 3 -> more_than: 3" is accepted, but an example notices it; delete this entry',
        'tests/keen.yaml:7:3: no mutant "at_least: 3 -> at_least: 1" of this rule; '
        'did you mean "at_least: 3 -> at_least: 2"?',
    )


def test_a_mutant_that_the_loader_would_refuse_is_none(tmp_path: Path) -> None:
    rules = load_texts({"active/keen.yaml": KEEN.replace("7d", "30d")}, 30 * 86_400_000)
    found = mutants_of(rules.rules[0], KEEN.replace("7d", "30d"), 30 * 86_400_000)
    assert [mutant.edit for mutant in found if "last" in mutant.edit] == ["last: 30d -> last: 29d"]
    assert folder_of(tmp_path, {}) == tmp_path
