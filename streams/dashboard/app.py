"""The dashboard as routes of an aiohttp application: its pages, what they ask, and what may be done."""

from __future__ import annotations

import asyncio
import json
import mimetypes
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

from aiohttp import web

from streams.dashboard.access import Access, Asker, Rights
from streams.dashboard.actions import Actions
from streams.dashboard.errors import Refused, away
from streams.dashboard.looking import Looking
from streams.dashboard.pages import Pages
from streams.dashboard.sources import Sources
from streams.dashboard.stream import events
from streams.errors import MicrosegError
from streams.settings import Settings
from streams.worker.clock import Clock, WallClock
from streams.worker.logs import log

SITE = Path(__file__).parent / "site"
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
#: So many questions are answered at once, and so many wait; so many pages look on.
AT_ONCE, WAITING, STREAMS = 6, 40, 20
#: The part of a core that reading changes takes within a worker, and in a process of its own.
WITHIN_A_WORKER, ALONE = 0.2, 1.0
LARGEST_BODY = 10_000
TEXTS = ("text/html", "text/css", "text/javascript", "application/json", "image/svg+xml")

Answer = Callable[[web.Request, Rights], Awaitable[web.StreamResponse]]


class Dashboard:
    """One dashboard. ``share``: the part of a core that reading may take."""

    def __init__(
        self,
        settings: Settings,
        sources: Sources,
        share: float,
        looking: Looking | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.looking = looking or Looking(settings, share)
        self._access = Access(settings.dashboard_token)
        self._pages = Pages(settings, sources, self.looking, clock or WallClock())
        self._actions = Actions(settings, clock or WallClock())
        self._busy = self._streams = 0
        # threads of its own, which start when they are needed: a worker needs those of its loop itself
        self._threads = ThreadPoolExecutor(AT_ONCE + 1, "dashboard")

    def mount(self, app: web.Application) -> None:
        """Adds the routes; nothing is read before somebody comes."""
        routes = app.router
        for path in sorted(SITE.rglob("*")):
            if path.is_file():
                name = path.relative_to(SITE).as_posix()
                routes.add_get("/" if name == "index.html" else f"/{name}", _file(path))
        pages = self._pages
        self._get(app, "overview", lambda request, rights: pages.overview(rights))
        self._get(app, "segments", lambda request, rights: pages.segments())
        self._get(app, r"segments/{name:[\s\S]+}", lambda request, rights: pages.segment(_name(request), rights))
        self._get(app, r"customers/{name:[\s\S]+}", self._customer)
        self._get(app, "proposals", lambda request, rights: pages.proposals())
        self._get(app, "trials", lambda request, rights: pages.trials())
        self._get(app, "refused", lambda request, rights: pages.refused(rights))
        self._get(app, "workers", lambda request, rights: pages.workers())
        routes.add_get("/api/stream", self._guarded(self._stream))
        routes.add_post("/api/actions/{action}", self._guarded(self._act))
        routes.add_route("*", "/api/{rest:.*}", self._guarded(_nothing))

    def _get(self, app: web.Application, address: str, find: Callable[[web.Request, Rights], Any]) -> None:
        async def answer(request: web.Request, rights: Rights) -> web.Response:
            return _json(await self._in_thread(lambda: find(request, rights)))

        app.router.add_get(f"/api/{address}", self._guarded(answer))

    def _customer(self, request: web.Request, rights: Rights) -> Any:
        self._access.for_customers(rights)
        return self._pages.customer(_name(request))

    async def _act(self, request: web.Request, rights: Rights) -> web.Response:
        self._access.for_actions(rights)
        words = await _body(request)
        action, name, to = request.match_info["action"], words.get("name"), words.get("to")
        acts = {"approve": self._actions.approve, "move": self._actions.move, "plan": self._actions.plan}
        if action not in acts:
            raise Refused(404, "there is no such action", f"one of {', '.join(acts)}")
        said = await self._in_thread(lambda: acts[action](name, to))
        if action != "plan":
            log.info("by the dashboard: %s", said["said"])
        return _json(said)

    async def _stream(self, request: web.Request, rights: Rights) -> web.StreamResponse:
        if self._streams >= STREAMS:
            raise Refused(429, f"{STREAMS} pages look on already", "close some of them")
        self._streams += 1
        try:
            return await self._streamed(request, rights)
        finally:
            self._streams -= 1

    async def _streamed(self, request: web.Request, rights: Rights) -> web.StreamResponse:
        kind = {"Content-Type": "text/event-stream", "Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        response = web.StreamResponse(headers={**HEADERS, **kind})
        await response.prepare(request)
        with suppress(ConnectionError):  # whoever looked on has gone
            async for event in events(self._pages, rights, self._run):
                await response.write(event)
        return response

    async def _in_thread(self, work: Callable[[], Any]) -> Any:
        if self._busy >= AT_ONCE + WAITING:
            raise Refused(429, "too many questions at once", "the page asks again by itself")
        self._busy += 1
        try:
            return await self._run(work)
        except MicrosegError as error:
            raise away(error) from error
        finally:
            self._busy -= 1

    async def _run(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def _guarded(self, answer: Answer) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        """What is answered to who may have it; errors as JSON, and no traceback."""

        async def guarded(request: web.Request) -> web.StreamResponse:
            try:
                return await answer(request, self._access.rights(_asker(request)))
            except Refused as refused:
                return _json(refused.told(), refused.status)
            except (asyncio.CancelledError, ConnectionError):
                raise
            except Exception:
                log.exception("the dashboard failed at %r", request.path)
                said = {"error": "the dashboard failed at this", "hint": "its log has the reason; please report it"}
                return _json(said, 500)

        return guarded


def _asker(request: web.Request) -> Asker:
    transport = request.transport
    ends = [transport.get_extra_info(name) if transport else None for name in ("peername", "sockname")]
    peer, here = (str(end[0]) if isinstance(end, tuple) else None for end in ends)
    return Asker(peer, here, (request.version.major, request.version.minor), request.headers)


def _name(request: web.Request) -> str:
    """What stands at the end of the address, whole: an id may have slashes, dots, any sign."""
    return request.match_info["name"]


async def _body(request: web.Request) -> dict[str, Any]:
    """The JSON object that was sent; {} of nothing."""
    if request.content_type != "application/json":
        raise Refused(415, "an action is sent as application/json")
    raw = await request.content.read(LARGEST_BODY + 1)
    try:
        found = json.loads(raw or b"{}") if len(raw) <= LARGEST_BODY else None
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise Refused(400, "the body is no JSON object", 'send {"name": "SEGMENT", "to": "FOLDER"}')
    return found


def _file(path: Path) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A file of the site, for everybody: there is nothing of the shop in it."""
    kind, _ = mimetypes.guess_type(path.name)
    charset = "utf-8" if kind in TEXTS else None

    async def file(request: web.Request) -> web.Response:
        content = path.read_bytes()  # small, and in the system's cache
        tag = f'"{blake2b(content, digest_size=8).hexdigest()}"'
        headers = {**HEADERS, "Cache-Control": "no-cache", "ETag": tag}
        if request.headers.get("If-None-Match") == tag:
            return web.Response(status=304, headers=headers)
        found = kind or "application/octet-stream"
        response = web.Response(body=content, headers=headers, content_type=found, charset=charset)
        response.enable_compression()
        return response

    return file


async def _nothing(request: web.Request, rights: Rights) -> web.Response:
    raise Refused(404, "there is nothing at this address")


def _json(value: Any, status: int = 200) -> web.Response:
    headers = {**HEADERS, "Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="microseg dashboard"'
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    response = web.Response(text=text, status=status, headers=headers, content_type="application/json")
    response.enable_compression()
    return response
