"""The ids that Klaviyo gave an account's metrics."""

from __future__ import annotations

from urllib.parse import urlsplit

from streams.clients.errors import ClientError
from streams.settings_sinks import Sink
from streams.sinks.delivery.http import AwayError, HttpTransport, Request
from streams.sinks.platforms.klaviyo import Klaviyo


def metric_ids(sink: Sink) -> dict[str, str]:
    """Ids by name, from all pages of ``GET /api/metrics``.

    Raises:
        ClientError: Klaviyo cannot be reached, or refuses.
    """
    found: dict[str, str] = {}
    platform = Klaviyo(sink, lambda: str(sink.options["key"]), lambda _: None)
    path = "/api/metrics?fields[metric]=name"
    with HttpTransport(sink.options["url"], sink.options["timeout"] / 1000) as transport:
        while path:
            request = Request("GET", path)
            try:
                answer = transport.send(request, platform.headers(request, 0))
            except AwayError as error:
                raise ClientError(f"Klaviyo cannot be asked: {error}") from error
            if answer.status != 200:
                raise ClientError(f"Klaviyo answers {answer.status} when it is asked for its metrics")
            page = answer.json()
            for metric in page.get("data", ()):
                found.setdefault(str(metric["attributes"]["name"]), str(metric["id"]))
            following = urlsplit(page.get("links", {}).get("next") or "")
            path = f"{following.path}?{following.query}" if following.path else ""
    return found
