"""The front door as a thread with an event loop of its own, beside the agent."""

from __future__ import annotations

import asyncio
import threading
from types import TracebackType
from typing import Self

from aiohttp import web

from streams.ingest.door.delivery import Delivery
from streams.ingest.door.pages import Pages

#: What is under way at the end has so long to be answered.
GOODBYE_SECONDS = 5.0


class FrontDoor:
    """A web server that is open within its context."""

    def __init__(self, pages: Pages, delivery: Delivery, address: tuple[str, int]) -> None:
        self._pages, self._delivery, self._address = pages, delivery, address
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="front door", daemon=True)
        self._runner: web.AppRunner | None = None

    async def _open(self) -> None:
        runner = web.AppRunner(self._pages.app(), access_log=None, shutdown_timeout=GOODBYE_SECONDS)
        await runner.setup()
        host, port = self._address
        await web.TCPSite(runner, host.strip("[]"), port).start()
        self._runner = runner

    async def _close(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._open(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        self._delivery.close()
