"""Braze's ``/users/track``, as its reference describes it."""

from __future__ import annotations

from tests.sinks.conformance.server import Quota, Reply, Seen, StandIn, reply
from tests.sinks.conformance.world import Watch

ATTRIBUTE = "microseg_segments"


class BrazeStandIn(StandIn):
    """Takes up to 75 objects a call; names those that are wrong, and takes the others."""

    names_bad, names_shaky = True, False

    def __init__(self, watch: Watch) -> None:
        super().__init__(watch)
        self.attributes: dict[str, dict[str, object]] = {}
        self._quota = Quota(watch, 3_000, 3.0)

    def answer(self, seen: Seen, path: str) -> Reply:
        if seen.headers.get("authorization") != f"Bearer {self.key}":
            return reply(401, {"message": "Invalid API key"})
        if self._quota.over_s():
            self.limited += 1
            return reply(429, {"message": "rate limit"}, **{"x-ratelimit-remaining": "0"})
        if (seen.method, path) != ("POST", "/users/track"):
            return reply(404)
        objects = seen.json["attributes"]
        if not 0 < len(objects) <= 75:
            return reply(400, {"message": "too many objects"})
        if sum(self.fails(one["external_id"]) for one in objects):
            return reply(500, {"message": "internal server error"})
        errors = []
        for index, one in enumerate(objects):
            assert one.pop("_update_existing_only") is True
            user = one.pop("external_id")
            if user in self.bad:
                errors.append({"type": "invalid external_id", "input_array": "attributes", "index": index})
            else:
                self.attributes.setdefault(user, {}).update(one)
        body = {"message": "success", "attributes_processed": len(objects) - len(errors)}
        return reply(201, {**body, "errors": errors} if errors else body)

    @staticmethod
    def users(call: Seen) -> list[str]:
        """Of whom a call tells."""
        return [one["external_id"] for one in call.json["attributes"]]

    def has(self) -> dict[str, set[str]]:
        """Customers who are in a segment, and in which."""
        found = {user: _segments(attributes) for user, attributes in self.attributes.items()}
        return {user: segments for user, segments in found.items() if segments}

    def forget(self) -> None:
        """All its data are lost."""
        self.attributes.clear()


def _segments(attributes: dict[str, object]) -> set[str]:
    listed = attributes.get(ATTRIBUTE, ())
    assert isinstance(listed, (list, tuple))
    return {*listed, *(name.removeprefix(f"{ATTRIBUTE}_") for name, value in attributes.items() if value is True)}
