"""What ``microseg check`` says about a rule folder."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from streams.rules.load import RETENTION_MS, NoRuleFolder, RuleErrors, load_rules
from streams.rules.model import (
    RATIO_SCALE,
    Bounds,
    Compare,
    Group,
    Measure,
    Node,
    Place,
    ProfileTest,
    RuleSet,
)
from streams.rules.whole import whole_bounds

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
    """Lines about what is right but often not meant.

    ``is_not`` and ``none_of`` hold where the property is missing; some comparisons never hold, or always; a file in
    trial/ may say no trial.
    """
    conditions = [line for rule in rules.rules for line in (*_of_properties(rule.when), *_of_bounds(rule.when))]
    untold = [rule.name for rule in rules.rules if rule.folder == "trial" and rule.trial is None]
    return [*conditions, *(f"trial/{name}.yaml:1:1: no trial: in this rule, so nothing is measured" for name in untold)]


def _conditions(node: Node) -> Iterator[Node]:
    if isinstance(node, Group):
        for part in node.parts:
            yield from _conditions(part)
    else:
        yield node


def _of_properties(node: Node) -> Iterator[str]:
    tests = [one for one in _conditions(node) if isinstance(one, ProfileTest)]
    guarded = {test.name for test in tests if test.missing is not None}
    for test in tests:
        if test.negated and test.name not in guarded:
            said = f'this also holds for customers without the property {test.name}; say "missing:" of it too'
            yield f"{_shown(test.place)}: {said}"


def _of_bounds(node: Node) -> Iterator[str]:
    for one in _conditions(node):
        if isinstance(one, Compare) and (said := _unmeant(one.measure, one.bounds)):
            yield f"{_shown(one.place)}: {said}"


def _unmeant(measure: Measure, bounds: Bounds) -> str | None:
    """What is odd about bounds of this measure, none of which is ever below 0."""
    low, high = bounds.low, bounds.high
    if measure.op == "share" and low is not None and (low, bounds.low_open) >= (RATIO_SCALE, True):
        meant = f"; did you mean {low // RATIO_SCALE}%?" if low % RATIO_SCALE == 0 and low > RATIO_SCALE else ""
        return f"never holds: no share is above 1, which is 100%{meant}"
    if high is not None and (high < 0 or (high == 0 and bounds.high_open)):
        return f"never holds: no {measure.op} is below 0"
    if measure.op not in ("count", "distinct"):
        return None
    whole = whole_bounds(bounds, RATIO_SCALE)
    if whole.low is not None and whole.high is not None and whole.low > whole.high:
        return f"never holds: a {measure.op} is a whole number"
    return "always holds: 0 counts too" if whole.high is None and (whole.low or 0) <= 0 else None


def _shown(place: Place) -> str:
    return f"{place.file}:{place.line}:{place.column}"
