"""Marks: a hidden segment beside each one on trial, of the same customers, named after what draws its arms.

A record comes when segments change. With a mark among them one comes also when only the trial does: when a segment
that was live before goes on trial or leaves it, or its shares or the broad segment are edited, its customers leave one
mark and enter another, and the newest record of each says the arm that holds, and whose mail it gets.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streams.rules.model import Rule, SegmentTest

#: No file of a rule can be named so.
_MARK = "trial:"


def marks_of(rules: Iterable[Rule]) -> Iterator[Rule]:
    """The marks of a rule set."""
    for rule in rules:
        if (terms := rule.on_trial) is not None:
            name = f"{_MARK}{terms.started_ms or ''}:{terms.share}:{terms.holdout}:{terms.against}:{rule.name}"
            yield Rule(name, "", SegmentTest(rule.name), everyone=rule.everyone)


def is_mark(segment: str) -> bool:
    """Whether a segment is one, and so nobody's to see."""
    return segment.startswith(_MARK)
