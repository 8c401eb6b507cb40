"""The measures of a rule set as rows of numbers, each different one once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from streams.rules import code as c
from streams.rules.model import EACH, Bounds, Match, Measure
from streams.rules.whole import whole_bounds

OPS = {
    "count": c.COUNT,
    "distinct": c.DISTINCT,
    "sum": c.SUM,
    "average": c.AVERAGE,
    "highest": c.HIGHEST,
    "lowest": c.LOWEST,
    "share": c.SHARE,
    "since last": c.SINCE_LAST,
    "since first": c.SINCE_FIRST,
    "trend": c.TREND,
    "overdue": c.OVERDUE,
    "ratio": c.RATIO,
}
SCALE = 10_000
#: Newest instants of a count that are kept at most; bounds beyond are looked at again whenever a fact leaves.
_MOST_TIMES = 100_000


@dataclass(slots=True)
class MeasureTable:
    """Measures, what they match, and ``values``, some of which are put in later: ``texts`` (place and text) with a
    partition's dictionary, ``eaches[m]`` (the places of $each in measure m) while a family is judged. ``chains``: rows
    of ``code.Code.chains``."""

    retention_ms: int
    measures: list[list[int]] = field(default_factory=list)
    matches: list[list[int]] = field(default_factory=list)
    values: list[int] = field(default_factory=list)
    texts: list[tuple[int, str]] = field(default_factory=list)
    eaches: dict[int, list[int]] = field(default_factory=dict)
    chains: list[list[int]] = field(default_factory=list)
    _known: dict[Measure, int] = field(default_factory=dict)

    def place(self, measure: Measure) -> int:
        """The number of a measure, which is put into the table if it is new."""
        known = self._known.get(measure)
        if known is not None:
            return known
        number = self._known[measure] = len(self.measures)
        self.measures.append(self._row(measure, number))
        return number

    def text_values(self, texts: Iterable[str]) -> tuple[int, int]:
        """Where in ``values`` these texts lie."""
        start = len(self.values)
        for text in texts:
            self.texts.append((len(self.values), text))
            self.values.append(0)
        return start, len(self.values)

    def whole_values(self, numbers: Iterable[int]) -> tuple[int, int]:
        """Where in ``values`` these numbers lie."""
        start = len(self.values)
        self.values += numbers
        return start, len(self.values)

    def with_times(self, conditions: Iterable[list[int]]) -> list[list[int]]:
        """The measures with their part of ``Scratch.times``: as many newest instants as the bounds of their counts
        reach."""
        need = [0] * len(self.measures)
        for row in conditions:
            if row[c.C_KIND] == c.COMPARE and self.measures[row[c.SUBJECT]][c.OP] in (c.COUNT, c.DISTINCT):
                wanted = [bound for bound in (row[c.LOW], row[c.HIGH] + 1) if 0 < bound < c.UNBOUNDED]
                need[row[c.SUBJECT]] = max([need[row[c.SUBJECT]], *wanted])
        end = 0
        for measure, most in zip(self.measures, need, strict=True):
            measure[c.TIMES], end = end, end + min(most, _MOST_TIMES)
            measure[c.TIMES_END] = end
            measure[c.ENOUGH] = max(most, 1)
        return self.measures

    def _row(self, measure: Measure, number: int) -> list[int]:
        columns = c.COLUMNS[measure.source]
        start = len(self.matches)
        self.matches += [self._match(measure.source, match, number) for match in measure.where]
        row = [0] * c.MEASURE_WIDTH
        row[c.OP] = OPS[measure.op]
        row[c.SOURCE] = c.SOURCE_NAMES.index(measure.source)
        row[c.COLUMN] = columns[measure.field] if measure.field else 0
        row[c.LAST] = 0 if measure.last_days else measure.last_ms or self.retention_ms
        row[c.BEFORE] = measure.before_ms
        row[c.DAYS] = measure.last_days or 0
        row[c.LATEST] = measure.latest or 0
        row[c.AGAINST] = measure.against_ms or 0
        row[c.PER] = c.SOURCE_NAMES.index(measure.per) if measure.per else 0
        row[c.MATCH], row[c.MATCH_END] = start, len(self.matches)
        row[c.OF_EACH] = int(number in self.eaches)
        row[c.CHAIN] = self._chain(measure, row[c.SOURCE])
        return row

    def _chain(self, measure: Measure, source: int) -> int:
        """The chain of the facts that a value of a family can match: those with a name that must be just that value."""
        fields = [match.field for match in measure.where if match.texts == (EACH,)]
        if not fields:
            return c.NO_CHAIN
        wanted = [source, c.COLUMNS[measure.source][fields[0]]]
        known = [chain[: c.CHAIN_BYS] for chain in self.chains]
        if wanted not in known:
            self.chains.append([*wanted, 0])
            return len(known)
        return known.index(wanted)

    def want_chain(self, measure: Measure, family: int) -> None:
        """A family of that kind uses the measure."""
        chain = self.measures[self.place(measure)][c.CHAIN]
        if chain != c.NO_CHAIN:
            self.chains[chain][c.CHAIN_BYS] |= 1 << family

    def _match(self, source: str, match: Match, number: int) -> list[int]:
        column = c.COLUMNS[source][match.field]
        if match.flag is not None:
            return [column, c.FLAG, 0, 0, c.FLAG_BITS[match.field], int(match.flag)]
        if match.texts:
            start, end = self.text_values(match.texts)
            each = [place for place, text in self.texts[start - end :] if text == EACH]
            if each:
                self.eaches.setdefault(number, []).extend(each)
            return [column, c.TEXT, start, end, 0, 0]
        whole = [whole_bounds(bounds, SCALE if column == c.WHOLE else 1) for bounds in match.ranges]
        start, end = self.whole_values(end for bounds in whole for end in (low_end(bounds), high_end(bounds)))
        return [column, c.RANGE, start, end, 0, 0]


def scale_of(measure: Measure) -> int:
    """How many parts of a bound make one of the measure's own whole numbers: since is in ms, amounts in
    ten-thousandths."""
    if measure.op.startswith("since"):
        return 1
    if measure.field and c.COLUMNS[measure.source][measure.field] in (c.AMOUNT, c.DISCOUNTED_BY):
        return 1
    return SCALE


def low_end(bounds: Bounds) -> int:
    """The lower end as a number."""
    return -c.UNBOUNDED if bounds.low is None else max(-c.UNBOUNDED, min(bounds.low, c.UNBOUNDED))


def high_end(bounds: Bounds) -> int:
    """The upper end as a number."""
    return c.UNBOUNDED if bounds.high is None else max(-c.UNBOUNDED, min(bounds.high, c.UNBOUNDED))
