"""Customer.io's Track API for manual segments and for many people at once, as its reference describes it."""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qs, urlsplit

from tests.sinks.conformance.server import Quota, Reply, Seen, StandIn, reply
from tests.sinks.conformance.world import Watch

IDS = {"11": "a", "12": "b", "13": "c"}


class CustomerIoStandIn(StandIn):
    """Takes up to 1,000 ids a call, all or none of them; of people up to 500 KB, and names those that are wrong."""

    names_bad, names_shaky = False, False

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self.members: dict[str, set[str]] = {segment: set() for segment in IDS}
        self.attributes: dict[str, dict[str, object]] = {}
        self.nameless: set[str] = set()
        self._quota = Quota(watch, 100, 1.0)

    def answer(self, seen: Seen, path: str) -> Reply:
        both = base64.b64encode(f"site:{self.key}".encode()).decode()
        if seen.headers.get("authorization") != f"Basic {both}":
            return reply(401, {"meta": {"error": "unauthorized"}})
        if self._quota.over_s():
            self.limited += 1
            return reply(429)
        if (seen.method, path) == ("POST", "/api/v2/batch"):
            return self._people(seen)
        found = re.fullmatch(r"/api/v1/segments/(\d+)/(add|remove)_customers", path)
        if found is None or seen.method != "POST" or found[1] not in IDS:
            return reply(404)
        assert parse_qs(urlsplit(seen.path).query) == {"id_type": ["id"]}
        ids = seen.json["ids"]
        if len(ids) > 1_000 or self.bad.intersection(ids):
            return reply(400, {"meta": {"error": "bad ids"}})
        if sum(self.fails(user) for user in ids):
            return reply(500)
        members = self.members[found[1]]
        if found[2] == "add":
            members.update(ids)
        else:
            members.difference_update(ids)
        return reply(200, {})

    def _people(self, seen: Seen) -> Reply:
        assert len(seen.body) <= 500_000
        errors = []
        for index, one in enumerate(seen.json["batch"]):
            assert (one["type"], one["action"], [*one["identifiers"]]) == ("person", "identify", ["id"])
            user = one["identifiers"]["id"]
            if user in self.nameless:
                errors.append({"batch_index": index, "reason": "invalid", "field": "id", "message": "no such person"})
            else:
                self.attributes.setdefault(user, {}).update(one["attributes"])
        return reply(207, {"errors": errors}) if errors else reply(200, {})

    @staticmethod
    def users(call: Seen) -> list[str]:
        """Of whom a call tells."""
        return list(call.json["ids"])

    def has(self) -> dict[str, set[str]]:
        """Customers who are in a segment, and in which."""
        found: dict[str, set[str]] = {}
        for segment, users in self.members.items():
            for user in users:
                found.setdefault(user, set()).add(IDS[segment])
        return found

    def forget(self) -> None:
        """All its data are lost."""
        for members in self.members.values():
            members.clear()
