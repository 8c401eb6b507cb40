"""Totals of variants out of a file, and what they say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from streams.content.learning import Metric, Totals, Verdict, verdict
from streams.content.model import ContentError, Library
from streams.rules.nearest import hint


class Result(NamedTuple):
    """What the totals of a segment in a locale say."""

    segment: str
    locale: str
    verdict: Verdict


def read_results(path: Path, library: Library, planned: int, metric: Metric) -> Iterator[Result]:
    """Verdicts on the totals in a JSON file: ``{SEGMENT: {LOCALE: {VARIANT: {"sent", "clicked", "converted"}}}}``.

    Raises:
        ContentError: it cannot be read, or names what there is not.
    """
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError, RecursionError) as error:
        raise ContentError([f"{path}: no JSON: {error}"]) from error
    for segment, locales in _mapping(said, f"{path}").items():
        copy = library.copies.get(segment)
        if copy is None:
            raise ContentError([f"{path}: there is no copy of {segment}{hint(segment, library.copies)}"])
        for locale, variants in _mapping(locales, f"{path}: {segment}").items():
            names = [one.name for one in copy.locales.get(locale, ())]
            place = f"{path}: {segment} in {locale}"
            totals = {name: _totals(one, name, names, place) for name, one in _mapping(variants, place).items()}
            yield Result(segment, locale, verdict(totals, planned, metric))


def _mapping(said: object, place: str) -> Mapping[str, Any]:
    if not isinstance(said, dict):
        raise ContentError([f"{place}: must be a JSON object"])
    return said


def _totals(said: object, name: str, known: Sequence[str], place: str) -> Totals:
    if name not in known:
        raise ContentError([f"{place}: there is no variant {name}{hint(name, known)}"])
    given = _mapping(said, f"{place}, {name}")
    numbers = [given.get(field) for field in Totals._fields]
    if not all(isinstance(one, int) and not isinstance(one, bool) and one >= 0 for one in numbers):
        raise ContentError([f"{place}, {name}: {', '.join(Totals._fields)} must be whole numbers from 0 on"])
    totals = Totals(*(int(one) for one in numbers if one is not None))
    if max(totals.clicked, totals.converted) > totals.sent:
        raise ContentError([f"{place}, {name}: more clicked or converted than were sent"])
    return totals
