"""Ways in which a customer may come to meet a condition: sets of facts to try, good or not.

Nothing here is believed: what is tried is judged by the engine. So a way may be wrong for a rule; it is enough that one
of a few hundred mixtures is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from random import Random

from streams.discovery.proposals.facts import Fact, fields_of, number_in, other_fields
from streams.rules.model import RATIO_SCALE, Bounds, Compare, Group, Measure, Node, ProfileTest

_DAY_MS = 86_400_000
#: Facts of one condition at most, and how far back they reach where no window says it.
_MOST = 60
_USUAL_MS = 60 * _DAY_MS
_NEARER = (1, 1, 1, 8, 40)

Way = tuple[Fact, ...]


def leaves(node: Node) -> Iterator[Compare | ProfileTest]:
    """The conditions of a rule on facts and properties."""
    if isinstance(node, Group):
        for part in node.parts:
            yield from leaves(part)
    elif isinstance(node, (Compare, ProfileTest)):
        yield node


def mixtures(node: Node, count: int, random: Random) -> list[Way]:
    """So many mixtures of one way for each condition, the plainest first, and then drawn."""
    ways = [ways_of(leaf) for leaf in leaves(node)]
    plain = [tuple(fact for part in ways if part for fact in part[0])]
    drawn = [tuple(fact for part in ways for fact in random.choice([(), *part])) for _ in range(count)]
    return [*plain, *(_nearer(way, random.choice(_NEARER)) for way in drawn)]


def _nearer(way: Way, part: int) -> Way:
    """The same in so many parts of the time: of somebody who came lately all facts are young."""
    return tuple(fact.aged(fact.age_ms // part) for fact in way)


def ways_of(leaf: Compare | ProfileTest) -> list[Way]:
    """Sets of facts that may meet a condition."""
    if isinstance(leaf, ProfileTest):
        return _of_property(leaf)
    measure, bounds = leaf.measure, leaf.bounds
    match measure.op:
        case "count":
            return [spread(measure, count) + _rest(measure, count) for count in _whole(bounds)]
        case "distinct":
            return [_different(measure, count) for count in _whole(bounds)]
        case "sum" | "average" | "highest" | "lowest":
            return [_amounts(measure, bounds, count) for count in (measure.latest or 1, 2, 3)]
        case "share":
            return [*_shares(measure, bounds)]
        case "since last" | "since first":
            return [spread(measure, 1, age_ms) for age_ms in _ages(bounds)]
        case "trend":
            return [*_trends(measure, bounds)]
        case "overdue":
            return [*_overdue(measure, bounds)]
    return [*_ratios(measure, bounds)]


def window_of(measure: Measure) -> tuple[int, int]:
    """Between which ages facts count, as milliseconds."""
    length = measure.last_ms or (measure.last_days or 0) * _DAY_MS or _USUAL_MS
    return measure.before_ms, measure.before_ms + length


def spread(measure: Measure, count: int, age_ms: int | None = None, source: str = "", *, fitting: bool = True) -> Way:
    """So many facts, spread over the window, or all about so old."""
    youngest, oldest = window_of(measure)
    if age_ms is not None:
        youngest, oldest = age_ms, age_ms + 2
    step = (oldest - youngest) / (count + 1)
    made = []
    for number in range(count):
        fields = fields_of(measure.where, number) if fitting else other_fields(measure.where)
        age = youngest + int(step * (number + 1)) if age_ms is None else age_ms
        made.append(Fact(source or measure.source, _whole_hours(age) if age_ms is None else age, tuple(fields.items())))
    return tuple(made)


def _whole_hours(age_ms: int) -> int:
    """Rounded to hours where that leaves something: examples are read by people."""
    return age_ms // 3_600_000 * 3_600_000 or age_ms


def _whole(bounds: Bounds) -> list[int]:
    """Numbers of facts to try, the least first."""
    low = 0 if bounds.low is None else -(-bounds.low // RATIO_SCALE)
    if bounds.low is not None and bounds.low_open and bounds.low % RATIO_SCALE == 0:
        low += 1
    high = low + 2 if bounds.high is None else bounds.high // RATIO_SCALE
    if bounds.high is not None and bounds.high_open and bounds.high % RATIO_SCALE == 0:
        high -= 1
    return sorted({max(0, low), max(0, min(high, low + 1)), max(0, high)} & set(range(_MOST + 1))) or [0]


def _rest(measure: Measure, fitting: int) -> Way:
    """With ``latest`` all must exist: those that do not match."""
    return spread(measure, max(0, (measure.latest or 0) - fitting), fitting=not measure.where)


def _different(measure: Measure, count: int) -> Way:
    facts = spread(measure, count)
    name = measure.field or "category"
    return tuple(
        Fact(fact.source, fact.age_ms, (*((k, v) for k, v in fact.fields if k != name), (name, f"{name} {number}")))
        for number, fact in enumerate(facts, 1)
    )


def _amounts(measure: Measure, bounds: Bounds, count: int) -> Way:
    wanted = number_in(bounds)
    each = -(-wanted // count) if measure.op == "sum" else wanted
    name = measure.field or "total"
    return tuple(
        Fact(fact.source, fact.age_ms, (*((k, v) for k, v in fact.fields if k != name), (name, each)))
        for fact in spread(measure, count)
    )


def _shares(measure: Measure, bounds: Bounds) -> Iterator[Way]:
    for count in (measure.latest,) if measure.latest else (1, 2, 3, 4, 5, 10):
        for fitting in range(count + 1):
            if _within(fitting * RATIO_SCALE, count, bounds):
                yield spread(measure, fitting) + spread(measure, count - fitting, fitting=False)


def _within(dividend: int, divisor: int, bounds: Bounds) -> bool:
    if divisor == 0:
        return False
    value = dividend / divisor
    above = bounds.low is None or value > bounds.low or (value == bounds.low and not bounds.low_open)
    return above and (bounds.high is None or value < bounds.high or (value == bounds.high and not bounds.high_open))


def _ages(bounds: Bounds) -> list[int]:
    low, high = bounds.low or 0, bounds.high
    ages = {low, low + 60_000, low + _DAY_MS}
    if high is not None:
        ages |= {high, (low + high) // 2, high - 60_000}
    return sorted((age for age in ages if age >= 0), key=lambda age: (age != low + _DAY_MS, age))


def _trends(measure: Measure, bounds: Bounds) -> Iterator[Way]:
    last, against = measure.last_ms or _DAY_MS, measure.against_ms or _DAY_MS
    for earlier in range(1, 7):
        for later in range(13):
            if _within(later * against * RATIO_SCALE, earlier * last, bounds):
                before = tuple(fact.aged(fact.age_ms * against // last + last) for fact in spread(measure, earlier))
                yield spread(measure, later) + before
                break


def _overdue(measure: Measure, bounds: Bounds) -> Iterator[Way]:
    for gap in (10 * _DAY_MS, 20 * _DAY_MS, 5 * _DAY_MS):
        newest = int(number_in(bounds) * gap)
        yield tuple(spread(measure, 1, newest + number * gap)[0] for number in range(3))


def _ratios(measure: Measure, bounds: Bounds) -> Iterator[Way]:
    for per in range(1, 5):
        for count in range(_MOST):
            if _within(count * RATIO_SCALE, per, bounds):
                yield spread(measure, count) + spread(measure, per, source=measure.per or measure.source)
                break


def _of_property(leaf: ProfileTest) -> list[Way]:
    if leaf.missing:
        return [()]
    value: object = "something"
    if leaf.texts and not leaf.negated:
        value = leaf.texts[0]
    elif leaf.bounds:
        value = number_in(leaf.bounds)
    return [(Fact("profile", _USUAL_MS, ((leaf.name, value),)),)]


def added(leaf: Compare) -> Sequence[Fact]:
    """One more fact that a condition looks at, in the middle of its window."""
    return spread(leaf.measure, 1)
