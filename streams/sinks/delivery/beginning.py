"""How a delivery begins: whether its ledger can be gone on with, and if not, who stands where."""

from __future__ import annotations

from collections.abc import Mapping

from streams.sinks.delivery.book import Standing
from streams.sinks.delivery.newest import Newest
from streams.sinks.delivery.source import Source
from streams.sinks.delivery.waiting import Waiting

#: Tombstones stay in the topic for a week after compaction; what was not kept up to date for longer is told anew.
OLD_MS = 6 * 86_400_000
POLL_SECONDS = 0.2
RECORDS = 10_000

Ends = Mapping[int, tuple[int, int]]


def outdated(standing: Standing, ends: Ends, now_ms: int) -> str:
    """Why a ledger cannot be gone on with; empty: it can."""
    positions = standing.positions
    if not positions:
        return "the first start"
    if sorted(positions) != sorted(ends):
        return "the topic has other partitions now"
    if now_ms - standing.written_ms > OLD_MS:
        return "it was not kept up to date for days"
    if any(positions[number] > end for number, (_, end) in ends.items()):
        return "the topic was made anew"
    return ""


def newest_of(source: Source, positions: Mapping[int, int], ends: Ends, waiting: Waiting) -> Newest:
    """Which records are the newest of what lies between positions and ends."""
    newest, at = Newest(), dict(positions)
    source.start(at)
    while any(at[number] < end for number, (begin, end) in ends.items() if end > begin):
        waiting.sleep(0)  # ends where it is stopped
        for run in source.read(POLL_SECONDS, RECORDS):
            newest.learn(run.records, run.offsets)
            at[run.partition] = run.end
        at = {number: max(at[number], offset) for number, offset in source.positions().items()}
    return newest
