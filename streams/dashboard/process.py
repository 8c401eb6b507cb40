"""The dashboard as a process of its own, beside the workers."""

from __future__ import annotations

import asyncio
import signal

from aiohttp import web

from streams.dashboard.app import ALONE, Dashboard
from streams.dashboard.sources import Sources
from streams.settings import Settings
from streams.worker.logs import note, speak
from streams.worker.web.address import check_address


def serve(settings: Settings, sources: Sources, host: str, port: int) -> None:
    """Serves until a signal.

    Raises:
        MicrosegError: the port cannot be had.
    """
    speak(settings.log, settings.secrets())
    check_address((host, port))
    asyncio.run(_serve(Dashboard(settings, sources, ALONE), host, port))


async def _serve(dashboard: Dashboard, host: str, port: int) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    app = web.Application()
    app.router.add_get("/health", _health)
    dashboard.mount(app)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5, handler_cancellation=True)
    await runner.setup()
    try:
        await web.TCPSite(runner, host.strip("[]"), port).start()
        told(host, port)
        await stop.wait()
    finally:
        dashboard.looking.end()
        await runner.cleanup()


async def _health(request: web.Request) -> web.Response:
    """For whoever starts it again where it does not answer."""
    return web.json_response({"status": "ok"})


def told(host: str, port: int) -> None:
    """Says where it is."""
    address = address_of(host, port)
    note("dashboard", "the dashboard is at %s", address, more={"address": address})


def address_of(host: str, port: int) -> str:
    """What to open in a browser; of an address that stands for all of this machine's the one that leads here."""
    shown = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]", "::": "[::1]"}.get(host, host)
    return f"http://{shown}:{port}/"
