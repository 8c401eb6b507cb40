"""What tracking has counted of each variant, and what that says."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta

from streams.content.choice import family_of
from streams.content.learning import Metric, Totals, verdict
from streams.content.model import Library, Status, Variant
from streams.content.results import Result
from streams.trials.totals import VariantTotals

#: Where mails say no locale, and there are several.
ANY = "any language"


def counted_results(
    variants: Iterable[VariantTotals], library: Library, planned: int, metric: Metric
) -> Iterator[Result]:
    """Verdicts on the approved variants of each segment and locale, by the messages of which tracking knows.

    Only days count on which all of these were sent: those after the day on which the last of them was sent first, or
    from that day on where they all began together. What says no locale counts for the only one there is.
    """
    parts: dict[tuple[str, str], list[VariantTotals]] = {}
    for one in variants:
        locale = one.variant.partition(":")[2]
        parts.setdefault((family_of(one.segment), locale.lower()), []).append(one)
    for segment in sorted(library.copies):
        locales = library.copies[segment].locales
        for locale, some in locales.items():
            said = parts.get((segment, locale.lower()), [])
            nameless = parts.get((segment, ""), []) if len(locales) == 1 else []
            yield from _result(segment, locale, some, [*said, *nameless], planned, metric)
        if len(locales) > 1:
            every = {one.name: one for some in locales.values() for one in some}
            yield from _result(segment, ANY, [*every.values()], parts.get((segment, ""), []), planned, metric)


def _result(
    segment: str,
    locale: str,
    variants: Sequence[Variant],
    parts: Sequence[VariantTotals],
    planned: int,
    metric: Metric,
) -> Iterator[Result]:
    approved = [one.name for one in variants if one.status is Status.APPROVED]
    own = {name: [part for part in parts if _name(part) == name and part.sent] for name in approved}
    firsts = [min(part.day for part in some) for some in own.values() if some]
    if not firsts:
        return
    since = max(firsts)
    if since != min(firsts):
        since = (date.fromisoformat(since) + timedelta(days=1)).isoformat()
    totals = {name: _sum(part for part in some if part.day >= since) for name, some in own.items()}
    yield Result(segment, locale, verdict(totals, planned, metric))


def _name(part: VariantTotals) -> str:
    return part.variant.partition(":")[0]


def _sum(parts: Iterable[VariantTotals]) -> Totals:
    kept = list(parts)
    return Totals(*(sum(getattr(part, name) for part in kept) for name in Totals._fields))
