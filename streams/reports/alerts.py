"""Where the sum of all segments tells another story than the segments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from streams.reports.weeks import Weeks
from streams.trials.samples import Sample
from streams.trials.strata import Alert, Simpson, simpson
from streams.trials.wording import amount

#: Reports may be looked at every day; of the looks of a week together at most ``strata.ALERT_RATE`` raise an alert
#: where there is nothing.
LOOKS = 7
#: What is compared, and the field of totals that counts it.
METRICS = {"clicks": "clicked", "conversions": "converted"}
#: A total that moved less than this is likely to by chance, and whose parts did, is no story to tell.
MOVED_P = 0.05

WEEKS, TRIALS = "weeks", "trials"


class Part(NamedTuple):
    """A segment's two shares: this week and the one before, or treatment and control."""

    segment: str
    first: Sample
    second: Sample

    @property
    def difference(self) -> float:
        """First less second."""
        return self.first.mean - self.second.mean


class Story(NamedTuple):
    """An alert: what was compared (``weeks`` or the arms of ``trials``), how, in words, and part by part."""

    compared: str
    metric: str
    alert: Alert
    sentence: str
    found: Simpson
    parts: tuple[Part, ...]


def stories_of(weeks: Mapping[str, Weeks], arms: Mapping[str, Mapping[str, tuple[Sample, Sample]]]) -> list[Story]:
    """All alerts of a report. ``arms``: by metric and segment the samples of treatment and control of trials."""
    compared: list[tuple[str, str, list[Part]]] = []
    for metric, name in METRICS.items():
        parts = [Part(one.segment, one.week.sample(name), one.before.sample(name)) for one in weeks.values()]
        compared.append((WEEKS, metric, parts))
        compared.append((TRIALS, metric, [Part(one, *pair) for one, pair in arms.get(metric, {}).items()]))
    comparable = [one for one in compared if sum(1 for part in one[2] if part.first.n and part.second.n) > 1]
    found = (_story(*one, among=LOOKS * len(comparable)) for one in comparable)
    return [one for one in found if one is not None]


def _story(compared: str, metric: str, parts: Sequence[Part], among: int) -> Story | None:
    kept = tuple(part for part in parts if part.first.n and part.second.n)
    found = simpson([(part.first, part.second) for part in kept])
    alert = found.alert(among) if found else None
    if found is None or alert is None or not _worth_telling(found, alert):
        return None
    tell = _reversed if alert is Alert.REVERSED else _uneven
    return Story(compared, metric, alert, tell(compared, metric, found, kept), found, kept)


def _worth_telling(found: Simpson, alert: Alert) -> bool:
    return alert is Alert.UNEVEN or min(found.pooled_p, found.stratified_p) < MOVED_P


def _reversed(compared: str, metric: str, found: Simpson, parts: Sequence[Part]) -> str:
    pooled, each = (amount(one, True, signed=True) for one in (found.pooled, found.stratified))
    if compared == WEEKS:
        fell = found.pooled < 0
        return (
            f"All mail together, {metric} {'fell' if fell else 'rose'} against the week before ({pooled}), but within "
            f"the segments they did not ({each}): more mail went where {metric} are {'few' if fell else 'many'}. "
            "Judge by the segments."
        )
    more = "fewer" if found.pooled < 0 else "more"
    return (
        f"All trials together, the micro-segments' mail brings {more} {metric} ({pooled}), but within the trials it is "
        f"the other way round ({each}). Judge by the trials."
    )


def _uneven(compared: str, metric: str, found: Simpson, parts: Sequence[Part]) -> str:
    up = max(parts, key=lambda part: part.difference)
    down = min(parts, key=lambda part: part.difference)
    pooled, best, worst = (amount(one, True, signed=True) for one in (found.pooled, up.difference, down.difference))
    than = "All mail together, against the week before" if compared == WEEKS else "All trials together, against control"
    return (
        f"{than}: {metric} {pooled}, but not alike everywhere: {up.segment} {best}, {down.segment} {worst}. "
        "Judge each by itself."
    )
