"""Tests of the customer rather than of facts: a profile property, membership in another segment."""

from __future__ import annotations

from streams.events.text import compared
from streams.rules.bounds import COMPARISONS, bounds, number
from streams.rules.errors import Problems
from streams.rules.model import EACH, ProfileTest, SegmentTest
from streams.rules.scalars import compared_text, flag, plain_text, several
from streams.rules.yaml_nodes import Entry, Yaml, YamlList, YamlText


def parse_profile(measure: Entry, comparison: Entry | None, problems: Problems) -> ProfileTest | None:
    """The test of a profile property; ``comparison`` is ``None`` where it is missing, which has been said."""
    name = plain_text(measure.value, problems)
    if name == "":
        problems.add(measure.value.place, "an empty name of a profile property")
    if not name or comparison is None:
        return None
    kind, value, place = comparison.key.text, comparison.value, measure.key.place
    if kind == "missing":
        missing = flag(value, problems)
        return None if missing is None else ProfileTest(name, missing=missing, place=place)
    if kind in COMPARISONS:
        limits = bounds(kind, value, number, problems)
        return None if limits is None else ProfileTest(name, bounds=limits, place=place)
    texts = _texts(kind, value, problems)
    return None if texts is None else ProfileTest(name, texts, negated=kind in ("is_not", "none_of"), place=place)


def _texts(kind: str, value: Yaml, problems: Problems) -> tuple[str, ...] | None:
    if kind in ("one_of", "none_of"):
        return several(value, _text, problems)
    if isinstance(value, YamlList):
        other = "one_of" if kind == "is" else "none_of"
        problems.add(value.place, f'{kind} takes one value; did you mean "{other}"?')
        return None
    found = _text(value, problems)
    return None if found is None else (found,)


def _text(node: Yaml, problems: Problems) -> str | None:
    """A value of a property: unlike other texts it may be true or false."""
    word = node.text.lower() if isinstance(node, YamlText) and node.plain else ""
    if word in ("true", "false"):
        return word
    if word in ("null", "~"):
        problems.add(node.place, "no value; to ask whether the property is missing write missing: true")
        return None
    return compared_text(node, problems)


def parse_segment(
    measure: Entry, comparison: Entry | None, problems: Problems, references: list[SegmentTest]
) -> SegmentTest | None:
    """The test of membership in a segment (``NAME``, or ``NAME/value`` of a family), whether it exists or not.

    It is added to ``references``, which are kept even if the rule around it is refused for something else.
    """
    text = plain_text(measure.value, problems)
    member = flag(comparison.value, problems) if comparison is not None else True
    if text is None:
        return None
    name, slash, rest = text.strip().partition("/")
    value = compared(rest) if slash else None
    if not name or value == "":
        problems.add(measure.value.place, "a name is missing; write NAME, or NAME/value for one segment of a family")
        return None
    if value == EACH:
        text = f"{EACH} stands only in a where; write the value itself, or {name} for any of them"
        problems.add(measure.value.place, text)
        return None
    references.append(SegmentTest(name, value, member is not False, measure.value.place))
    return None if member is None else references[-1]
