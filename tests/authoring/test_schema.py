"""The schema for editors: it accepts what the loader accepts, and refuses what it can of what the loader refuses."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from jsonschema import Draft202012Validator

from streams.authoring.example_schema import example_schema
from streams.authoring.schema import rule_schema
from streams.authoring.schema_words import EXAMPLE_WORDS, SOURCE_WORDS, WORDS
from streams.cli import main
from streams.rules.errors import Problems
from streams.rules.load import load_texts
from streams.rules.model import SOURCES, Rule, RuleSet
from streams.rules.parse_condition import CONDITION_KEYS, OF_THE_RULE
from streams.rules.yaml_nodes import read_yaml
from tests.authoring.yaml_values import accepted, core, rule_text, value_of
from tests.laws.rules import WHOLE, rule_sets

SHIPPED = Path(__file__).parents[2] / "segment_rules"
#: those of rules and their examples; copy and templates have readers of their own
FILES = sorted(path for path in SHIPPED.glob("*/*.yaml") if path.parent.name not in ("content", "template"))
BROKEN = Path(__file__).parents[1] / "rules" / "broken"
RULE = Draft202012Validator(rule_schema())
EXAMPLE = Draft202012Validator(example_schema())

#: What no schema of one file can know: how YAML was written, other files, retention, sizes, and equal keys.
BEYOND_A_SCHEMA = {
    "bound-between-turned": "the order of two numbers",
    "bound-five-decimals": "floats have no last digit",
    "bound-percent-decimals": "arithmetic",
    "bound-since-beyond-retention": "a setting",
    "condition-duplicate-key": "the reader's",
    "file-anchor": "the reader's",
    "file-half-character": "the reader's",
    "file-key-is-a-list": "the reader's",
    "file-tag-text": "the reader's",
    "group-too-deep": "depth",
    "profile-is-no": "plain or quoted",
    "trial-holdout": "a sum",
    "segment-each": "a name like any other",
    "segment-itself": "circles",
    "segment-no": "plain or quoted",
    "segment-no-value": "a name like any other",
    "segment-of-no-family": "another file",
    "segment-unknown": "another file",
    "top-duplicate-key": "the reader's",
    "top-for-each-unused": "two distant places",
    "top-title-no": "plain or quoted",
    "where-each-of-another-field": "two distant places",
    "where-each-without-for-each": "two distant places",
    "where-exponent": "plain or quoted",
    "where-leading-zero": "plain or quoted",
    "where-no": "plain or quoted",
    "where-on-in-list": "plain or quoted",
    "window-beyond-retention": "a setting",
    "window-century": "a number in a text",
    "window-days-beyond-retention": "a setting",
    "window-shifted-beyond-retention": "a setting",
    "window-trend-beyond-retention": "a setting",
}


def faults(validator: Draft202012Validator, value: object) -> list[str]:
    return [error.message[:200] for error in validator.iter_errors(value)]


@pytest.mark.parametrize("schema", [rule_schema(), example_schema()], ids=["rule", "example"])
def test_it_is_a_schema(schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_shipped_file_is_accepted(path: Path) -> None:
    validator = EXAMPLE if path.parent.name == "tests" else RULE
    assert faults(validator, value_of(path.read_text(encoding="utf-8"))) == []


@settings(max_examples=100, deadline=None)
@given(rule_sets(WHOLE, most=2))
def test_what_the_loader_accepts_the_schema_accepts(rules: RuleSet) -> None:
    for text in map(rule_text, rules.rules):
        assume(accepted(text))
        assert faults(RULE, value_of(text)) == [], text


ACCEPTED = [
    "title: 42\nwhen: {count: views, at_least: '5'}",
    "title: T\nwhy: ''\nwhen: {share: purchases, where: {total: [5, '5.5', 10%]}, at_least: 80%}",
    "title: T\nwhen: {since: 'first  purchases', last: 07d, between: [1h, 2d]}",
    "title: T\nwhen: {profile: vip, is: true}",
    "title: T\nwhen: {profile: vip, one_of: [1, true, '']}",
    "title: T\nwhen: {count: items, where: {quantity: {between: [1, 2]}, product: 4711}, latest: '3', more_than: -1}",
    "title: T\nwhen: {ratio: opens, per: clicks, where: {campaign: [a]}, last: 7d, before: 1d, at_most: +1}",
    "title: T\nwhen: {count: views, exactly: 5 %}",
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_unusual_spellings_are_accepted_by_both(text: str) -> None:
    assert accepted(text)
    assert faults(RULE, value_of(text)) == []


@pytest.mark.parametrize("path", sorted(BROKEN.glob("*.yaml")), ids=lambda path: path.stem)
def test_the_schema_refuses_what_it_can_of_what_the_loader_refuses(path: Path) -> None:
    data = path.read_bytes()
    root = read_yaml(data.decode("utf-8-sig"), "f", Problems())
    if root is None:
        pytest.skip("no YAML: an editor says so itself")
    refused = bool(faults(RULE, core(root)))
    assert refused == (path.stem not in BEYOND_A_SCHEMA)


def test_every_key_is_explained_to_editors_and_nothing_else() -> None:
    assert set(WORDS) == {*OF_THE_RULE, *CONDITION_KEYS, "strategy"}
    assert set(SOURCE_WORDS) == set(SOURCES)
    assert all(text.endswith((".", "].")) for text in {**WORDS, **EXAMPLE_WORDS}.values())


EXAMPLES = [
    ("[{name: a, now: 2026-06-01T00:00:00Z, events: [{type: erase, user: a, at: 1}], expect: {a: []}}]", True),
    ("[{mutant: 'a -> b', because: x}]", True),
    ("[{mutant: 'a -> b'}]", False),
    ("[]", False),
    ("[{name: a, now: 1, events: [{type: erase, user: a, at: 1, times: 2, every: 1h}], expect: {a: [x]}}]", True),
    ("[{name: a, now: 1, events: [{type: erase, user: a, at: 1, every: 1h}], expect: {a: [x]}}]", False),
    ("[{name: a, now: 1, events: [{type: view, user: a, at: 1}], expect: {a: [x]}}]", False),
    ("[{name: a, now: 1, events: [{type: view, user: a, at: 1, product: p, colour: x}], expect: {a: [x]}}]", False),
    ("[{name: a, now: 1, events: [{type: erase, user: a, at: 1}], expect: {a: x}}]", False),
    ("[{name: a, now: 1, events: [{type: erase, user: a, at: 1}], expect: {a: [x]}, until: {a: {x: never}}}]", True),
    ("[{name: a, now: 1, events: [{type: erase, user: a, at: 1}], expect: {a: [x]}, until: {a: never}}]", False),
]


@pytest.mark.parametrize(("text", "good"), EXAMPLES)
def test_examples_are_checked_in_editors(text: str, good: bool) -> None:
    assert (faults(EXAMPLE, value_of(text)) == []) == good


def test_the_command_prints_and_writes_both(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == rule_schema()
    assert main(["schema", "--tests"]) == 0
    assert json.loads(capsys.readouterr().out) == example_schema()
    assert main(["schema", "--write", str(tmp_path)]) == 0
    assert json.loads((tmp_path / "rule.schema.json").read_text()) == rule_schema()
    assert json.loads((tmp_path / "example.schema.json").read_text()) == example_schema()


def test_writing_where_nothing_can_be_written_is_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "--write", str(tmp_path / "gone")]) == 2
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize(("name", "schema"), [("rule", rule_schema()), ("example", example_schema())])
def test_the_shipped_schemas_are_current(name: str, schema: dict[str, Any]) -> None:
    """Renewed by ``microseg schema --write segment_rules``."""
    assert json.loads((SHIPPED / f"{name}.schema.json").read_text(encoding="utf-8")) == schema


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_every_shipped_file_names_its_schema(path: Path) -> None:
    name = "example" if path.parent.name == "tests" else "rule"
    first = path.read_text(encoding="utf-8").splitlines()[0]
    assert first == f"# yaml-language-server: $schema=../{name}.schema.json"


def test_a_rule_of_the_model_becomes_the_text_of_the_same_rule() -> None:
    """Else the property test above would prove nothing."""
    text = rule_text(Rule("a", "T", load_texts({"active/a.yaml": ACCEPTED[0]}).rules[0].when, for_ms=3_600_000))
    assert load_texts({"active/a.yaml": text}).rules[0].for_ms == 3_600_000
