"""The calls of Klaviyo's API that a sink makes, as its reference describes them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlsplit

import orjson

from tests.sinks.conformance.server import Quota, Reply, Seen, StandIn, reply
from tests.sinks.conformance.world import Watch

LISTS = {"L1": "a", "L2": "b", "L3": "c"}
PROPERTY = "microseg_segments"
PAGE = 3  # few, so that errors come in pages
JOB = re.compile(r"/api/profile-bulk-import-jobs/([^/]+)(/import-errors)?")
LIST = re.compile(r"/api/lists/([^/]+)/relationships/profiles")


@dataclass
class Profile:
    """A profile."""

    id: str
    properties: dict[str, Any] = field(default_factory=dict)
    lists: set[str] = field(default_factory=set)


@dataclass
class Job:
    """An import, carried out when it is asked for the second time or the next one comes; then it has no body."""

    body: Any
    asked: int = 0
    errors: list[dict[str, Any]] = field(default_factory=list)


class KlaviyoStandIn(StandIn):
    """Profiles, lists and events; with the limits of each call, and errors in pages."""

    names_bad, names_shaky = True, True

    def __init__(self, watch: Watch, *, by_lists: bool = False, pages: int = PAGE) -> None:
        super().__init__(watch)
        self.profiles: dict[str, Profile] = {}
        self.jobs: dict[str, Job] = {}
        self.events: dict[str, dict[str, Any]] = {}
        self.strange: list[str] = []
        self._by_lists, self._pages = by_lists, pages
        self._quotas: dict[str, list[Quota]] = {}

    def answer(self, seen: Seen, path: str) -> Reply:
        if seen.headers.get("authorization") != f"Klaviyo-API-Key {self.key}":
            return _error(401, "not_authenticated")
        if not re.fullmatch(r"20\d\d-\d\d-\d\d", seen.headers.get("revision", "")):
            return _error(400, "missing_revision")
        if seen.body and seen.headers.get("content-type") != "application/vnd.api+json":
            return _error(415, "unsupported_media_type")
        if len(seen.body) > 5_000_000:
            return _error(413, "too_large")
        for quota in self._quota(seen.method, path):
            if over_s := quota.over_s():
                self.limited += 1
                return _error(429, "throttled", **{"retry-after": str(int(over_s) + 1)})
        return self._routed(seen, path)

    def _quota(self, method: str, path: str) -> list[Quota]:
        name = method + re.sub(r"(?<=jobs/|ists/)[^/]+", "ID", path)
        burst, steady = (75, 700) if path == "/api/profiles" else (350, 3_500) if path == "/api/events" else (10, 150)
        return self._quotas.setdefault(name, [Quota(self.watch, burst, 1), Quota(self.watch, steady, 60)])

    def _routed(self, seen: Seen, path: str) -> Reply:
        query = {name: values[0] for name, values in parse_qs(urlsplit(seen.path).query).items()}
        if (seen.method, path) == ("POST", "/api/profile-bulk-import-jobs"):
            return self._begun(seen.json["data"])
        if (seen.method, path) == ("GET", "/api/profiles"):
            return self._found(query)
        if (seen.method, path) == ("POST", "/api/event-bulk-create-jobs"):
            return self._bulk(seen.json["data"])
        if (seen.method, path) == ("POST", "/api/events"):
            self._record(seen.json["data"]["attributes"], seen.json["data"]["attributes"]["profile"])
            return reply(202)
        if seen.method == "GET" and (job := JOB.fullmatch(path)) and job[1] in self.jobs:
            return self._errors(job[1], query) if job[2] else self._status(job[1])
        if seen.method == "DELETE" and (found := LIST.fullmatch(path)) and found[1] in LISTS:
            return self._removed(found[1], seen.json["data"])
        self.strange.append(f"{seen.method} {path}")
        return _error(404, "not_found")

    # -- profiles -----------------------------------------------------------------------------------------------------

    def _begun(self, data: Any) -> Reply:
        assert data["type"] == "profile-bulk-import-job"
        profiles = data["attributes"]["profiles"]["data"]
        if not 0 < len(profiles) <= 10_000 or any(one["type"] != "profile" for one in profiles):
            return _error(400, "invalid")
        for other in self.jobs.values():  # an import is carried out also where nobody asks for it
            if other.body is not None:
                self._carry_out(other)
        job = f"job-{len(self.jobs)}"
        self.jobs[job] = Job(data)
        return self._job(job, 202)

    def _job(self, job: str, status: int) -> Reply:
        done = self.jobs[job].asked > 1
        attributes = {"status": "complete" if done else "processing", "failed_count": len(self.jobs[job].errors)}
        return reply(status, {"data": {"type": "profile-bulk-import-job", "id": job, "attributes": attributes}})

    def _status(self, job: str) -> Reply:
        one = self.jobs[job]
        one.asked += 1
        if one.asked == 2 and one.body is not None:
            self._carry_out(one)
        return self._job(job, 200)

    def _carry_out(self, job: Job) -> None:
        lists = [one["id"] for one in job.body.get("relationships", {}).get("lists", {}).get("data", [])]
        assert set(lists) <= set(LISTS)
        for index, one in enumerate(job.body["attributes"]["profiles"]["data"]):
            user = one["attributes"]["external_id"]
            if user in self.bad or self.fails(user):
                code = "invalid" if user in self.bad else "internal_error"
                job.errors.append(_import_error(code, index, one))
                continue
            profile = self.profiles.get(user)
            if profile is None:
                assert "id" not in one
                profile = self.profiles[user] = Profile(f"01{user}")
            profile.properties.update(one["attributes"]["properties"])
            profile.lists.update(lists)
        job.body = None

    def _errors(self, job: str, query: dict[str, str]) -> Reply:
        at = int(query.get("page[cursor]", "0"))
        errors = self.jobs[job].errors
        links = {"self": "x"}
        if at + self._pages < len(errors):
            links["next"] = (
                f"{self.url}/api/profile-bulk-import-jobs/{job}/import-errors?page[cursor]={at + self._pages}"
            )
        return reply(200, {"data": errors[at : at + self._pages], "links": links})

    def _found(self, query: dict[str, str]) -> Reply:
        asked = re.fullmatch(r"any\(external_id,(\[.*\])\)", query["filter"])
        assert asked is not None
        users = orjson.loads(asked[1])
        assert len(users) <= int(query["page[size]"]) <= 100
        known = [(user, self.profiles[user]) for user in users if user in self.profiles]
        data = [{"type": "profile", "id": one.id, "attributes": {"external_id": user}} for user, one in known]
        return reply(200, {"data": data, "links": {"self": "x", "next": None}})

    def _removed(self, list_id: str, data: list[dict[str, str]]) -> Reply:
        if len(data) > 1_000:
            return _error(400, "invalid")
        ids = {one["id"] for one in data}
        for profile in self.profiles.values():
            if profile.id in ids:
                profile.lists.discard(list_id)
        return reply(204)

    # -- events -------------------------------------------------------------------------------------------------------

    def _bulk(self, data: Any) -> Reply:
        assert data["type"] == "event-bulk-create-job"
        entries = [one["attributes"] for one in data["attributes"]["events-bulk-create"]["data"]]
        events = [(one["profile"], event["attributes"]) for one in entries for event in one["events"]["data"]]
        if not 0 < len(events) <= 1_000:
            return _error(400, "invalid")
        if any(event["unique_id"] in self.events for _, event in events):
            return _error(400, "duplicate")
        for profile, event in events:
            self._record(event, profile)
        return reply(202)

    def _record(self, event: Any, profile: Any) -> None:
        name = event["metric"]["data"]["attributes"]["name"]
        user = profile["data"]["attributes"]["external_id"]
        assert event["time"]
        told = {"user": user, "metric": name, "segment": event["properties"]["segment"], "time": event["time"]}
        self.events.setdefault(event["unique_id"], told)

    # -- what it can be asked -----------------------------------------------------------------------------------------

    @staticmethod
    def users(call: Seen) -> list[str]:
        """Of whom a call tells."""
        if not call.path.endswith("/profile-bulk-import-jobs"):
            return []
        return [one["attributes"]["external_id"] for one in call.json["data"]["attributes"]["profiles"]["data"]]

    def has(self) -> dict[str, set[str]]:
        """Customers who are in a segment, and in which."""
        if self._by_lists:
            found = {user: {LISTS[one] for one in profile.lists} for user, profile in self.profiles.items()}
            assert found == {user: {*one.properties.get(PROPERTY, ())} for user, one in self.profiles.items()}
        else:
            found = {user: {*one.properties.get(PROPERTY, ())} for user, one in self.profiles.items()}
        return {user: segments for user, segments in found.items() if segments}

    def forget(self) -> None:
        """All its data are lost."""
        self.profiles.clear()
        self.events.clear()


def _error(status: int, code: str, **headers: str) -> Reply:
    return reply(status, {"errors": [{"id": "1", "code": code, "title": code, "detail": code}]}, **headers)


def _import_error(code: str, index: int, payload: Any) -> dict[str, Any]:
    source = {"pointer": f"/data/attributes/profiles/data/{index}"} if index % 2 else {"pointer": "/data"}
    attributes = {"code": code, "title": code, "detail": "no", "source": source, "original_payload": payload}
    return {"type": "import-error", "id": str(index), "attributes": attributes}
