"""Customer.io: manual segments, and which copy people are shown, by its Track API."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Sequence

import orjson

from streams.settings_content import PROPERTY
from streams.settings_sinks import Sink
from streams.sinks.delivery.http import Answer, Request
from streams.sinks.delivery.items import BatchError, Call, Contents, Done, Item, Outcome, Refused, accepted, labels_of
from streams.sinks.delivery.pace import Limits

_LIMIT = "track"
#: a call of many people may have 500 KB
_LARGEST = 450_000


class CustomerIo:
    """Adds customers to manual segments and removes them; of segments that have no id in the settings nothing is told.

    Args:
        sink: the site, how customers are named there, and the ids of its segments.
        key: the site's Track API key.
        contents: says which copy a person is shown, in an attribute of its own; None: there is none.
    """

    every, mailed = False, True

    def __init__(self, sink: Sink, key: Callable[[], str], contents: Contents | None = None) -> None:
        self.most = 1_000
        self.limits: Limits = {_LIMIT: ((90, 1.0),)}  # it asks for about 100 a second
        self._site, self._key, self._ids = sink.options["site"], key, sink.ids
        self._id_type, self._contents = sink.options["id_type"], contents

    def deliver(self, items: Sequence[Item], call: Call) -> list[Outcome]:
        """Tells of customers: of each segment who is in and who is out."""
        for segment, far in self._ids.items():
            touched = [item for item in items if segment in item.touched]
            self._tell(call, far, "remove", [item.user for item in touched if segment not in item.after])
            self._tell(call, far, "add", [item.user for item in touched if segment in item.after])
        refused: dict[str, Outcome] = {}
        # whom it does not have would be made, so nothing is told of who was erased
        for people in self._people([item for item in items if item.kind != "erased"]):
            answer = accepted(call(Request("POST", "/api/v2/batch", orjson.dumps({"batch": people}), _LIMIT)))
            refused.update(self._refused(answer, people))
        return [refused.get(item.user, Done()) for item in items]

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

    def _people(self, items: Sequence[Item]) -> Iterator[list[dict[str, object]]]:
        """What is told of people's copy, as much as a call may have at once."""
        if self._contents is None:
            return
        some: list[dict[str, object]] = []
        size = 0
        for item in items:
            one: dict[str, object] = {"type": "person", "action": "identify", "identifiers": {self._id_type: item.user}}
            one["attributes"] = {PROPERTY: labels_of(self._contents, item)}
            size += len(orjson.dumps(one)) + 1
            if some and size > _LARGEST:
                yield some
                some, size = [], len(orjson.dumps(one)) + 1
            some.append(one)
        if some:
            yield some

    def _refused(self, answer: Answer, people: Sequence[dict[str, object]]) -> Iterator[tuple[str, Outcome]]:
        """Whom a call did not take, and why: an answer of 207 names places."""
        said = answer.json() if answer.status == 207 else {}
        for error in said.get("errors") or () if isinstance(said, dict) else ():
            place = error.get("batch_index") if isinstance(error, dict) else None
            if not isinstance(place, int) or not 0 <= place < len(people):
                raise BatchError(f"errors of which it is not said for whom: {answer.text}")
            identifiers = people[place]["identifiers"]
            assert isinstance(identifiers, dict)
            yield identifiers[self._id_type], Refused(f"{error.get('reason')}: {error.get('message')}")
