"""Says from time to time what is refused and sent home: one line for however many records there were."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping

from streams.worker.desk import Desk
from streams.worker.logs import note

EVERY_SECONDS = 10.0


class Tidings:
    """What has been said so far of a desk's records."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._refused: dict[str, int] = {}
        self._forwarded = 0

    async def run(self) -> None:
        """Tells until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            self.tell()

    def tell(self) -> None:
        """Says what has come since the last time, if anything has."""
        counts, _ = self._desk.counted()
        refused = _more(counts.refused, self._refused)
        if refused:
            shown, total = ", ".join(f"{refused[kind]} for {kind}" for kind in sorted(refused)), sum(refused.values())
            more = {"count": total, "reasons": refused}
            note("refused", "%s refused: %s", _records(total), shown, level=logging.WARNING, more=more)
        if forwarded := counts.forwarded - self._forwarded:
            text = "%s sent to the partition that is their customers' home; does the producer use murmur2?"
            note("forwarded", text, _records(forwarded), level=logging.WARNING, more={"count": forwarded})
        self._refused, self._forwarded = dict(counts.refused), counts.forwarded


def _more(now: Mapping[str, int], before: Mapping[str, int]) -> dict[str, int]:
    return {kind: number - before.get(kind, 0) for kind, number in now.items() if number > before.get(kind, 0)}


def _records(number: int) -> str:
    return "1 record" if number == 1 else f"{number:,} records"
