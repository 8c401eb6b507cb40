"""A webhook: signed batches of changes, in order, to an address of one's own."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Sequence

import orjson

from streams.sinks.delivery.http import Answer, Request
from streams.sinks.delivery.items import Again, BatchError, Call, Contents, Done, Item, Outcome, Refused, accepted
from streams.sinks.delivery.pace import Limits


class Webhook:
    """Posts ``{"sink", "records": [...]}``, every change.

    An answer 2xx takes all. With 207 the body may say of single records what became of them:
    ``{"results": [{"id", "status"}]}``; what it does not name was taken.

    Args:
        name: the sink's name.
        key: signs.
        batch: records of one call at most.
        contents: copy of the segments that a customer entered, or gets the mail of now; None: records have none.
    """

    every, mailed = True, False

    def __init__(self, name: str, key: Callable[[], str], batch: int, contents: Contents | None = None) -> None:
        self.most = batch
        self.limits: Limits = {}
        self._name, self._key, self._contents = name, key, contents

    def deliver(self, items: Sequence[Item], call: Call) -> list[Outcome]:
        """Tells of customers."""
        body = orjson.dumps({"sink": self._name, "records": [self._record(item) for item in items]})
        answer = accepted(call(Request("POST", "", body, key=hashlib.sha256(body).hexdigest())))
        if answer.status != 207:
            return [Done()] * len(items)
        said = {one.get("id"): one for one in _results(answer)}
        return [_outcome(said.get(self._id(item))) for item in items]

    def headers(self, request: Request, now_ms: int) -> dict[str, str]:
        """The instant of sending (s), and the signature of it and the body."""
        at = str(now_ms // 1000)
        return {
            "content-type": "application/json",
            "user-agent": "microseg",
            "idempotency-key": request.key,
            "microseg-timestamp": at,
            "microseg-signature": signature(self._key(), at, request.body or b""),
        }

    def pretended(self, request: Request) -> Answer:
        """Takes everything."""
        return Answer(204)

    def _id(self, item: Item) -> str:
        return f"{self._name}/{item.key}"

    def _record(self, item: Item) -> dict[str, object]:
        record = self._told(item)
        if self._contents is not None and item.kind != "erased":
            fresh = [segment for segment in item.entered if segment not in item.withheld]
            record["content"] = self._contents.of(item.user, [*fresh, *item.released])
        return record

    def _told(self, item: Item) -> dict[str, object]:
        trial = {"arms": dict(item.arms), "withheld": sorted(item.withheld)} if item.arms else {}
        return {
            "id": self._id(item),
            "kind": item.kind,
            "user": item.user,
            "seq": item.seq,
            "at": item.at or None,
            "entered": item.entered,
            "exited": item.exited,
            "segments": item.after,
            **trial,
        }


def signature(key: str, at: str, body: bytes) -> str:
    """HMAC-SHA256 of the timestamp, a dot and the body."""
    return "v1=" + hmac.new(key.encode(), at.encode() + b"." + body, hashlib.sha256).hexdigest()


def _results(answer: Answer) -> list[dict[str, object]]:
    said = answer.json()
    results = said.get("results") if isinstance(said, dict) else None
    if not isinstance(results, list) or not all(isinstance(one, dict) for one in results):
        raise BatchError("207 without results", passing=True)
    return results


def _outcome(said: dict[str, object] | None) -> Outcome:
    status = said.get("status", 200) if said else 200
    if not isinstance(status, int) or status in (408, 425, 429) or status >= 500:
        return Again(f"207 with {status}")
    return Done() if status < 300 else Refused(f"207 with {status}")
