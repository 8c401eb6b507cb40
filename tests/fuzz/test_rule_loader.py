"""The loader of rules: any texts are a rule set or all their mistakes, and a rule set says what its texts said."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from streams.authoring.fmt import NotFormatted, formatted
from streams.engine.api import Policy
from streams.rules.compile import compile_rules
from streams.rules.load import RuleErrors, load_rules, load_texts
from streams.rules.model import RuleSet
from tests.fuzz.rounds import rounds
from tests.fuzz.wild_rules import rule_bytes, rule_texts

RETENTION_MS = Policy().retention_ms
#: file:line:column: what is wrong
MISTAKE = re.compile(r"(active|trial)/[^:]*:[1-9]\d*:[1-9]\d*: \S[^\n]*")
LONGEST_MISTAKE = 600


@rounds(150)
@given(one=rule_texts(), other=rule_texts() | st.none())
def test_any_texts_are_rules_or_all_their_mistakes(one: str, other: str | None) -> None:
    texts = {"active/one.yaml": one} | ({} if other is None else {"trial/other.yaml": other})
    try:
        rules = load_texts(texts)
    except RuleErrors as errors:
        check_mistakes(errors)
        return
    compile_rules(rules, RETENTION_MS)
    assert load_texts(texts) == rules
    assert load_texts({file: in_form(text) for file, text in texts.items()}).digest == rules.digest


@rounds(60)
@given(rule_bytes())
def test_any_file_is_a_rule_or_all_its_mistakes(raw: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        active = Path(folder) / "active"
        active.mkdir()
        (active / "one.yaml").write_bytes(raw)
        try:
            assert isinstance(load_rules(Path(folder)), RuleSet)
        except RuleErrors as errors:
            check_mistakes(errors)


def check_mistakes(errors: RuleErrors) -> None:
    """Every mistake is one line with its place."""
    lines = str(errors).split("\n")
    assert lines
    for line in lines:
        assert MISTAKE.fullmatch(line), line
        assert len(line) <= LONGEST_MISTAKE


def in_form(text: str) -> str:
    """The text as ``microseg fmt`` writes it, where it can."""
    try:
        return formatted(text)
    except NotFormatted:
        return text
