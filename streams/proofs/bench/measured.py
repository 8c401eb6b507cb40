"""What a measurement finds: rows of the table, curves, and what was wrong; and whether a target is reached."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple


class Target(NamedTuple):
    """A bound that is to be reached: at least, or where ``most`` at most; ``goal`` is what one would like beyond."""

    bound: float
    most: bool = False
    goal: float | None = None

    def reached(self, value: float) -> bool:
        """Whether a value keeps the bound."""
        return value <= self.bound if self.most else value >= self.bound

    def __str__(self) -> str:
        said = f"{'≤' if self.most else '≥'} {self.bound:g}"
        return said if self.goal is None else f"{said} (goal {self.goal:g})"


@dataclass(frozen=True, slots=True)
class Measured:
    """One row: a value in a unit, the same of a peer where it has one, and a target of the ratio, or else of the value.

    ``value`` None: it was not measured, and ``note`` says why.
    """

    what: str
    value: float | None
    unit: str = ""
    against: str = ""
    peer: float | None = None
    target: Target | None = None
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """The value ÷ the peer's."""
        return None if self.value is None or not self.peer else self.value / self.peer

    @property
    def reached(self) -> bool | None:
        """Whether the target is reached; None where there is none, or nothing to hold against it."""
        judged = self.ratio if self.against else self.value
        return None if self.target is None or judged is None else self.target.reached(judged)


class Point(NamedTuple):
    """Of one size: events a second, and microseconds of CPU an event; ``checkpoint_us`` are those of them that went
    into the rows and changes of checkpoints."""

    size: int
    events_per_second: float
    cpu_us: float
    checkpoint_us: float


@dataclass(frozen=True, slots=True)
class Curve:
    """How speed goes with one size, the others staying as they are."""

    name: str
    label: str
    points: Sequence[Point]


@dataclass(slots=True)
class Result:
    """What a measurement found; ``faults`` say what was wrong with what the worker did, or with the run."""

    rows: list[Measured] = field(default_factory=list)
    curves: list[Curve] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def add(self, other: Result) -> None:
        """Takes in what another found."""
        self.rows += other.rows
        self.curves += other.curves
        self.faults += other.faults


def median(values: Sequence[float]) -> float | None:
    """The median; None of none."""
    return statistics.median(values) if values else None


def as_json(result: Result) -> dict[str, Any]:
    """A result as plain values; ratios and verdicts are told for readers, ``from_json`` finds them anew."""
    rows = [{**asdict(row), "ratio": row.ratio, "reached": row.reached} for row in result.rows]
    for row, told in zip(result.rows, rows, strict=True):
        told["target"] = row.target and row.target._asdict()
    curves = [{**asdict(curve), "points": [point._asdict() for point in curve.points]} for curve in result.curves]
    return {"rows": rows, "curves": curves, "faults": list(result.faults)}


def from_json(told: dict[str, Any]) -> Result:
    """The result that ``as_json`` has told."""
    return Result(
        [_row(one) for one in told["rows"]],
        [Curve(one["name"], one["label"], [Point(**point) for point in one["points"]]) for one in told["curves"]],
        list(told["faults"]),
    )


def _row(told: dict[str, Any]) -> Measured:
    target = told["target"]
    plain = {name: told[name] for name in ("what", "value", "unit", "against", "peer", "note")}
    return Measured(**plain, target=None if target is None else Target(**target))
