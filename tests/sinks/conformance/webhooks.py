"""A receiver of webhooks that does all that the documents ask of one."""

from __future__ import annotations

import hashlib
import hmac

from tests.sinks.conformance.server import Reply, Seen, StandIn, reply
from tests.sinks.conformance.world import Watch


class Receiver(StandIn):
    """Keeps each record once, by its id; says 207 where single records fail."""

    names_bad, names_shaky = True, True

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self.by_id: dict[str, dict[str, object]] = {}
        self.in_order: list[dict[str, object]] = []
        self.keys: dict[str, bytes] = {}

    def answer(self, seen: Seen, path: str) -> Reply:
        at = seen.headers["microseg-timestamp"]
        assert abs(int(at) * 1000 - self.watch.now_ms()) < 300_000
        signed = hmac.new(self.key.encode(), at.encode() + b"." + seen.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(seen.headers["microseg-signature"], f"v1={signed}"):
            return reply(401)
        assert self.keys.setdefault(seen.headers["idempotency-key"], seen.body) == seen.body
        results = [{"id": one["id"], "status": self._take(one)} for one in seen.json["records"]]
        if all(one["status"] == 200 for one in results):
            return reply(204)
        return reply(207, {"results": results})

    def _take(self, record: dict[str, object]) -> int:
        user = str(record["user"])
        if user in self.bad:
            return 422
        if self.fails(user):
            return 500
        before = self.by_id.get(str(record["id"]))
        if before is None:
            self.by_id[str(record["id"])] = record
            self.in_order.append(record)
        else:
            assert before["segments"] == record["segments"]
        return 200

    def has(self) -> dict[str, set[str]]:
        """Customers who are in a segment, and in which."""
        found: dict[str, set[str]] = {}
        for record in self.in_order:
            segments = record["segments"]
            assert isinstance(segments, list)
            found[str(record["user"])] = set(segments)
        return {user: segments for user, segments in found.items() if segments}

    @staticmethod
    def users(call: Seen) -> list[str]:
        """Of whom a call tells."""
        return [one["user"] for one in call.json["records"]]

    def forget(self) -> None:
        """All its data are lost."""
        self.by_id.clear()
        self.in_order.clear()
