"""A shop's customers reduced to counts: histograms of measures, categories × behaviours, outcomes, sizes of segments.

This is all of them that a language model may see. No count is of fewer than SMALLEST customers: bins are joined with
their neighbours, cells of small categories with each other, and what is still too small is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np

from streams.discovery.candidates import SMALLEST, Evidence
from streams.discovery.everyone import Everyone
from streams.discovery.history import History, Past
from streams.discovery.measures import Floats, Measure, measured
from streams.discovery.outcomes import Target
from streams.discovery.proposing import shown_size
from streams.discovery.records import Bools
from streams.discovery.words import measure_words

OTHERS = "(other categories)"
_RECENT_DAYS = 90
_BINS = 8
_MEASURES = (
    Measure("count", "views", 30),
    Measure("count", "carts", 30),
    Measure("count", "purchases"),
    Measure("count", "purchases", 90),
    Measure("sum", "purchases", 90, field="total"),
    Measure("average", "purchases", field="total"),
    Measure("share", "purchases"),
    Measure("since last", "purchases"),
    Measure("since last", "views"),
    Measure("distinct", "views", 30, field="category"),
    Measure("distinct", "purchases", field="category"),
    Measure("count", "emails", 90),
    Measure("share", "emails", 90),
    Measure("count", "clicks", 90),
    Measure("count", "refunds", 90),
)


def evidence_of(
    everyone: Everyone, history: History, now: Past, outcomes: Sequence[Target], tags: Sequence[int]
) -> Evidence:
    """The customers as of an instant; ``outcomes``: what they did in the slice of time before it."""
    histograms = {
        measure_words(what): histogram(measured(now, what, history.customers)[now.there]) for what in _MEASURES
    }
    live = {name: shown_size(which) for name, which in everyone.live_members().items()}
    return Evidence(
        shown_size(now.there),
        datetime.fromtimestamp(now.at_ms / 1000, UTC).isoformat().replace("+00:00", "Z"),
        {name: bins for name, bins in histograms.items() if len(bins) > 1},
        [*_cells(history, now, tags), *_together(history, now, tags)],
        dict(_rates(history, outcomes)),
        {name: size for name, size in live.items() if size},
    )


def histogram(values: Floats) -> list[tuple[float, int]]:
    """(lower end of a bin, customers in it), of those for whom the measure is defined; bins of too few are joined with
    the next lower one, the lowest with the next."""
    numbers = np.sort(values[~np.isnan(values)])
    if len(numbers) < SMALLEST:
        return []
    cuts = np.quantile(numbers, np.arange(_BINS) / _BINS, method="higher")
    if (positive := numbers[numbers > 0]).size:
        cuts = np.concatenate([cuts, np.quantile(positive, np.arange(_BINS) / _BINS, method="higher")])
    edges = np.unique(cuts)
    counts = np.diff(np.append(np.searchsorted(numbers, edges), len(numbers)))
    bins: list[tuple[float, int]] = []
    for low, count in zip(edges.tolist(), counts.tolist(), strict=True):
        if bins and (count < SMALLEST or bins[-1][1] < SMALLEST):
            bins[-1] = (bins[-1][0], bins[-1][1] + count)
        else:
            bins.append((round(low, 4), count))
    if len(bins) > 1 and bins[-1][1] < SMALLEST:
        last = bins.pop()
        bins[-1] = (bins[-1][0], bins[-1][1] + last[1])
    return bins


def _behaviours(history: History, now: Past, tag: int) -> dict[str, Bools]:
    """Who did what in a category."""
    viewed, carted, bought, ever = (
        measured(now, Measure("count", source, days, tag), history.customers) > 0
        for source, days in (
            ("views", _RECENT_DAYS),
            ("carts", _RECENT_DAYS),
            ("purchases", _RECENT_DAYS),
            ("purchases", 0),
        )
    )
    return {
        f"viewed in {_RECENT_DAYS} days": viewed,
        f"viewed in {_RECENT_DAYS} days, never bought": viewed & ~ever,
        f"in the cart in {_RECENT_DAYS} days, not bought in them": carted & ~bought,
        f"bought in {_RECENT_DAYS} days": bought,
        f"bought, but not in {_RECENT_DAYS} days": ever & ~bought,
    }


def _cells(history: History, now: Past, tags: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Customers by category and behaviour."""
    small: dict[str, Bools] = {}
    for tag in tags:
        for name, which in _behaviours(history, now, tag).items():
            size = int((which & now.there).sum())
            if size >= SMALLEST:
                yield {"category": history.names.shown[tag], "behaviour": name, "customers": size}
            else:
                small[name] = small.get(name, np.zeros(history.customers, np.bool_)) | (which & now.there)
    for name, which in small.items():
        if which.sum() >= SMALLEST:
            yield {"category": OTHERS, "behaviour": name, "customers": int(which.sum())}


def _together(history: History, now: Past, tags: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Customers who have to do with two categories."""
    shown = history.names.shown
    viewed, bought = (
        np.stack([measured(now, Measure("count", source, days, tag), history.customers) > 0 for tag in tags])
        if tags
        else np.zeros((0, history.customers), np.bool_)
        for source, days in (("views", _RECENT_DAYS), ("purchases", 0))
    )
    for first, tag in enumerate(tags):
        for second, other in enumerate(tags):
            if first < second:
                both = int((bought[first] & bought[second] & now.there).sum())
                yield from _pair(shown[tag], shown[other], "bought both", both)
            if first != second:
                moved = int((bought[first] & viewed[second] & ~bought[second] & now.there).sum())
                name = f"bought the first, viewed the second in {_RECENT_DAYS} days and never bought it"
                yield from _pair(shown[tag], shown[other], name, moved)


def _pair(category: str, other: str, behaviour: str, size: int) -> Iterator[dict[str, Any]]:
    if size >= SMALLEST:
        yield {"category": category, "with": other, "behaviour": behaviour, "customers": size}


def _rates(history: History, outcomes: Sequence[Target]) -> Iterator[tuple[str, float]]:
    for one in outcomes:
        if (count := int(one.which.sum())) >= SMALLEST:
            name = f"{one.name}: {history.names.shown[one.tag]}" if one.tag else one.name
            yield name, round(int(one.did.sum()) / count, 4)
