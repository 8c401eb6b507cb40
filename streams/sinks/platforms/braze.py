"""Braze: segments as a custom attribute of its users."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import orjson

from streams.settings_content import PROPERTY
from streams.sinks.delivery.http import Answer, Request
from streams.sinks.delivery.items import BatchError, Call, Contents, Done, Item, Outcome, Refused, accepted, labels_of
from streams.sinks.delivery.pace import Limits

_LIMIT = "track"


class Braze:
    """Posts to ``/users/track``; users that Braze does not have are not made.

    Args:
        key: of the REST API, with the permission ``users.track``.
        attribute: an array of segments; with ``flags`` the beginning of the names of attributes that are true or false.
        contents: says which copy a user is shown, in an array of its own; None: there is none.
    """

    every, mailed = False, True

    def __init__(
        self, key: Callable[[], str], attribute: str, *, flags: bool, contents: Contents | None = None
    ) -> None:
        self.most = 75
        self.limits: Limits = {_LIMIT: ((3_000, 3.0),)}
        self._key, self._attribute, self._flags, self._contents = key, attribute, flags, contents

    def deliver(self, items: Sequence[Item], call: Call) -> list[Outcome]:
        """Tells where customers stand."""
        body = orjson.dumps({"attributes": [self._told(item) for item in items]})
        answer = accepted(call(Request("POST", "/users/track", body, _LIMIT)))
        refused = _refused(answer)
        if not all(0 <= index < len(items) for index in refused):
            raise BatchError(f"errors of which it is not said for whom: {answer.text}")
        return [Refused(refused[index]) if index in refused else Done() for index in range(len(items))]

    def headers(self, request: Request, now_ms: int) -> dict[str, str]:
        """The key."""
        return {
            "authorization": f"Bearer {self._key()}",
            "content-type": "application/json",
            "user-agent": "microseg",
        }

    def pretended(self, request: Request) -> Answer:
        """Takes everything."""
        return Answer(201, {}, b'{"message":"success"}')

    def _told(self, item: Item) -> dict[str, object]:
        told: dict[str, object] = {"external_id": item.user, "_update_existing_only": True}
        if self._contents is not None:
            told[PROPERTY] = labels_of(self._contents, item)
        if not self._flags:
            return {**told, self._attribute: item.after}
        return {**told, **{f"{self._attribute}_{name}": name in item.after for name in sorted(item.touched)}}


def _refused(answer: Answer) -> dict[int, str]:
    """Why, by the place of what was not taken; -1 where it does not say which."""
    said = answer.json()
    found: dict[int, str] = {}
    for error in said.get("errors") or () if isinstance(said, dict) else ():
        index = error.get("index") if isinstance(error, dict) else None
        found[index if isinstance(index, int) else -1] = str(error.get("type") if isinstance(error, dict) else error)
    return found
