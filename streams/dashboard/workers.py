"""Workers and partitions: who holds what, how far behind, in how much memory."""

from __future__ import annotations

from typing import Any

from streams.dashboard.figures import Found
from streams.events.instants import stamp

Json = dict[str, Any]


def workers_page(found: Found, partitions: int, now_ms: int) -> Json:
    """``workers`` by name and ``partitions`` by number; what nobody tells of is None. ``now_ms`` is the clock's."""
    of_worker: dict[str, list[int]] = {}
    for number, answer in (found.answers or {}).items():
        of_worker.setdefault(answer.worker, []).append(number)
    return {
        "workers": [_worker(found, name, sorted(held), now_ms) for name, held in sorted(of_worker.items())],
        "partitions": [_partition(found, number) for number in range(partitions)],
        "trouble": [{"error": error, "hint": hint} for error, hint in found.trouble],
    }


def lag(found: Found) -> int | None:
    """Records still to be read in all partitions of which that is known; None of none."""
    lags = [one for number in (found.answers or {}) if (one := found.lag(number)) is not None]
    return sum(lags) if lags else None


def customers(found: Found, partitions: int) -> int | None:
    """How many there are; None where not all partitions tell."""
    answers = found.answers or {}
    if not partitions or len(answers) < partitions:
        return None
    return sum(int((one.findings or {})["customers"]) for one in answers.values())


def speed(found: Found, numbers: list[int]) -> float | None:
    """Events a second that come for these partitions."""
    if found.speeds is None:
        return None
    return round(sum(found.speeds.get(number, 0.0) for number in numbers), 1)


def _worker(found: Found, name: str, held: list[int], now_ms: int) -> Json:
    answers = found.answers or {}
    answer = answers[held[0]]
    itself = (answer.findings or {})["worker"]
    lags = [found.lag(number) for number in held]
    stale = sum((found.figures(number) or {})["stale"] for number in held)
    return {
        "name": name,
        "version": itself["version"],
        "rules": answer.rules,
        "started": stamp(round(now_ms - itself["uptime"] * 1000)),
        "partitions": held,
        "events_per_second": speed(found, held),
        "lag": None if None in lags else sum(one for one in lags if one is not None),
        "memory": itself["memory"],
        "uptime": itself["uptime"],
        "health": f"judges {stale:,} customers under new rules" if stale else "ok",
    }


def _partition(found: Found, number: int) -> Json:
    said = found.figures(number)
    names = ("customers", "memory", "due", "stale", "events")
    figures = {name: None if said is None else said[name] for name in names}
    worker = None if said is None or found.answers is None else found.answers[number].worker
    return {"partition": number, "worker": worker, "lag": found.lag(number), **figures}
