"""What mail has come to, in numbers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Self

from streams.trials.samples import Sample, of_counts

#: Millionths of the shop's currency in one of it.
MICROS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """``sent`` to ``bounced`` count messages, ``opened`` those that a person opened; ``converted`` those with an order
    to their name; ``orders`` and ``revenue_micros`` (millionths of the shop's currency) what is attributed to them,
    less what was given back. ``recipients`` counts a customer once a day."""

    sent: int = 0
    delivered: int = 0
    opened: int = 0
    clicked: int = 0
    converted: int = 0
    orders: int = 0
    revenue_micros: int = 0
    unsubscribed: int = 0
    complained: int = 0
    bounced: int = 0
    recipients: int = 0

    @classmethod
    def of(cls, parts: Iterable[Figures]) -> Self:
        """The sums of parts."""
        kept = list(parts)
        return cls(**{one.name: sum(getattr(part, one.name) for part in kept) for one in fields(Figures)})

    @property
    def reached(self) -> int:
        """Messages that arrived: those delivered, or, where the platform tells of no delivery, sent."""
        return self.delivered or self.sent

    def share(self, name: str) -> float | None:
        """Of the messages that arrived the part that ``name`` counts; of bounces of those sent. None of no message."""
        of = self.sent if name == "bounced" else self.reached
        return getattr(self, name) / of if of else None

    def sample(self, name: str) -> Sample:
        """The messages that arrived, and those of them that ``name`` counts."""
        return of_counts(self.reached, min(getattr(self, name), self.reached))

    @property
    def revenue_each(self) -> float | None:
        """Revenue a recipient in the currency; None of nobody."""
        return self.revenue_micros / self.recipients / MICROS if self.recipients else None
