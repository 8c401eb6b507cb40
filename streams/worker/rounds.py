"""Rounds of discovery by a schedule, begun by the worker that leads: the one that holds partition 0.

When a round is due is told by Faust's crontab; whether one is still owed by what the topic of rounds says of the last
one. So a round that was cut off, whose worker died, or that nobody was there for is made up for by whoever leads then,
and what the topic says of it is one round each time.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import pickle
import sys
import time
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from croniter import croniter
from msgspec.structs import replace

from streams.errors import MicrosegError
from streams.rounds.child import BUSY, ONE_THREAD
from streams.rounds.last import Last
from streams.rounds.live import Order
from streams.rounds.topic import create, read_last, write_last
from streams.rounds.turn import is_taken
from streams.settings import Settings
from streams.worker.logs import log, note

if TYPE_CHECKING:
    from streams.worker.app import WorkerApp

LOOK_SECONDS = 5.0
#: How often it is looked whether somebody ran a round by hand.
READ_SECONDS = 60.0
#: After a round that did not end.
AGAIN_SECONDS = 30.0
UNENDED = "it was begun {} times and never ended; was it killed, or is there too little memory?"


class Rounds:
    """The schedule of one worker. ``last`` is what it knows of the last round, None where it does not lead; ``stage``
    what its own round does now, empty: there is none."""

    def __init__(self, app: WorkerApp, settings: Settings) -> None:
        self._app, self._settings = app, settings
        self._zone = ZoneInfo(settings.timezone)
        self._struck = asyncio.Event()
        self._read_s = 0.0
        self.last: Last | None = None
        self.stage = ""

    async def strike(self) -> None:
        """A round is due now."""
        self._struck.set()

    async def run(self) -> None:
        """Begins rounds until the app stops; nothing that goes wrong in them costs the worker anything."""
        while not self._app.should_stop:
            pause_s = LOOK_SECONDS
            try:
                if self.leads():
                    pause_s = await self._look()
                else:
                    self.last = None
            except MicrosegError as error:
                pause_s = AGAIN_SECONDS
                note("discovery", "discovery: %s", error, level=logging.WARNING, more={"error": str(error)})
            except Exception as error:  # a bug here must not cost the stream
                pause_s = AGAIN_SECONDS
                log.exception("discovery failed: %s", type(error).__name__)
            self._struck.clear()
            try:
                await asyncio.wait_for(self._struck.wait(), pause_s)
            except TimeoutError:
                continue

    def leads(self) -> bool:
        """Whether this worker begins rounds."""
        desk = self._app.desk
        return desk.gate is not None and any(one.number == 0 and one.ready for one in desk)

    def due_ms(self) -> int:
        """The newest instant of the schedule."""
        now = datetime.fromtimestamp(self._app.desk.clock.now_ms() / 1000 + 1, self._zone)
        return int(croniter(self._settings.discovery.schedule, now).get_prev(float) * 1000)

    async def _look(self) -> float:
        """Begins a round if one is owed; returns the seconds until the next look."""
        due_ms = self.due_ms()
        if self.last is None or self.last.owed(due_ms) or time.monotonic() - self._read_s > READ_SECONDS:
            self.last = await asyncio.to_thread(self._known, due_ms)
        if not self.last.owed(due_ms) or await asyncio.to_thread(is_taken, self._settings):
            return LOOK_SECONDS
        await self._round(due_ms)
        self.last = await asyncio.to_thread(self._known, due_ms)
        return AGAIN_SECONDS if self.last.owed(due_ms) else LOOK_SECONDS

    def _known(self, due_ms: int) -> Last:
        """What the topic says; where nothing was ever due, the next instant is the first."""
        self._read_s = time.monotonic()
        create(self._settings)
        last = read_last(self._settings)
        if not last.served_ms:
            last = replace(last, served_ms=due_ms)
            write_last(self._settings, last)
        elif last.owed(due_ms) and last.spent(due_ms):
            last = last.ended(self._app.desk.clock.now_ms(), error=UNENDED.format(last.tries))
            write_last(self._settings, last)
        return last

    async def _round(self, due_ms: int) -> None:
        """Has a process run a round, and tells what comes of it."""
        self.stage = "beginning"
        order = pickle.dumps(Order(self._settings, self._settings.rules, due_ms))
        pipe = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "streams.rounds.child",
            stdin=pipe,
            stdout=pipe,
            start_new_session=True,
            env={**os.environ, **ONE_THREAD},
        )
        assert child.stdin is not None
        assert child.stdout is not None
        try:
            child.stdin.write(order)
            said: dict[str, Any] = {}
            async for line in child.stdout:
                said = json.loads(line)
                self.stage = said.get("stage", self.stage)
            code = await child.wait()
        finally:
            self.stage = ""
            child.stdin.close()  # which ends it, if it has not ended
        self._tell(code, said)

    def _tell(self, code: int, said: dict[str, Any]) -> None:
        level = logging.INFO if code in (0, BUSY) else logging.WARNING
        if code == 0:
            names = said.get("proposals") or []
            text, more = "discovery: %s", {"proposals": names, "fault": said.get("fault")}
            told = f"proposed {', '.join(map(str, names))}" if names else "nothing is proposed"
        else:
            told = str(said.get("error") or f"a round ended with code {code}")
            text, more = "discovery: %s", {"error": told}
        note("discovery", text, told, level=level, more=more)
