"""Comparisons (``more_than``, ``at_least``, ``less_than``, ``at_most``, ``exactly``, ``between``) become intervals."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from streams.events.amounts import MAX_UNITS
from streams.rules.errors import Problems, quoted
from streams.rules.model import RATIO_SCALE, Bounds
from streams.rules.scalars import scalar, several
from streams.rules.yaml_nodes import Yaml

COMPARISONS = ("more_than", "at_least", "less_than", "at_most", "exactly", "between")

_NUMBER = re.compile(r"[-+]?(0|[1-9]\d*)(\.\d+)?( ?%)?", re.ASCII)
#: Digits and signs of a number; so many can be scaled without rounding.
_LONGEST = 24

#: Reads one bound of a node, in the unit of what is compared.
Read = Callable[[Yaml, Problems], int | None]


def number(node: Yaml, problems: Problems) -> int | None:
    """Ten-thousandths of a number with at most four decimals; ``80%`` is 0.8."""
    found = scalar(node, problems, "a number")
    if found is None:
        return None
    if len(found.text) > _LONGEST or not _NUMBER.fullmatch(found.text):
        problems.add(node.place, f"{quoted(found.text)} is no number; write one such as 5, 0.25 or 80%")
        return None
    scaled = Decimal(found.text.rstrip(" %")) * RATIO_SCALE / (100 if found.text.endswith("%") else 1)
    if scaled != int(scaled):
        rounded = (Decimal(round(scaled)) / RATIO_SCALE).normalize()
        problems.add(node.place, f"{found.text} has more than four decimals; did you mean {rounded:f}?")
        return None
    if abs(scaled) >= MAX_UNITS:
        problems.add(node.place, f"{found.text} is too large; write a number below {MAX_UNITS // RATIO_SCALE}")
        return None
    return int(scaled)


def bounds(comparison: str, node: Yaml, read: Read, problems: Problems) -> Bounds | None:
    """The interval that a comparison stands for; ``read`` gives the unit of its ends."""
    if comparison == "between":
        return _between(node, read, problems)
    end = read(node, problems)
    if end is None:
        return None
    if comparison == "exactly":
        return Bounds(low=end, high=end)
    if comparison in ("more_than", "at_least"):
        return Bounds(low=end, low_open=comparison == "more_than")
    return Bounds(high=end, high_open=comparison == "less_than")


def _between(node: Yaml, read: Read, problems: Problems) -> Bounds | None:
    ends = several(node, read, problems)
    if ends is None:
        return None
    if len(ends) != 2:
        problems.add(node.place, f"between takes two ends, [low, high], not {len(ends)}")
        return None
    if ends[0] > ends[1]:
        problems.add(node.place, "the first end of between is above the second; write [low, high]")
        return None
    return Bounds(low=ends[0], high=ends[1])
