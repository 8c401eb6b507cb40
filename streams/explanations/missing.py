"""What a condition lacks to hold: the fewest and smallest changes, each in words and as a part of what is asked."""

from __future__ import annotations

from typing import NamedTuple

from streams.explanations.judged import Judged
from streams.explanations.numbers import gap_of_number, needed
from streams.memberships.wording import segment_name
from streams.rules.model import Compare, Group, ProfileTest, SegmentTest


class Gap(NamedTuple):
    """One condition that would have to change: how, and from 0 (next to nothing) to 1 (all of it) how much."""

    text: str
    part: float


def distance(gaps: list[Gap]) -> float:
    """How much is missing in all; 1 is one whole condition."""
    return sum(gap.part for gap in gaps)


def missing(one: Judged, wanted: bool = True) -> list[Gap]:
    """The cheapest changes after which the condition holds (or with ``wanted`` False does not); empty if it does."""
    if one.holds == wanted:
        return []
    node = one.node
    if not isinstance(node, Group):
        return [gap_of(one, wanted)]
    of_parts = [missing(part, wanted != (node.kind == "none")) for part in one.parts]
    every = wanted != (node.kind == "any")
    return [gap for gaps in of_parts for gap in gaps] if every else min(of_parts, key=distance)


def gap_of(one: Judged, wanted: bool) -> Gap:
    """The change of one condition that is not as wanted."""
    node = one.node
    if isinstance(node, Compare):
        return Gap(*gap_of_number(node, one.value, wanted))
    if isinstance(node, SegmentTest):
        return Gap(f"{'membership' if node.member == wanted else 'no membership'} in {segment_name(node)}", 1.0)
    assert isinstance(node, ProfileTest)
    found = "missing" if one.value is None else one.value
    return Gap(f"{node.name} is {found}; {_needed_of_profile(node, wanted)}", 1.0)


def _needed_of_profile(test: ProfileTest, wanted: bool) -> str:
    if test.missing is not None:
        return "it must be missing" if test.missing == wanted else "any value is needed"
    if test.bounds is not None:
        return f"{needed(test.bounds)} is needed" if wanted else f"it must not be {needed(test.bounds)}"
    texts = " or ".join(test.texts or ())
    return f"it must not be {texts}" if test.negated == wanted else f"{texts} is needed"
