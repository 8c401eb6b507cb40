"""What became of the records that ingest has read, as plain numbers."""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field

from streams.worker.logs import note

#: Names of skipped records are the senders' own, so there may be any number of them.
MOST_NAMES = 200
OTHERS = "others"
_SHOWN = 5


@dataclass(slots=True)
class Counts:
    """Since the start: records read, events written by type, records refused, records skipped by name.

    Of the names of skipped records the first ``MOST_NAMES`` are told apart.
    """

    records: int = 0
    events: Counter[str] = field(default_factory=Counter)
    refused: int = 0
    skipped: Counter[str] = field(default_factory=Counter)

    def skip(self, name: str, number: int = 1) -> None:
        """Counts records that were skipped under a name."""
        known = name in self.skipped or len(self.skipped) < MOST_NAMES
        self.skipped[name if known else OTHERS] += number

    def add(self, other: Counts) -> None:
        """Adds what became of other records."""
        self.records += other.records
        self.events.update(other.events)
        self.refused += other.refused
        for name, number in other.skipped.items():
            self.skip(name, number)

    def told(self) -> dict[str, object]:
        """The numbers as JSON has them."""
        skipped = dict(self.skipped.most_common())
        return {"records": self.records, "events": dict(self.events), "refused": self.refused, "skipped": skipped}


class Tidings:
    """Says what has come since the last time."""

    def __init__(self) -> None:
        self._told = Counts()

    def tell(self, now: Counts) -> None:
        """One line, if anything has come."""
        before, self._told = self._told, Counts(now.records, Counter(now.events), now.refused, Counter(now.skipped))
        if now.records == before.records:
            return
        skipped, refused = now.skipped - before.skipped, now.refused - before.refused
        more = {
            "records": now.records - before.records,
            "events": (now.events - before.events).total(),
            "refused": refused,
            "skipped": dict(skipped.most_common(_SHOWN)),
        }
        names = ", ".join(f"{number} {name}" for name, number in skipped.most_common(_SHOWN))
        left = f", skipped {skipped.total():,} ({names})" if skipped else ""
        text = "%d records became %d events, refused %d%s"
        level = logging.WARNING if refused else logging.INFO
        note("ingested", text, more["records"], more["events"], refused, left, level=level, more=more)
