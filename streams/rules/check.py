"""What ``microseg check`` says about a rule folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streams.rules.load import RETENTION_MS, NoRuleFolder, RuleErrors, load_rules
from streams.rules.model import Group, Node, ProfileTest, RuleSet

__all__ = ["NoRuleFolder", "reminders", "run"]


def run(folder: Path, retention_ms: int = RETENTION_MS) -> tuple[list[str], RuleSet | None]:
    """The mistakes in a rule folder, one line each, and its rules if there is none.

    Raises NoRuleFolder where there is no rule folder at that path: nothing has been checked then.
    """
    try:
        return [], load_rules(folder, retention_ms)
    except NoRuleFolder:
        raise
    except RuleErrors as error:
        return error.errors, None


def reminders(rules: RuleSet) -> list[str]:
    """Lines about what is right but often not meant: ``is_not`` and ``none_of`` hold where the property is missing."""
    return [_reminder(test) for rule in rules.rules for test in _unguarded(rule.when)]


def _unguarded(node: Node) -> list[ProfileTest]:
    tests = list(_profile_tests(node))
    guarded = {test.name for test in tests if test.missing is not None}
    return [test for test in tests if test.negated and test.name not in guarded]


def _profile_tests(node: Node) -> Iterator[ProfileTest]:
    if isinstance(node, Group):
        for part in node.parts:
            yield from _profile_tests(part)
    elif isinstance(node, ProfileTest):
        yield node


def _reminder(test: ProfileTest) -> str:
    place = test.place
    said = f"this also holds for customers without the property {test.name}"
    return f'{place.file}:{place.line}:{place.column}: {said}; say "missing:" of it too'
