"""What the model is told: one JSON document of counts, made of the evidence and the candidates.

No id, no address and no row is in it, and no count of fewer than SMALLEST customers; names are cleaned and stand in one
table (``names``), rules say their codes.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from streams.discovery.candidates import SMALLEST, Candidate, Evidence, Outcome
from streams.discovery.model.names import Names
from streams.discovery.model.texts import ADDRESS, clean
from streams.language.errors import ModelFault

#: Candidates and cells that the model is told of at most, the first ones.
MOST_CANDIDATES = 40
MOST_CELLS = 300
_FEWER = f"fewer than {SMALLEST}"
#: How cells and others name a number of customers.
_COUNTS = ("customers", "members", "count", "size")
_FIELDS = ("category", "product", "campaign")


@dataclass(frozen=True)
class Payload:
    """What is sent (``text``, JSON), the codes in it, and the candidates by their id there."""

    text: str
    names: Names
    candidates: dict[str, Candidate]
    customers: int


def payload_of(evidence: Evidence, candidates: Sequence[Candidate], titles: Mapping[str, str]) -> Payload:
    """The payload of a round; ``titles`` are those of live segments by name.

    Raises ModelFault if an address would be sent all the same.
    """
    names = Names()
    told = [one for one in candidates if one.size >= SMALLEST][:MOST_CANDIDATES]
    by_id = {f"k{number}": one for number, one in enumerate(told, 1)}
    shown = [_candidate(key, one, names) for key, one in by_id.items()]
    document = {
        "asof": clean(evidence.asof),
        "customers": evidence.customers,
        "outcomes_of_all": {clean(name): round(share, 4) for name, share in evidence.outcomes.items()},
        "live_segments": [_segment(name, members, titles) for name, members in sorted(evidence.segments.items())],
        "histograms": _histograms(evidence),
        "cells": _cells(evidence, names),
        "candidates": shown,
        "names": names.table(),
    }
    return Payload(_encoded(document), names, by_id, evidence.customers)


def _encoded(document: Mapping[str, Any]) -> str:
    """JSON in which no text can close the block that it stands in."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    if ADDRESS.search(text):
        raise ModelFault("what would be told to the model has an e-mail address in it; nothing was sent")
    return text.replace("<", "\\u003c").replace(">", "\\u003e")


def _candidate(key: str, one: Candidate, names: Names) -> dict[str, Any]:
    return {
        "id": key,
        "rule": names.coded(one.rule),
        "members": one.size,
        "members_in_past_weeks": [[clean(day), _count(size)] for day, size in one.sizes],
        "later_behaviour": [_outcome(outcome, names) for outcome in one.outcomes],
        "jaccard_with_live_segments": {clean(name): round(share, 3) for name, share in one.overlaps.items()},
        "explained_by_rfm": round(one.rfm, 3),
    }


def _outcome(one: Outcome, names: Names) -> dict[str, Any]:
    return {
        "name": clean(one.name),
        **({"category": names.code("category", one.category)} if one.category else {}),
        "members": round(one.rate, 4),
        "others": round(one.base, 4),
        "lift": round(one.lift, 3),
        "interval_95": [round(one.low, 3), round(one.high, 3)],
    }


def _count(number: int) -> int | str:
    return number if number >= SMALLEST else _FEWER


def _segment(name: str, members: int, titles: Mapping[str, str]) -> dict[str, Any]:
    title = titles.get(name.partition("/")[0], "")
    return {"name": clean(name), "title": clean(title), "members": _count(members)}


def _histograms(evidence: Evidence) -> dict[str, Any]:
    return {
        clean(name): [[low, count] for low, count in bins if count >= SMALLEST]
        for name, bins in evidence.histograms.items()
    }


def _cells(evidence: Evidence, names: Names) -> list[dict[str, Any]]:
    large = [cell for cell in evidence.cells if not _is_small(cell)]
    return [_cell(cell, names) for cell in large[:MOST_CELLS] if _is_told(cell, names)]


def _is_small(cell: Mapping[str, Any]) -> bool:
    counts = [value for key, value in cell.items() if key in _COUNTS and isinstance(value, (int, float))]
    return any(count < SMALLEST for count in counts)


def _is_told(cell: Mapping[str, Any], names: Names) -> bool:
    """Whether the names of a cell are known, or there is room for more."""
    said = [(field, cell[field]) for field in _FIELDS if isinstance(cell.get(field), str)]
    return not names.full() or all(names.has(field, name) for field, name in said)


def _cell(cell: Mapping[str, Any], names: Names) -> dict[str, Any]:
    return {clean(key): _value(key, value, names) for key, value in cell.items()}


def _value(key: str, value: Any, names: Names) -> Any:
    if isinstance(value, str):
        return names.code(key, value) if key in _FIELDS else clean(value)
    if isinstance(value, Mapping):
        return {clean(str(inner)): _value(str(inner), part, names) for inner, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_value(key, part, names) for part in value]
    return round(value, 4) if isinstance(value, float) else value
