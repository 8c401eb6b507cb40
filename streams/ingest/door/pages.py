"""The pages of the front door.

Answers: 200 once the broker has the record; 400 what is posted is no JSON object, or names no topic; 401 the signature
or key is not right; 408 the body did not come; 413 it is over 1 MiB; 429 too much is under way, with Retry-After; 503
the broker is away, with Retry-After. What is JSON and still makes no event is found later, on ``refused-events``.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import orjson
from aiohttp import web

from streams.dialects.segment import CALLS, RECEIVED
from streams.events.decode import MAX_BYTES
from streams.events.instants import stamp
from streams.ingest.counts import Counts
from streams.ingest.door.delivery import Away, Delivery, Posted, Pressed
from streams.ingest.door.doors import Door, Doors
from streams.ingest.door.keys import admitted, signed
from streams.ingest.door.metrics import metrics_text
from streams.jobs.errors import JobError

MOST_AT_ONCE = 500
BODY_SECONDS = 10.0
RETRY_SECONDS = "2"
_SHOPIFY_HEADERS = (
    "X-Shopify-Topic",
    "X-Shopify-Event-Id",
    "X-Shopify-Webhook-Id",
    "X-Shopify-Triggered-At",
    "X-Shopify-Shop-Domain",
)

Handler = Callable[[web.Request], Awaitable[web.Response]]


class Pages:
    """What is answered, over a delivery.

    Args:
        doors: where what comes in goes to.
        counts: those of the agent, for ``/metrics``.
        now_ms: the clock; a call's own stamps are those of a device, which may be wrong.
        at_once: so many requests may be under way.
    """

    def __init__(
        self,
        doors: Doors,
        delivery: Delivery,
        counts: Counts,
        now_ms: Callable[[], int],
        at_once: int = MOST_AT_ONCE,
    ) -> None:
        self._doors, self._delivery, self._counts, self._now_ms = doors, delivery, counts, now_ms
        self._at_once, self._under_way = at_once, 0
        self._answers: Counter[tuple[str, int]] = Counter()

    def app(self) -> web.Application:
        """The web application."""
        app = web.Application(client_max_size=MAX_BYTES, middlewares=[self._counted])
        app.router.add_get("/health/live", self._alive)
        app.router.add_get("/metrics", self._metrics)
        if self._doors.shopify:
            app.router.add_post("/shopify", self._limited(self._shopify(self._doors.shopify)))
        if self._doors.segment:
            for call in ("batch", *CALLS):
                app.router.add_post(f"/v1/{call}", self._limited(self._segment(self._doors.segment, call)))
        return app

    # -- what comes in

    def _shopify(self, door: Door) -> Handler:
        async def shopify(request: web.Request) -> web.Response:
            body = await _body(request)
            if not signed(body, request.headers.get("X-Shopify-Hmac-SHA256"), door.key):
                return _said(401, "the signature is not that of the body")
            if not request.headers.get("X-Shopify-Topic"):
                return _said(400, "X-Shopify-Topic: missing")
            told = _object(body)
            headers = [(name, value.encode()) for name in _SHOPIFY_HEADERS if (value := request.headers.get(name))]
            # an order's webhooks on one partition: a refund is of the customer whose order came before it
            key = str(told.get("order_id") or told.get("id") or "").encode()
            await self._delivery.send(Posted(door.topic, key or None, body, [*headers, self._received()]))
            return web.json_response({"success": True})

        return shopify

    def _segment(self, door: Door, call: str) -> Handler:
        async def segment(request: web.Request) -> web.Response:
            if not admitted(request.headers.get("Authorization"), door.key):
                return _said(401, "the write key is not right", {"WWW-Authenticate": "Basic"})
            body = await _body(request)
            told = _object(body)
            if call != "batch":
                told["type"] = call
                body = orjson.dumps(told)
            elif not isinstance(told.get("batch"), list):
                return _said(400, "batch: missing, or no list")
            await self._delivery.send(Posted(door.topic, None, body, [self._received()]))
            return web.json_response({"success": True})

        return segment

    def _received(self) -> tuple[str, bytes]:
        return RECEIVED, stamp(self._now_ms()).encode()

    # -- what is answered

    def _limited(self, handler: Handler) -> Handler:
        """The handler, for so many requests at once."""

        async def limited(request: web.Request) -> web.Response:
            if self._under_way >= self._at_once:
                return _busy(429, "too much is under way")
            self._under_way += 1
            try:
                return await handler(request)
            except Pressed:
                return _busy(429, "too much is under way")
            except Away:
                return _busy(503, "the broker is away")
            except JobError as error:
                return _said(500, str(error))
            except ValueError as error:
                return _said(400, str(error))
            except TimeoutError:
                return _said(408, "the body did not come")
            finally:
                self._under_way -= 1

        return limited

    @web.middleware
    async def _counted(self, request: web.Request, handler: Any) -> web.StreamResponse:
        resource = request.match_info.route.resource
        page = resource.canonical if resource else "other"
        try:
            answer: web.StreamResponse = await handler(request)
        except web.HTTPException as error:
            answer = _said(error.status, error.reason)
        self._answers[page, answer.status] += 1
        return answer

    async def _alive(self, request: web.Request) -> web.Response:
        return web.Response(text="alive\n")

    async def _metrics(self, request: web.Request) -> web.Response:
        return web.Response(text=metrics_text(self._counts, self._answers, self._under_way))


async def _body(request: web.Request) -> bytes:
    async with asyncio.timeout(BODY_SECONDS):
        return await request.read()


def _object(body: bytes) -> dict[str, Any]:
    """The JSON object of a body; raises ValueError."""
    try:
        told = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise ValueError(f"JSON is malformed: {error}") from None
    if not isinstance(told, dict):
        raise ValueError("the body is no JSON object")
    return told


def _said(status: int, text: str, headers: dict[str, str] | None = None) -> web.Response:
    return web.json_response({"error": text}, status=status, headers=headers)


def _busy(status: int, text: str) -> web.Response:
    return _said(status, text, {"Retry-After": RETRY_SECONDS})
