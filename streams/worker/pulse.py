"""What time brings: boundaries fired at their instant, checkpoints in quiet moments, offsets for lag monitors."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from faust.types import TP

from streams.settings import Settings

if TYPE_CHECKING:
    from streams.worker.app import WorkerApp

HINT_SECONDS = 2.0
LOOK_SECONDS = 1.0
LEAST_SECONDS = 0.001
BREATH_SECONDS = 0.001
#: Something may be lost on the way, and is only missed later.
LONGEST_BREATH_SECONDS = 0.02


class Pulse:
    """A worker's timer."""

    def __init__(self, app: WorkerApp, settings: Settings) -> None:
        self._app = app
        self._every_s = settings.checkpoint_every_ms / 1000
        self._by_wall = settings.clock == "wall"
        self._next_hint = self._next_look = time.monotonic()
        self._hinting: asyncio.Task[None] | None = None
        self._waited: dict[TP, int] = {}

    async def run(self) -> None:
        """Beats until the app stops."""
        desk = self._app.desk
        while not self._app.should_stop:
            desk.awake.clear()
            pause_s = await self._beat()
            # With clock = event a boundary's instant says nothing about when to wake.
            desk.asleep_until_ms = desk.clock.now_ms() + int(pause_s * 1000) if self._by_wall else 0
            try:
                await asyncio.wait_for(desk.awake.wait(), pause_s)
            except TimeoutError:
                continue

    async def _beat(self) -> float:
        """Does what is due; returns the seconds until something is due again."""
        desk = self._app.desk
        if desk.gate is None:
            return self._every_s
        more = False
        for holding in desk:
            more |= holding.ready and desk.advance(holding)
            desk.settle(holding)
            # Waves of boundaries and changed rules are worked off in slices, with live events in between.
            await (self._breathe() if more else asyncio.sleep(0))
            if desk.gate is None:
                return self._every_s
        await self._look_after_offsets(time.monotonic())
        return 0.0 if more else self._pause_s()

    async def _breathe(self) -> None:
        """Lets what was fetched come to the desk: that takes several turns of the loop and a thread's, of which none
        should wait for another slice."""
        end = time.monotonic() + LONGEST_BREATH_SECONDS
        await asyncio.sleep(BREATH_SECONDS)
        while self._on_the_way() and time.monotonic() < end:
            await asyncio.sleep(BREATH_SECONDS)

    def _pause_s(self) -> float:
        boundaries = [one.state.next_boundary() for one in self._app.desk if one.ready] if self._by_wall else []
        earliest = min((one for one in boundaries if one is not None), default=None)
        if earliest is None:
            return self._every_s
        until_s = (earliest - self._app.desk.clock.now_ms()) / 1000
        return min(self._every_s, max(LEAST_SECONDS, until_s))

    async def _look_after_offsets(self, now: float) -> None:
        if now >= self._next_look:
            self._next_look = now + LOOK_SECONDS
            await self._look_for_lost()
        if now >= self._next_hint:
            self._next_hint = now + HINT_SECONDS
            if self._hinting is None or self._hinting.done():  # never waited for: a group may be slow to answer
                self._hinting = asyncio.create_task(self._app.desk.hint(self._app.consumer))

    async def _look_for_lost(self) -> None:
        """Reads again what was fetched but has not come to the desk since the last look, such as a stream's tail."""
        consumer, desk = self._app.consumer, self._app.desk
        waiting = self._on_the_way()
        lost = {tp: at for tp, at in waiting.items() if self._waited.get(tp) == at and self._nothing_queued()}
        self._waited = waiting
        for tp, position in lost.items():
            await desk.seek_back(consumer, tp, position, consumer.mark(tp).next_offset)

    def _on_the_way(self) -> dict[TP, int]:
        """The positions of what has more fetched than has come to the desk."""
        mark = self._app.consumer.mark
        return {tp: at for tp, at in self._positions().items() if mark(tp).next_offset > at}

    def _nothing_queued(self) -> bool:
        return all(topic.queue.empty() for topic in self._app.topics)

    def _positions(self) -> dict[TP, int]:
        desk = self._app.desk
        return {TP(topic, one.number): one.position(topic) for one in desk if one.ready for topic in desk.names.inputs}
