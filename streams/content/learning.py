"""Which wording loses: out of totals alone, with the statistics of trials."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Literal, NamedTuple

from streams.trials.checks import SAMPLE_RATIO_P, sample_ratio_p
from streams.trials.decisions import ALPHA, FEWEST_EVENTS
from streams.trials.intervals import Difference, always_valid
from streams.trials.samples import Sample, of_counts

Metric = Literal["clicked", "converted"]


class Totals(NamedTuple):
    """Customers who were sent a variant, and of these who clicked and who bought."""

    sent: int
    clicked: int
    converted: int


class Verdict(NamedTuple):
    """What the totals of a segment's variants in a locale say, in one sentence; ``loser`` is proposed for retirement,
    beside ``better``; None: none is. ``difference`` is the loser's rate less the better one's."""

    sentence: str
    loser: str | None = None
    better: str | None = None
    difference: Difference | None = None


def verdict(totals: Mapping[str, Totals], planned: int, metric: Metric = "clicked") -> Verdict:
    """The variant that does worse than another by more than chance, the worst one; or why none can be told.

    Every pair is compared by an interval that holds at all looks together, at a level divided by the number of pairs
    (Bonferroni), so that of variants that are equal one in twenty segments loses one by chance, at most, however often
    it is looked. Customers must have come to the variants in equal parts, as the choice makes them.

    Args:
        totals: by variant.
        planned: customers of a pair for whom the interval is narrowest.
        metric: what decides.
    """
    if len(totals) < 2:
        return Verdict("There is only one variant.")
    ratio_p = sample_ratio_p([one.sent for one in totals.values()], [1.0] * len(totals))
    if ratio_p < SAMPLE_RATIO_P:
        sizes = ", ".join(f"{name} {one.sent:,}" for name, one in totals.items())
        return Verdict(f"The variants were not sent in equal parts ({sizes}; p = {ratio_p:.6f}): something is broken.")
    samples = {name: of_counts(one.sent, getattr(one, metric)) for name, one in totals.items()}
    pairs = list(combinations(samples, 2))
    enough = [(a, b) for a, b in pairs if _enough(samples[a], samples[b])]
    if not enough:
        return Verdict(f"Not enough data: fewer than {FEWEST_EVENTS} {metric} to a variant.")
    found = [one for a, b in enough for one in _ordered(a, b, samples, planned, ALPHA / len(pairs))]
    if not found:
        return Verdict(f"No clear difference in {metric}.")
    loser, better, difference = min(found, key=lambda one: (samples[one[0]].mean, one[2].value))
    return Verdict(_told(loser, better, difference, samples, metric), loser, better, difference)


def _enough(one: Sample, other: Sample) -> bool:
    """Whether both would have events enough if they were equal."""
    both = one + other
    return both.mean * min(one.n, other.n) >= FEWEST_EVENTS


def _ordered(
    a: str, b: str, samples: Mapping[str, Sample], planned: int, alpha: float
) -> list[tuple[str, str, Difference]]:
    """The pair as (worse, better, difference) where it is certain which is which."""
    difference = always_valid(samples[a], samples[b], planned, alpha)
    if difference.below:
        return [(a, b, difference)]
    if difference.above:
        turned = Difference(-difference.value, -difference.high, -difference.low, difference.p)
        return [(b, a, turned)]
    return []


def _told(loser: str, better: str, difference: Difference, samples: Mapping[str, Sample], metric: str) -> str:
    rates = f"{samples[loser].mean:.2%} {metric} against {samples[better].mean:.2%} of {better}"
    interval = f"{difference.low:+.2%} to {difference.high:+.2%}"
    return f"Retire {loser}: {rates} ({interval}, at every look)."
