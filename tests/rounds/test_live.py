"""Rounds over live customers of a real broker: what they find is what a replay of the same events has, and when the
leading worker begins one."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import orjson
import pytest
from confluent_kafka import Producer

from streams.cli import main
from streams.clients.whole import read_whole
from streams.discovery.everyone import Everyone
from streams.discovery.model.texts import ADDRESS
from streams.proofs import discovery_shop
from streams.rounds.last import Last
from streams.rounds.live import Order
from streams.rounds.standing import standing
from streams.rounds.topic import create, read_last, write_last
from streams.rules.load import load_rules
from streams.settings import Settings, load_settings
from streams.survey.offline import replayed
from tests.discovery import shop as folders
from tests.discovery.shop import condition, own_rule, proposal
from tests.language.messages_api import MessagesApi, answer
from tests.worker.ports import free_port
from tests.worker.shop import Shop, WorkerProcess, until

CUSTOMERS, MEMBERS = 1_500, 50


class LiveShop(Shop):
    """A shop with hidden groups, in two partitions, whose events are in a file, too."""

    def __init__(self, broker: str, directory: Path) -> None:
        self.rules = folders.folder(directory / "rules")
        (self.rules / "active/keen.yaml").write_text(folders.LIVE.replace("20", "2"))
        self.events = directory / "events.jsonl"
        super().__init__(broker, directory / "data", 2, MICROSEG_RULES=str(self.rules), MICROSEG_CLOCK="event")

    def fill(self) -> None:
        """Sends the events, all on one topic, and writes them to the file."""
        lines = [
            line.replace(b'"user":"c', b'"user":"person-').replace(b'"id":"', b'"id":"event-')
            for line in discovery_shop.shop(CUSTOMERS, MEMBERS, seed=3).lines
        ]
        self.events.write_bytes(b"\n".join(lines))
        producer = Producer({"bootstrap.servers": self.broker, "partitioner": "murmur2_random", "linger.ms": 20})
        for number, line in enumerate(lines):
            producer.produce(self.topics["views"], line, orjson.loads(line)["user"].encode())
            if number % 10_000 == 0:
                producer.flush()
        producer.flush()

    def settings(self) -> Settings:
        """The settings that the environment gives."""
        return load_settings(None, self.environ)


@pytest.fixture(scope="module")
def shop(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> LiveShop:
    """With all of its events taken in by a worker, which has ended."""
    made = LiveShop(kafka, tmp_path_factory.mktemp("shop"))
    made.create_topics(*made.topics.values())
    made.fill()
    with made.worker("run", "--until-drained", module="streams.cli") as worker:
        assert worker.wait(300) == 0, worker.said
    return made


def quiet(*_: object) -> None:
    """Nobody listens."""


def test_customers_are_those_of_a_replay(shop: LiveShop) -> None:
    settings = shop.settings()
    live = standing(settings, 0, quiet)
    assert len(live.everyone.partitions) == 2
    assert all(one.customers() for one in live.everyone.partitions)
    offline = replayed(settings, load_rules(shop.rules), [str(shop.events)])
    same = Everyone([offline])
    assert (live.asof_ms, live.everyone.users) == (offline.machine.clock_ms(), same.users)
    members, others = live.everyone.live_members(), same.live_members()
    assert {name: which.tolist() for name, which in members.items()} == {"keen": others["keen"].tolist()}
    assert others["keen"].sum() >= 50


def test_a_round_by_hand_is_that_of_a_replay_and_tells_a_model_counts_alone(
    shop: LiveShop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    own = own_rule(condition(of="views", last="30d", bounds=["8"]), condition(of="purchases", last="90d", bounds=["1"]))
    replies = answer(proposal(candidates=[], rule=own, name="looks-and-buys"), proposal())

    def discovered(name: str, *words: str) -> tuple[dict[str, Any], str, str]:
        """What is printed, the requests and answers that are logged, and what else is said."""
        folder, log = shutil.copytree(shop.rules, tmp_path / name), tmp_path / f"{name}.jsonl"
        monkeypatch.setenv("MICROSEG_DISCOVERY_LOG", str(log))
        assert main(["discover", str(folder), "--json", *words]) == 0
        said = capsys.readouterr()
        found = json.loads(said.out)
        for one in found["proposals"]:
            assert Path(one["file"]).parent == folder / "proposed"
            assert Path(one.pop("file")).is_file()
        assert found.pop("log") == str(log)
        return found, re.sub('"at": "[^"]*"', "", log.read_text()), said.err

    with MessagesApi(replies) as api:
        for name, value in {**shop.environ, **api.environ}.items():
            monkeypatch.setenv(name, value)
        live, log, said = discovered("live")
        offline, same, _ = discovered("offline", "--events", str(shop.events))
    assert "reading customers ..." in said
    assert live == offline
    assert log == same  # all evidence and candidates, to the byte
    assert live["proposals"][0]["name"] == "looks-and-buys"
    assert '\\"id\\":\\"k1\\"' in log
    assert not ADDRESS.search(log)
    ids = {orjson.loads(line)[name] for line in shop.events.read_bytes().splitlines() for name in ("id", "user")}
    assert not ids & set(re.findall(r"[\w-]+", log))
    assert "person-" not in log
    assert "event-" not in log
    last = read_last(shop.settings())
    assert list(last.proposals) == [one["name"] for one in live["proposals"]]
    assert (last.candidates > 0, last.customers) == (True, CUSTOMERS)
    assert (last.requests, last.usd > 0, last.error, last.served_ms) == (1, True, "", 0)


def test_why_a_round_cannot_be_done_is_told_and_kept(kafka: str, tmp_path: Path) -> None:
    settings = LiveShop(kafka, tmp_path).settings()
    order = pickle.dumps(Order(settings, settings.rules, 7_000))
    command = [sys.executable, "-m", "streams.rounds.child"]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=tmp_path) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.write(order)
        child.stdin.flush()
        said = json.loads(list(child.stdout)[-1])["error"]
    assert (child.returncode, said) == (2, f"there is no topic {settings.changelog} on {kafka}")
    last = read_last(settings)
    assert (last.error, last.due_ms, last.served_ms, last.running) == (said, 7_000, 7_000, False)


# -- by the schedule ---------------------------------------------------------------------------------------------------


@pytest.fixture
def workers(shop: LiveShop) -> Iterator[dict[str, WorkerProcess]]:
    """Two workers that begin rounds, with a partition each; their metrics are at the ports by which they are called."""
    with ExitStack() as stack:
        running = {}
        for number in (1, 2):
            port = str(free_port())
            more = {"MICROSEG_WORKER": f"w{number}", "MICROSEG_HTTP": f"127.0.0.1:{port}"}
            more |= {"MICROSEG_DISCOVERY_PERIODIC": "true", "MICROSEG_DATA_DIR": f"{shop.rules.parent}/w{number}"}
            running[port] = stack.enter_context(shop.worker("run", module="streams.cli", **more))
        yield running


def metrics(port: str) -> dict[str, float]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as page:
        lines = [line.rpartition(" ") for line in page.read().decode().splitlines() if "microseg_discovery" in line]
    return {name.removeprefix("microseg_discovery_"): float(value) for name, _, value in lines if name[0] != "#"}


def history(settings: Settings) -> list[Last]:
    found = [json.loads(value) for _, value in read_whole(settings, settings.rounds) if value]
    return [Last(**{**one, "proposals": tuple(one.get("proposals", ()))}) for one in found]


def test_what_is_owed_is_run_once_by_the_worker_that_leads(shop: LiveShop, request: pytest.FixtureRequest) -> None:
    """The last word is of a worker that died in the middle of a round a week ago."""
    settings = shop.settings()
    create(settings)
    before = len(history(settings))
    due_ms = 1_000
    write_last(settings, Last(served_ms=1, due_ms=due_ms, tries=1, began_ms=5, worker="dead"))
    workers: dict[str, WorkerProcess] = request.getfixturevalue("workers")
    until(lambda: read_last(settings).ended_ms > 0, 120)
    last = read_last(settings)
    assert (last.error, last.tries, last.served_ms) == ("", 1, last.due_ms)
    assert last.worker in ("w1", "w2")
    assert last.proposals
    until(lambda: sorted(one["leads"] for one in map(metrics, workers)) == [0, 1], 60)
    assert all((shop.rules / "proposed" / f"{name}.yaml").is_file() for name in last.proposals)
    told: dict[str, float] = {}

    def known() -> bool:
        told.update(next(one for one in map(metrics, workers) if one["leads"]))
        return bool(told.get("last_proposals"))

    until(known, 90)
    assert told["last_timestamp_seconds"] == pytest.approx(last.ended_ms / 1000)
    assert (told["running"], told["last_failed"], told["last_proposals"]) == (0, 0, len(last.proposals))
    time.sleep(2)
    assert [one.running for one in history(settings)[before:]] == [True, True, False]  # the dead one's, and one round
    assert read_last(settings) == last
