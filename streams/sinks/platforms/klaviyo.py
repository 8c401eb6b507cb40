"""Klaviyo: segments as a property of profiles, members of lists, and events.

It never subscribes, unsubscribes or suppresses anybody: consent is Klaviyo's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from urllib.parse import quote, unquote, urlsplit

import orjson

from streams.settings_content import PROPERTY
from streams.settings_sinks import Sink
from streams.sinks.delivery.http import Answer, Request
from streams.sinks.delivery.items import (
    Again,
    BatchError,
    Call,
    Contents,
    Done,
    Item,
    Outcome,
    Refused,
    accepted,
    labels_of,
)
from streams.sinks.delivery.pace import Limits
from streams.sinks.platforms import klaviyo_bodies as bodies

_JOBS = "/api/profile-bulk-import-jobs"
_NAMED = 50  # profiles that one question asks for, as its URL must not become too long
_LISTED = 1_000  # profiles of one call of a list
_FIRST_SECONDS, _LONGEST_SECONDS, _JOB_SECONDS = 0.5, 10.0, 3_600.0
_MEDIUM, _LARGE = ((10, 1.0), (150, 60.0)), ((75, 1.0), (700, 60.0))
_PASSING = re.compile("throttl|timeout|unavailable|internal|server", re.IGNORECASE)
_POINTER = re.compile(r"/data/attributes/profiles/data/(\d+)(/|$)")


class Klaviyo:
    """Tells in bulk: an import of profiles, then members of lists, then events, each with what went well before.

    Args:
        sink: what is set.
        key: a private API key.
        sleep: lets seconds pass between questions whether an import is ready.
        contents: says which copy a profile is shown, in a property of its own; None: no such property.
    """

    mailed = True

    def __init__(
        self, sink: Sink, key: Callable[[], str], sleep: Callable[[float], None], contents: Contents | None = None
    ) -> None:
        options = sink.options
        self.every = bool(options["events"])
        self.most = 10_000
        self.limits: Limits = {
            **dict.fromkeys(("import", "job", "errors", "lists", "events"), _MEDIUM),
            "profiles": _LARGE,
            "event": ((350, 1.0), (3_500, 60.0)),
        }
        self._sink, self._key, self._sleep = sink.name, key, sleep
        self._revision, self._id_type, self._property = options["revision"], options["id_type"], options["property"]
        self._events, self._lists, self._contents = options["events"], sink.ids, contents

    def deliver(self, items: Sequence[Item], call: Call) -> list[Outcome]:
        """Tells where customers stand."""
        ids = self._ids(items, call)
        # who was erased, and is not there, is not made anew
        there = [item for item in items if item.kind != "erased" or item.user in ids]
        failed: dict[str, Outcome] = {}
        for list_id, members in self._imports(there):
            failed.update(self._import(call, members, ids, list_id))
        well = [item for item in there if item.user not in failed]
        for segment, list_id in self._lists.items():
            out = [item for item in well if segment in item.touched and segment not in item.after]
            self._remove(call, list_id, [ids[item.user] for item in out if item.user in ids])
        if self._events:
            failed.update(self._tell_events(call, [item for item in well if item.kind == "change"]))
        return [failed.get(item.user) or Done(ids.get(item.user, "")) for item in items]

    def headers(self, request: Request, now_ms: int) -> dict[str, str]:
        """Key and revision."""
        return {
            "authorization": f"Klaviyo-API-Key {self._key()}",
            "revision": self._revision,
            "content-type": "application/vnd.api+json",
            "accept": "application/vnd.api+json",
            "user-agent": "microseg",
        }

    def pretended(self, request: Request) -> Answer:
        """Takes everything, and knows every profile."""
        if request.path.startswith("/api/profiles?"):
            users = orjson.loads(unquote(request.path).split(",", 1)[1].split(")")[0])
            found = [{"id": f"ID-OF-{user}", "attributes": {self._id_type: user}} for user in users]
            return Answer(200, {}, orjson.dumps({"data": found}))
        if request.limit in ("import", "job"):
            job = {"data": {"id": "JOB", "attributes": {"status": "complete"}}}
            return Answer(202 if request.limit == "import" else 200, {}, orjson.dumps(job))
        return Answer(202)

    # -- profiles -----------------------------------------------------------------------------------------------------

    def _ids(self, items: Sequence[Item], call: Call) -> dict[str, str]:
        """Klaviyo's ids of customers who are to be taken out of something, as far as it knows them."""
        ids = {item.user: item.far for item in items if item.far}
        wanted = [item.user for item in items if not item.far and (item.kind == "erased" or self._is_out(item))]
        for begin in range(0, len(wanted), _NAMED):
            some = wanted[begin : begin + _NAMED]
            names = orjson.dumps(some).decode()
            asked = f"filter={quote(f'any({self._id_type},{names})')}&fields[profile]={self._id_type}"
            path = f"/api/profiles?{asked}&page[size]={_NAMED}"
            found = accepted(call(Request("GET", path, None, "profiles"))).json().get("data", [])
            by_name = {user.casefold(): user for user in some} | {user: user for user in some}
            for one in found:  # addresses come back in small letters
                name = str(one["attributes"][self._id_type])
                ids[by_name.get(name, name)] = one["id"]
        return ids

    def _is_out(self, item: Item) -> bool:
        return any(segment in item.touched and segment not in item.after for segment in self._lists)

    def _imports(self, items: Sequence[Item]) -> Iterator[tuple[str, list[Item]]]:
        """Lists with those who come into them, and without a list everybody else."""
        members = {
            list_id: [item for item in items if segment in item.touched and segment in item.after]
            for segment, list_id in self._lists.items()
        }
        listed = {item.user for some in members.values() for item in some}
        yield from ((list_id, some) for list_id, some in members.items() if some)
        rest = [item for item in items if item.user not in listed]
        if rest:
            yield "", rest

    def _import(self, call: Call, items: Sequence[Item], ids: dict[str, str], list_id: str) -> dict[str, Outcome]:
        """Imports profiles; returns whom it did not take."""
        far = {item.user: ids.get(item.user, "") for item in items if item.kind == "erased"}
        profiles = [
            bodies.profile(self._id_type, item, self._properties(item), far.get(item.user, "")) for item in items
        ]
        request = Request("POST", _JOBS, bodies.sized(bodies.import_job(profiles, list_id)), "import")
        job = accepted(call(request)).json().get("data", {}).get("id")
        if not job:
            raise BatchError("an import without an id", passing=True)
        failed = self._carried_out(call, str(job))
        if failed is None:
            return {item.user: Again("an import was not carried out") for item in items}
        return self._failed(call, str(job), items) if failed else {}

    def _properties(self, item: Item) -> dict[str, object]:
        """What a profile says of its segments."""
        said: dict[str, object] = {self._property: item.after}
        if self._contents is not None:
            said[PROPERTY] = labels_of(self._contents, item)
        return said

    def _carried_out(self, call: Call, job: str) -> bool | None:
        """Waits for a job; whether it may have failed for some, None where it was not carried out."""
        wait, waited = _FIRST_SECONDS, 0.0
        while waited < _JOB_SECONDS:
            self._sleep(wait)
            waited, wait = waited + wait, min(2 * wait, _LONGEST_SECONDS)
            said = accepted(call(Request("GET", f"{_JOBS}/{job}", None, "job"))).json()
            about = said.get("data", {}).get("attributes", {})
            if about.get("status") == "complete":
                return bool(about.get("failed_count") != 0)  # it may be null
            if about.get("status") == "cancelled":
                return None
        return None

    def _failed(self, call: Call, job: str, items: Sequence[Item]) -> dict[str, Outcome]:
        """Whom a job did not take, from all pages of its errors."""
        failed: dict[str, Outcome] = {}
        path = f"{_JOBS}/{job}/import-errors?page[size]=100"
        users = {item.user for item in items}
        while path:
            page = accepted(call(Request("GET", path, None, "errors"))).json()
            for error in page.get("data", ()):
                about = error.get("attributes", {})
                user = self._about(about, items)
                reason = f"{about.get('code')}: {about.get('detail')}"
                if user not in users:
                    raise BatchError(f"an import failed, of which it is not said for whom: {reason}")
                failed[user] = Again(reason) if _PASSING.search(str(about.get("code"))) else Refused(reason)
            following = urlsplit(page.get("links", {}).get("next") or "")
            path = f"{following.path}?{following.query}" if following.path else ""
        return failed

    def _about(self, error: dict[str, dict[str, object]], items: Sequence[Item]) -> str:
        """Whom an error is about, by the place in what was sent, or by what it repeats of it."""
        at = _POINTER.match(str((error.get("source") or {}).get("pointer")))
        if at is not None and int(at[1]) < len(items):
            return items[int(at[1])].user
        original = error.get("original_payload") or {}
        attributes = original.get("attributes", original)
        return str(attributes.get(self._id_type)) if isinstance(attributes, dict) else ""

    def _remove(self, call: Call, list_id: str, ids: Sequence[str]) -> None:
        for begin in range(0, len(ids), _LISTED):
            body = orjson.dumps({"data": [{"type": "profile", "id": one} for one in ids[begin : begin + _LISTED]]})
            accepted(call(Request("DELETE", f"/api/lists/{list_id}/relationships/profiles", body, "lists")))

    # -- events -------------------------------------------------------------------------------------------------------

    def _tell_events(self, call: Call, items: Sequence[Item]) -> dict[str, Outcome]:
        """Records events; returns whose were not taken. Where one was recorded before, Klaviyo refuses all of a call:
        these are told one by one, which it takes as often as they come."""
        failed: dict[str, Outcome] = {}
        for some in bodies.event_batches(items):
            body = bodies.sized(bodies.event_job(self._id_type, self._sink, some))
            answer = call(Request("POST", "/api/event-bulk-create-jobs", body, "events"))
            if answer.status < 400 or answer.status >= 500:
                accepted(answer)
            else:
                for item in some:
                    failed.update(self._one_by_one(call, item))
        return failed

    def _one_by_one(self, call: Call, item: Item) -> dict[str, Outcome]:
        for event in bodies.single_events(self._id_type, self._sink, item):
            answer = call(Request("POST", "/api/events", orjson.dumps(event), "event"))
            if 400 <= answer.status < 500:
                return {item.user: Refused(f"{answer.status} {answer.text}")}
            accepted(answer)
        return {}
