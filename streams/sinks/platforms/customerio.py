"""Customer.io: manual segments, by its Track API."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

import orjson

from streams.settings_sinks import Sink
from streams.sinks.delivery.http import Answer, Request
from streams.sinks.delivery.items import BatchError, Call, Done, Item, Outcome, accepted
from streams.sinks.delivery.pace import Limits

_LIMIT = "track"


class CustomerIo:
    """Adds customers to manual segments and removes them; of segments that have no id in the settings nothing is told.

    Args:
        sink: the site, how customers are named there, and the ids of its segments.
        key: the site's Track API key.
    """

    every, mailed = False, True

    def __init__(self, sink: Sink, key: Callable[[], str]) -> None:
        self.most = 1_000
        self.limits: Limits = {_LIMIT: ((90, 1.0),)}  # it asks for about 100 a second
        self._site, self._key, self._ids = sink.options["site"], key, sink.ids
        self._id_type = sink.options["id_type"]

    def deliver(self, items: Sequence[Item], call: Call) -> list[Outcome]:
        """Tells of customers: of each segment who is in and who is out."""
        for segment, far in self._ids.items():
            touched = [item for item in items if segment in item.touched]
            self._tell(call, far, "remove", [item.user for item in touched if segment not in item.after])
            self._tell(call, far, "add", [item.user for item in touched if segment in item.after])
        return [Done()] * len(items)

    def headers(self, request: Request, now_ms: int) -> dict[str, str]:
        """Site and key."""
        both = base64.b64encode(f"{self._site}:{self._key()}".encode()).decode()
        return {"authorization": f"Basic {both}", "content-type": "application/json", "user-agent": "microseg"}

    def pretended(self, request: Request) -> Answer:
        """Takes everything."""
        return Answer(200, {}, b"{}")

    def _tell(self, call: Call, far: str, verb: str, users: list[str]) -> None:
        if not users:
            return
        path = f"/api/v1/segments/{far}/{verb}_customers?id_type={self._id_type}"
        answer = call(Request("POST", path, orjson.dumps({"ids": users}), _LIMIT))
        if answer.status == 413:
            raise BatchError("413")
        accepted(answer)
