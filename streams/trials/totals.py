"""What segments have brought: the totals that tracking publishes, and reports and decisions read.

Each partition publishes its own, under the keys ``{partition}/day/{segment}/{YYYY-MM-DD}/{arm}``,
``{partition}/variant/{segment}/{YYYY-MM-DD}/{arm}/{variant}`` and ``{partition}/trial/{segment}/{arm}`` of the
compacted topic ``APPLICATION-outcomes``; ``Totals.of`` adds them up.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, TypeVar

from streams.trials.figures import Figures

#: The arm of customers outside trials, and the segment of mail that none is known of.
NONE = "-"


@dataclass(frozen=True, slots=True)
class DayTotals(Figures):
    """What the messages of a segment that went out on a day of the shop's (``day``: YYYY-MM-DD) have come to, for one
    arm of its trial (``-`` outside trials). ``recipients`` counts customers that day."""

    segment: str
    day: str
    arm: str


@dataclass(frozen=True, slots=True)
class VariantTotals(Figures):
    """Of a day's totals the part of one variant of the segment's copy: ``VARIANT`` or ``VARIANT:LOCALE``, as the mail's
    campaign says it."""

    segment: str
    day: str
    arm: str
    variant: str


@dataclass(frozen=True, slots=True)
class TrialTotals:
    """One arm of the trial of a segment, by intention to treat: all customers that were drawn for it, mailed or not.

    ``customers`` were assigned; ``clicked``, ``converted``, ``unsubscribed``, ``complained`` and ``bounced`` are those
    who did so since (within the trial's days), ``revenue_micros`` what they brought and ``revenue_squares`` the sum of
    its squares a customer. ``before_…`` is each customer's revenue in the 28 days before: its sum, the sum of its
    squares, and that of its products with the revenue since. Millionths of the shop's currency, squares of these.
    """

    segment: str
    arm: str
    customers: int = 0
    clicked: int = 0
    converted: int = 0
    revenue_micros: int = 0
    revenue_squares: int = 0
    before_micros: int = 0
    before_squares: int = 0
    before_revenue_products: int = 0
    unsubscribed: int = 0
    complained: int = 0
    bounced: int = 0


AnyTotals = DayTotals | VariantTotals | TrialTotals
Part = TypeVar("Part", DayTotals, VariantTotals, TrialTotals)
#: The fields that are names, in the order of keys.
_NAMES = ("segment", "day", "arm", "variant")


@dataclass(frozen=True, slots=True)
class Totals:
    """All of it, each key once, sorted by key."""

    days: list[DayTotals] = field(default_factory=list)
    trials: list[TrialTotals] = field(default_factory=list)
    variants: list[VariantTotals] = field(default_factory=list)

    @classmethod
    def of(cls, records: Iterable[tuple[str, bytes | None]]) -> Totals:
        """Of the records of the topic in their order: the newest value of each key (None: none any more), partitions
        added up. Raises ValueError where a record is not one of totals."""
        newest: dict[str, bytes] = {}
        for key, value in records:
            if value is None:
                newest.pop(key, None)
            else:
                newest[key] = value
        days: dict[tuple[str, ...], DayTotals] = {}
        trials: dict[tuple[str, ...], TrialTotals] = {}
        variants: dict[tuple[str, ...], VariantTotals] = {}
        for key, value in newest.items():
            kind, names = names_of(key)
            numbers = json.loads(value)
            if kind == "day":
                days[names] = _added(days.get(names), DayTotals(*names, **numbers))
            elif kind == "variant":
                variants[names] = _added(variants.get(names), VariantTotals(*names, **numbers))
            else:
                trials[names] = _added(trials.get(names), TrialTotals(*names, **numbers))  # type: ignore[arg-type]
        return cls(
            [days[names] for names in sorted(days)],
            [trials[names] for names in sorted(trials)],
            [variants[names] for names in sorted(variants)],
        )

    def to_json(self) -> str:
        """As one JSON text; squares may be wider than 64 bits."""
        return json.dumps({one.name: [*map(asdict, getattr(self, one.name))] for one in fields(self)})

    @classmethod
    def from_json(cls, text: str | bytes) -> Totals:
        """Of what ``to_json`` gave; there need be no variants."""
        read: Mapping[str, list[dict[str, Any]]] = json.loads(text)
        return cls(
            [DayTotals(**one) for one in read["days"]],
            [TrialTotals(**one) for one in read["trials"]],
            [VariantTotals(**one) for one in read.get("variants", ())],
        )


def key_of(partition: int, part: AnyTotals) -> str:
    """The key of a partition's part in the topic."""
    if isinstance(part, DayTotals):
        return f"{partition}/day/{part.segment}/{part.day}/{part.arm}"
    if isinstance(part, VariantTotals):
        return f"{partition}/variant/{part.segment}/{part.day}/{part.arm}/{part.variant}"
    return f"{partition}/trial/{part.segment}/{part.arm}"


def value_of(part: AnyTotals) -> bytes:
    """The value of a part in the topic: its numbers."""
    return json.dumps({name: getattr(part, name) for name in numbers_of(type(part))}).encode()


def numbers_of(kind: type[AnyTotals]) -> list[str]:
    """The names of the fields that are numbers."""
    return [one.name for one in fields(kind) if one.name not in _NAMES]


def names_of(key: str) -> tuple[str, tuple[str, ...]]:
    """Of a key of the topic: "day", "variant" or "trial", and the names of the totals: segment (it may hold slashes),
    day, arm, variant.

    Raises ValueError where it is none.
    """
    parts = key.split("/")
    if len(parts) > 4 and parts[1] == "day":
        return "day", ("/".join(parts[2:-2]), parts[-2], parts[-1])
    if len(parts) > 5 and parts[1] == "variant":
        return "variant", ("/".join(parts[2:-3]), *parts[-3:])
    if len(parts) > 3 and parts[1] == "trial":
        return "trial", ("/".join(parts[2:-1]), parts[-1])
    raise ValueError(f"{key!r} is no key of totals")


def _added(before: Part | None, more: Part) -> Part:
    if before is None:
        return more
    kind = type(more)
    sums = {name: getattr(before, name) + getattr(more, name) for name in numbers_of(kind)}
    return replace(more, **sums)
