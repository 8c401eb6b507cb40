"""The pages of a worker's web server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from faust import web
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest

from streams.worker.app import WorkerApp
from streams.worker.logs import Voice
from streams.worker.watch import BrokerWatch
from streams.worker.watchdog import Watchdog
from streams.worker.web.health import Health
from streams.worker.web.metrics import WorkerCollector, registry_of

Page = Callable[[web.View, web.Request], Awaitable[web.Response]]


def add_pages(app: WorkerApp, broker: BrokerWatch, watchdog: Watchdog, voice: Voice) -> None:
    """Adds ``/health``, ``/health/live``, ``/health/ready`` and ``/metrics``; before the app is started."""
    health = Health(app, broker, watchdog, voice)
    app.page("/health/live", name="live")(_told(health.live_page, "live"))
    app.page("/health/ready", name="ready")(_told(health.ready_page, "ready"))
    app.page("/health", name="health")(_told(health.page, "ready"))
    app.page("/metrics", name="metrics")(_metrics(WorkerCollector(app, watchdog, voice)))


def _told(body: Callable[[], dict[str, Any]], deciding: str) -> Page:
    async def page(view: web.View, request: web.Request) -> web.Response:
        """200 where what decides is true, else 503."""
        said = body()
        return view.json(said, status=200 if said[deciding] else 503)

    return page


def _metrics(collector: WorkerCollector) -> Page:
    registry = registry_of(collector)

    async def metrics(view: web.View, request: web.Request) -> web.Response:
        """All metrics in Prometheus' text form."""
        return view.text(generate_latest(registry).decode(), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    return metrics
