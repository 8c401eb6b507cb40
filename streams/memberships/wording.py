"""Conditions as a rule file says them: the inverse of the rule parser, as JSON that is YAML too.

A condition is a dict whose keys stand in the order in which people write them: the measure, ``where``, the windows, the
comparison. Durations are texts such as "90d", numbers are whole where they can be, texts are in their compared form.
"""

from __future__ import annotations

from collections.abc import Callable

from streams.rules.durations import spelled
from streams.rules.model import RATIO_SCALE, Bounds, Group, Match, Measure, Node, ProfileTest, SegmentTest

Words = dict[str, object]


def condition_words(node: Node) -> Words:
    """A condition with its comparison; a group is {"all": [conditions]}, or the same of "any" and "none"."""
    if isinstance(node, Group):
        return {node.kind: [condition_words(part) for part in node.parts]}
    if isinstance(node, SegmentTest):
        return {"segment": segment_name(node), "is": node.member}
    if isinstance(node, ProfileTest):
        return {"profile": node.name, **_profile_comparison(node)}
    unit = spelled if is_duration(node.measure) else number_words
    return {**measure_words(node.measure), **comparison_words(node.bounds, unit)}


def measure_words(measure: Measure) -> Words:
    """A measure with its ``where``, windows and other modifiers, without a comparison."""
    kind, _, which = measure.op.partition(" ")
    subject = f"{measure.source}.{measure.field}" if measure.field else measure.source
    words: Words = {kind: f"{which} {subject}" if which else subject}
    if measure.where:
        words["where"] = {match.field: _match_words(match) for match in measure.where}
    lengths = (("last", measure.last_ms), ("before", measure.before_ms), ("against", measure.against_ms))
    durations = {name: spelled(length_ms) for name, length_ms in lengths if length_ms}
    whole = {name: value for name in ("last_days", "latest", "per") if (value := getattr(measure, name)) is not None}
    return {**words, **durations, **whole}


def comparison_words(bounds: Bounds, unit: Callable[[int], object]) -> Words:
    """The comparison that an interval stands for; ``unit`` shows one of its ends."""
    if bounds.low is not None and bounds.high is not None:
        if bounds.low == bounds.high:
            return {"exactly": unit(bounds.low)}
        return {"between": [unit(bounds.low), unit(bounds.high)]}
    if bounds.low is not None:
        return {"more_than" if bounds.low_open else "at_least": unit(bounds.low)}
    return {} if bounds.high is None else {"less_than" if bounds.high_open else "at_most": unit(bounds.high)}


def number_words(scaled: int) -> int | float:
    """A number out of ten-thousandths: whole where it is."""
    return scaled // RATIO_SCALE if scaled % RATIO_SCALE == 0 else scaled / RATIO_SCALE


def is_duration(measure: Measure) -> bool:
    """Whether the measure is a time, with bounds in milliseconds."""
    return measure.op.startswith("since ")


def segment_name(test: SegmentTest) -> str:
    """NAME, or NAME/value for one segment of a family."""
    return test.name if test.value is None else f"{test.name}/{test.value}"


def _profile_comparison(test: ProfileTest) -> Words:
    if test.missing is not None:
        return {"missing": test.missing}
    if test.bounds is not None:
        return comparison_words(test.bounds, number_words)
    texts = list(test.texts or ())
    if len(texts) == 1:
        return {"is_not" if test.negated else "is": texts[0]}
    return {"none_of" if test.negated else "one_of": texts}


def _match_words(match: Match) -> object:
    if match.flag is not None:
        return match.flag
    values: list[object] = list(match.texts) or [_range_words(one) for one in match.ranges]
    return values[0] if len(values) == 1 else values


def _range_words(bounds: Bounds) -> object:
    """A number where only that matches, else its comparison."""
    words = comparison_words(bounds, number_words)
    return words.get("exactly", words)
