"""The dashboard of a real worker over a real broker: every page against a replay, and who may see it."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import pytest

from streams.dashboard.app import HEADERS
from streams.embedded.kafka import running_kafka
from streams.events.instants import stamp
from tests.dashboard.world import END_MS, ODD, TOKEN, USERS, World

BEARER = f"Bearer {TOKEN}"
WHOLE = ("keen", "fan", "buyer", "nobody", "tried")
PAGES = ("overview", "segments", "proposals", "trials", "refused", "workers")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """One worker that has read everything, with a dashboard that has, too; and a broker of their own, as the topics of
    changes and of refused events have the same names for all."""
    with running_kafka(tmp_path_factory.mktemp("kafka"), 0) as kafka:
        found = World(kafka, tmp_path_factory.mktemp("dashboard"))
        found.create_topics(*found.topics.values())
        found.fill()
        with found.running() as worker:
            assert "the dashboard is at" in worker.said
            found.until("/api/overview", lambda page: page["state"] == "ready" and page["lag"] == 0)
            yield found


@pytest.fixture(scope="module")
def truth(world: World) -> dict[str, set[str]]:
    """Customers by segment."""
    return world.now_in()


def test_the_overview_counts_what_there_is(world: World) -> None:
    def told(page: Any) -> bool:
        return bool(page["customers"] == len(USERS) and page["refused"] is not None and page["now"] == stamp(END_MS))

    page = world.until("/api/overview", told)
    assert page["events"] == len(world.sent)
    assert page["application"] == world.name
    assert (page["workers"], page["segments"], page["trials"], page["proposals"]) == (1, 5, 1, 1)
    assert page["trouble"] == []
    assert page["access"] == {"token_needed": True, "token_set": True, "customers": True, "actions": False}
    assert page["clock"] == "event"
    assert page["changes_per_minute"] is not None


def test_every_segment_has_its_size(world: World, truth: dict[str, set[str]]) -> None:
    status, page = world.get("/api/segments")
    assert status == 200
    rows = {row["name"]: row for row in page["segments"]}
    whole = {name for name in rows if rows[name]["family"] is None}
    assert whole == {f"{world.name}-{one}" for one in WHOLE}
    for name, row in rows.items():
        assert row["size"] == len(truth.get(name, ())), name
        assert row["trend"][-1] == [stamp(END_MS), row["size"]]
        assert len(row["trend"]) == 48
    fan = f"{world.name}-fan"
    values = [name for name in truth if name.startswith(f"{fan}/")]
    assert rows[fan]["values"] == len(values) == 3
    assert [name for name in rows if rows[name]["family"] == fan] == sorted(
        values, key=lambda one: (-len(truth[one]), one)
    )
    assert rows[f"{world.name}-nobody"]["health"] == {"state": "bad", "notes": ["Nobody is in it."]}
    assert rows[f"{world.name}-tried"]["folder"] == "trial"
    assert rows[f"{world.name}-tried"]["trial"]["against"] == f"{world.name}-keen"


def test_the_page_of_a_segment(world: World, truth: dict[str, set[str]]) -> None:
    keen, fan, tried = (f"{world.name}-{one}" for one in ("keen", "fan", "tried"))
    status, page = world.get(f"/api/segments/{keen}")
    assert status == 200
    assert page["rule"] == (world.rules / "active" / f"{keen}.yaml").read_text()
    assert page["path"] == f"active/{keen}.yaml"
    assert page["size_over_time"][-1] == [stamp(END_MS), len(truth[keen])]
    assert len(page["flow"]) == 48
    both = {name: len(truth[keen] & truth[name]) for name in truth if "/" not in name and name != keen}
    assert {one["name"]: one["both"] for one in page["overlap"]} == {name: n for name, n in both.items() if n}
    assert all(one["share"] == round(one["both"] / page["size"], 4) for one in page["overlap"])
    assert page["members"]
    for one in page["members"]:
        assert one["user"] in truth[keen]
        (told,) = [
            found for found in world.explained(one["user"].partition("-")[2])["segments"] if found["segment"] == keen
        ]
        assert (one["since"], one["until"]) == (told["since"], told["until"])
        assert one["why"][0]["text"].endswith(" views in 7d")
    value = f"{fan}/hats & co"
    status, page = world.get(f"/api/segments/{quote(value, safe='')}")
    assert (status, page["size"], page["family"]) == (200, len(truth[value]), fan)
    assert world.get(f"/api/segments/{tried}")[1]["trial"]["arms"] == {"treatment": 0, "control": 0}


@pytest.mark.parametrize("name", ["nobody-there", "..", "%2e%2e%2f", "a/b", "\0", "<b>"])
def test_there_is_no_such_segment(world: World, name: str) -> None:
    status, page = world.get(f"/api/segments/{quote(name, safe='')}")
    assert status == 404
    assert page["error"]


@pytest.mark.parametrize("user", ["u1", "u2", *ODD])
def test_the_page_of_a_customer(world: World, user: str) -> None:
    status, page = world.customer(world.id(user))
    assert (status, page["user"], page["source"]) == (200, world.id(user), "worker")
    told = world.explained(user)
    inside = {one["segment"]: one for one in told["segments"] if one["in"]}
    assert {one["name"]: one["until"] for one in page["segments"]} == {
        name: one["until"] for name, one in inside.items()
    }
    if user != "u1":  # facts of another's do not tell since when
        assert all(one["since"] == inside[one["name"]]["since"] for one in page["segments"])
    assert all(one["why"] for one in page["segments"])
    assert {one["segment"] for one in page["bars"] if one["to"] is None} == inside.keys()
    mine = [one for one in world.events if one["user"] == world.id(user) and one["type"] in ("view", "purchase")]
    if user != "u1":  # who also has what was another's
        assert page["facts_total"] == len(mine)
    assert page["facts"][0] == {"at": stamp(END_MS), "type": "view", "text": "looked at p"}
    assert {one["name"] for one in page["near"]} <= {one["segment"] for one in told["segments"] if not one["in"]}


def test_who_is_not_known(world: World) -> None:
    for user in ("nobody", world.id("erased"), "x" * 2_000):
        status, page = world.customer(user)
        assert status == 404, page
    status, page = world.customer(world.id("absorbed"))
    assert (status, page["merged_into"]) == (200, world.id("u1"))
    _, said = world.get("/api/segments")
    assert "erased" not in json.dumps(said)


def test_proposals_trials_refused_and_workers(world: World) -> None:
    _, page = world.get("/api/proposals")
    assert [(one["name"], one["size"], one["of"]) for one in page["proposals"]] == [(f"{world.name}-new", 7, 40)]
    _, page = world.get("/api/trials")
    (trial,) = page["trials"]
    assert (trial["name"], trial["metric"], trial["days"]) == (f"{world.name}-tried", "clicks", 14)
    _, page = world.get("/api/refused")
    mine = [sample for one in page["reasons"] for sample in one["samples"] if sample["topic"] == world.topics["views"]]
    assert "{" in [one["text"] for one in mine]
    _, page = world.get("/api/workers")
    (worker,) = page["workers"]
    assert (worker["name"], worker["partitions"], worker["lag"], worker["health"]) == ("w1", [0, 1, 2, 3], 0, "ok")
    assert sum(one["customers"] for one in page["partitions"]) == len(USERS)


def test_health_and_metrics_stay_what_they_are(world: World) -> None:
    status, page = world.get("/health")
    assert (status, page["status"]) == (200, "ok")
    status, text = world.get("/metrics")
    assert status == 200
    assert b"microseg_events_total" in text


# -- who may


@pytest.mark.parametrize("header", [{"X_Forwarded_For": "10.0.0.7"}, {"Via": "1.1 proxy"}])
def test_through_a_proxy_customers_are_closed(world: World, header: dict[str, str]) -> None:
    assert world.customer(world.id("u1"), **header)[0] == 401
    assert world.customer(world.id("u1"), **header, Authorization=BEARER)[0] == 200
    _, page = world.get(f"/api/segments/{world.name}-keen", **header)
    assert page["members"] is None
    _, page = world.get("/api/refused", **header)
    assert [one["samples"] for one in page["reasons"]] == [[] for _ in page["reasons"]]
    for name in PAGES:
        status, said = world.get(f"/api/{name}", **header)
        assert status == 200
        assert world.id("u1") not in json.dumps(said)


@pytest.mark.parametrize("name", [*PAGES, "customers/u1", "nothing"])
def test_other_sites_get_nothing(world: World, name: str) -> None:
    assert world.get(f"/api/{name}", Host="evil.example")[0] == 403
    assert world.get(f"/api/{name}", Origin="http://evil.example")[0] == 403
    assert world.get(f"/api/{name}", Authorization="Bearer wrong")[0] == 401


def test_every_answer_has_its_headers(world: World) -> None:
    for path in ("/", "/api/overview", "/api/nothing", "/api/customers/nobody"):
        connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=10)
        connection.request("GET", path)
        answer = connection.getresponse()
        assert {name: answer.headers[name] for name in HEADERS} == HEADERS
        assert "Access-Control-Allow-Origin" not in answer.headers
        connection.close()


def test_actions_need_the_token(world: World) -> None:
    for action in ("approve", "move", "plan"):
        assert world.ask("POST", f"/api/actions/{action}", {})[0] == 401
    new = f"{world.name}-new"
    status, page = world.ask("POST", "/api/actions/plan", {"name": new, "to": "active"}, Authorization=BEARER)
    assert status == 200, page
    (one,) = [one for one in page["plan"]["segments"] if one["segment"] == new]
    assert (one["mark"], one["entering"]) == ("new", one["after"])
    status, page = world.ask("POST", "/api/actions/plan", {}, Authorization=BEARER)
    assert "nothing would change" in page["said"]
    assert world.ask("POST", "/api/actions/move", {"name": "../x", "to": "active"}, Authorization=BEARER)[0] == 404
    assert world.ask("POST", "/api/actions/nothing", {}, Authorization=BEARER)[0] == 404
    for body, kind, status in (("{}", "text/plain", 415), ([], "application/json", 400)):
        headers = {"Authorization": BEARER, "Content_Type": kind}
        assert world.ask("POST", "/api/actions/move", body, **headers)[0] == status


# -- the stream


def test_the_stream_tells_counters_and_what_changes(world: World) -> None:
    """Whose changes they are it tells only to who may see customers."""
    with listening(world) as mine, listening(world, "X-Forwarded-For: 10.0.0.7\r\n") as others:
        counters = next_event(mine, "counters")
        assert counters["sizes"].keys() == {f"{world.name}-{one}" for one in WHOLE}
        next_event(others, "counters")
        late = {"type": "view", "user": world.id("late"), "product": "p", "at": END_MS}
        world.send([("views", "late", json.dumps({**late, "id": f"late-{number}"})) for number in range(3)])
        changed = next_event(mine, "change")
        assert changed["cause"] == "event"
        assert changed["entered"] == [f"{world.name}-keen"]
        assert changed["why"] == ["3 views in 7d"]
        assert changed.pop("user") == world.id("late")
        assert next_event(others, "change") == changed


@contextmanager
def listening(world: World, headers: str = "") -> Iterator[Any]:
    """The lines of the stream of events."""
    with socket.create_connection(("127.0.0.1", world.port), 30) as wire:
        wire.sendall(f"GET /api/stream HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}\r\n".encode())
        with wire.makefile(encoding="utf-8", newline="\n") as lines:
            yield lines


def next_event(lines: Any, kind: str) -> Any:
    """The data of the next event of that kind."""
    for line in lines:
        if line == f"event: {kind}\n":
            return json.loads(next(lines).removeprefix("data: "))
    raise AssertionError("the stream has ended")


# -- it does something: last, as the rules change


def test_a_proposal_goes_live(world: World) -> None:
    new = f"{world.name}-new"
    status, page = world.ask("POST", "/api/actions/approve", {"name": new, "to": "active"}, Authorization=BEARER)
    assert (status, page["to"]) == (200, "active")
    assert (world.rules / "active" / f"{new}.yaml").is_file()

    def live(page: Any) -> bool:
        return any(one["name"] == new and one["size"] for one in page["segments"])

    rows = world.until("/api/segments", live)["segments"]
    assert len([one for one in rows if one["family"] is None]) == 6
