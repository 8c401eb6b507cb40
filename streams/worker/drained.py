"""``--until-drained``: when everything that was there is read and written, and what it took."""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from faust.types import TP

from streams.worker.clock import WallClock

if TYPE_CHECKING:
    from streams.worker.app import WorkerApp

LOOK_SECONDS = 0.02
CLOCK = WallClock()
#: How often other workers' progress is asked for.
ASK_SECONDS = 0.5
#: ``ru_maxrss`` is in kilobytes, except on macOS.
RSS_UNIT_BYTES = 1 if sys.platform == "darwin" else 1024


async def until_drained(app: WorkerApp) -> dict[str, Any]:
    """Returns once every input is read up to where it ended at the start, what partitions told each other of merges is
    read to its very end, every row is judged, and all is in checkpoints.

    Returns what it took: ``seconds`` is from the moment at which the partitions were open, ``recovery_seconds`` how
    long that took before; ``opened_at_ms`` is that moment by the machine's clock, ``drained_at_ms`` the one at which
    all that this worker holds was in checkpoints, whatever others still did. CPU seconds and the peak memory are those
    of the whole process. Partitions that other workers hold count as read as far as those have told the group.
    """
    while not app.desk.open:
        await asyncio.sleep(LOOK_SECONDS)
    started, opened_at_ms = time.monotonic(), CLOCK.now_ms()
    inputs = [TP(topic, number) for topic in app.desk.names.inputs for number in range(app.desk.partitions)]
    ends = await app.consumer.highwaters(*inputs)
    while not await _own_drained(app, ends):
        await asyncio.sleep(LOOK_SECONDS)
    seconds, drained_at_ms = time.monotonic() - started, CLOCK.now_ms()
    sent_home = 0
    while True:
        while not await _all_drained(app, ends):
            await asyncio.sleep(ASK_SECONDS)
            seconds = time.monotonic() - started
            if not await _own_drained(app, ends):  # another's partitions have come here
                drained_at_ms = CLOCK.now_ms()
        # What is taken here may say something there, or be sent home: only where nothing has come meanwhile it is all
        # said.
        before, sent_home = sent_home, sum(one.state.counted().forwarded for one in app.desk)
        told = await app.consumer.highwaters(*_identity(app), *(inputs if sent_home > before else ()))
        if all(ends[tp] == end for tp, end in told.items()):
            return _summary(app, seconds) | {"opened_at_ms": opened_at_ms, "drained_at_ms": drained_at_ms}
        ends = {**ends, **told}


def _identity(app: WorkerApp) -> list[TP]:
    return [TP(app.desk.names.identity, number) for number in range(app.desk.partitions)]


async def _all_drained(app: WorkerApp, ends: Mapping[TP, int]) -> bool:
    held = {one.number for one in app.desk}
    others = {tp: end for tp, end in ends.items() if end and tp.partition not in held}
    told = await app.consumer.hinted(others) if others else {}
    return all(told.get(tp, 0) >= end for tp, end in others.items()) and await _own_drained(app, ends)


async def _own_drained(app: WorkerApp, ends: Mapping[TP, int]) -> bool:
    desk = app.desk
    if not desk.open:
        return False
    for holding in desk:
        for topic in desk.names.inputs:
            end = ends[TP(topic, holding.number)]
            if holding.position(topic) < end and await desk.reached(app.consumer, holding, topic) < end:
                return False
    if any(desk.advance(one) for one in desk):
        return False
    return app.rules.settled and not desk.stale() and all(one.settled() for one in desk)


def _summary(app: WorkerApp, seconds: float) -> dict[str, Any]:
    used = resource.getrusage(resource.RUSAGE_SELF)
    events = app.desk.events
    return {
        "events": events,
        "seconds": round(seconds, 3),
        "events_per_second": round(events / seconds) if seconds else 0,
        "cpu_seconds": round(used.ru_utime + used.ru_stime, 3),
        "peak_memory_bytes": used.ru_maxrss * RSS_UNIT_BYTES,
        "recovery_seconds": round(app.tables.recovery.seconds, 3),
        "customers": sum(one.state.customers() for one in app.desk),
        "partitions": sum(1 for _ in app.desk),
    }


def told(summary: dict[str, Any]) -> str:
    """A summary as one line for people."""
    return (
        f"{summary['events']:,} events in {summary['seconds']:.1f} s ({summary['events_per_second']:,} events/s), "
        f"{summary['cpu_seconds']:.1f} CPU s, peak memory {summary['peak_memory_bytes'] / 2**20:,.0f} MiB, "
        f"recovery {summary['recovery_seconds']:.1f} s, {summary['customers']:,} customers"
    )
