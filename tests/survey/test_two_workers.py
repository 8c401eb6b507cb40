"""Surveys of running workers: a plan, an explanation and sizes are those of a replay of the same events."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from streams.settings import Settings, load_settings
from streams.survey.asking import ask_plan, ask_sizes
from tests.worker.shop import ROOT, Shop, WorkerProcess, until

START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
HOUR_MS = 3_600_000
LIVE = {
    "keen": "when: {count: views, last: 7d, at_least: 3}",
    "fan": "when: {count: views, where: {category: $each}, at_least: 2}\nfor_each: category",
    "buyer": "when: {count: purchases, at_least: 1}",
}
PLANNED = {
    "keen": "when: {count: views, last: 7d, at_least: 2}",
    "fan": LIVE["fan"],
    "looker": "when: {all: [{segment: keen}, {count: purchases, exactly: 0}]}",
}


class SurveyShop(Shop):
    """Four partitions of customers with views and orders, under the rules LIVE, and an edit of them beside."""

    def __init__(self, broker: str, directory: Path) -> None:
        live = folder(directory / "live", LIVE)
        self.planned = folder(directory / "planned", PLANNED)
        self.events = directory / "events.jsonl"
        super().__init__(broker, directory, MICROSEG_RULES=str(live), MICROSEG_CLOCK="event")

    def fill(self, count: int) -> None:
        """Sends so many events and writes them to the file."""
        chance = random.Random(7)
        found = [self._event(chance, number) for number in range(count)]
        # with clock = event each partition has a time of its own: all end at one instant
        found += [self._view(f"u{number}", count * HOUR_MS) for number in range(60)]
        self.events.write_text("".join(f"{json.dumps(event)}\n" for event in found))
        self.send([(topic_of(event), event["user"].partition("-")[2], json.dumps(event)) for event in found])

    def _event(self, chance: random.Random, number: int) -> dict[str, Any]:
        user = f"u{chance.randrange(60)}"
        if chance.random() < 0.1:
            order = {"type": "purchase", "order": f"o{number}", "items": [], "total": 5, "id": f"e{number}"}
            return {**order, "user": f"{self.name}-{user}", "at": START_MS + number * HOUR_MS}
        return self._view(user, number * HOUR_MS, category=chance.choice(("Bags", "Shoes", "Hats")))

    def _view(self, user: str, past_ms: int, **more: Any) -> dict[str, Any]:
        head = {"type": "view", "id": f"{user}-{past_ms}", "user": f"{self.name}-{user}", "product": "p"}
        return {**head, "at": START_MS + past_ms, **more}

    def microseg(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs a command with the settings of the shop."""
        command = [sys.executable, "-m", "streams.cli", *words]
        return subprocess.run(
            command, env=self.environ, cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
        )

    def told(self, *words: str) -> Any:
        """What a command prints as JSON."""
        done = self.microseg(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def plan(self, *words: str) -> Any:
        """The plan of the edit, without what depends on when it was made."""
        found = self.told("plan", str(self.planned), *words)
        return {name: value for name, value in found.items() if name != "taken"}

    def settings(self) -> Settings:
        """The settings that the environment gives."""
        return load_settings(None, self.environ)


def folder(at: Path, rules: dict[str, str]) -> Path:
    """A rule folder."""
    (at / "active").mkdir(parents=True)
    for name, text in rules.items():
        (at / "active" / f"{name}.yaml").write_text(f"title: {name}\n{text}\n")
    return at


def topic_of(event: dict[str, Any]) -> str:
    """The topic that takes such events."""
    return "purchases" if event["type"] == "purchase" else "views"


@pytest.fixture(scope="module")
def shop(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> SurveyShop:
    """Drained once, so that a worker that starts has nothing to read."""
    shop = SurveyShop(kafka, tmp_path_factory.mktemp("shop"))
    shop.create_topics(*shop.topics.values())
    shop.fill(400)
    with shop.worker("run", "--until-drained", module="streams.cli") as worker:
        assert worker.wait(180) == 0, worker.said
    return shop


@pytest.fixture(scope="module")
def workers(shop: SurveyShop) -> Iterator[list[WorkerProcess]]:
    """Two workers with two partitions each."""
    with ExitStack() as stack:
        running = [stack.enter_context(started(shop, name)) for name in ("w1", "w2")]
        for worker in running:
            worker.wait_for("open after", 120)
        until(lambda: len(answering(shop)) == 2, 60)
        yield running


def started(shop: SurveyShop, name: str) -> Any:
    return shop.worker("run", module="streams.cli", MICROSEG_WORKER=name)


def answering(shop: SurveyShop) -> set[str]:
    """The workers that answer a survey now."""
    return {one.worker for one in ask_plan(shop.settings(), {"active/x.yaml": f"title: X\n{LIVE['keen']}\n"})}


def offline(shop: SurveyShop, *words: str) -> Any:
    """The plan by the pure core on the same events."""
    return shop.plan(*words, "--events", str(shop.events), "--against", shop.environ["MICROSEG_RULES"])


def test_a_plan_is_that_of_a_replay(shop: SurveyShop, workers: list[WorkerProcess]) -> None:
    found, expected = shop.plan("--show", "100"), offline(shop, "--show", "100")
    assert found == expected
    moves = {one["segment"]: (one["entering"], one["leaving"]) for one in found["segments"]}
    assert moves["buyer"][1] > 0
    assert moves["looker"][0] > 0
    assert found["customers"] == 60


def test_sizes_are_those_of_the_plan(shop: SurveyShop, workers: list[WorkerProcess]) -> None:
    before = {one["segment"]: one["before"] for one in offline(shop)["segments"] if one["mark"] != "new"}
    assert ask_sizes(shop.settings()) == before


def test_an_explanation_is_that_of_a_replay(shop: SurveyShop, workers: list[WorkerProcess]) -> None:
    for number in range(6):
        user = f"{shop.name}-u{number}"
        found = shop.told("explain", user)
        assert found["user"] == user
        assert found["segments"] == shop.told("explain", user, "--events", str(shop.events))["segments"]


def test_who_is_not_known_is_told_in_one_line(shop: SurveyShop, workers: list[WorkerProcess]) -> None:
    done = shop.microseg("explain", "nobody")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "microseg: nobody called 'nobody' is known: there is no event of theirs\n"


def test_every_partition_counts_once_while_partitions_move(shop: SurveyShop, workers: list[WorkerProcess]) -> None:
    """A third worker comes, asks begin at any moment of the rebalance, and it goes without a word."""
    expected = offline(shop)
    with started(shop, "w3") as third:
        while "open after" not in third.said:
            assert third.process.poll() is None, third.said
            assert shop.plan("--wait", "60") == expected
        assert shop.plan("--wait", "60") == expected
    lost = shop.microseg("plan", str(shop.planned), "--wait", "1")
    assert lost.returncode == 2
    assert "nobody answered for partition" in lost.stderr
    assert shop.plan("--wait", "60") == expected


def test_a_folder_that_is_live_changes_nothing(shop: SurveyShop, workers: list[WorkerProcess]) -> None:
    done = shop.microseg("plan")
    assert done.returncode == 0
    assert "these rules are live already" in done.stdout


def test_a_broken_folder_is_told_as_check_tells_it(shop: SurveyShop, tmp_path: Path) -> None:
    broken = folder(tmp_path / "broken", {"x": "whan: {count: views, at_least: 1}"})
    done = shop.microseg("plan", str(broken))
    assert (done.returncode, done.stdout) == (1, "")
    assert "active/x.yaml:2:1: " in done.stderr


def test_applying_asks_first(shop: SurveyShop, workers: list[WorkerProcess]) -> None:
    keyboard, terminal = os.openpty()
    os.write(keyboard, b"n\n")
    command = [sys.executable, "-m", "streams.cli", "plan", str(shop.planned), "--apply"]
    done = subprocess.run(
        command, env=shop.environ, cwd=ROOT, stdin=terminal, capture_output=True, text=True, timeout=120, check=False
    )
    os.close(terminal)
    os.close(keyboard)
    assert (done.returncode, "live now" in done.stdout) == (0, False)
    assert done.stderr == f"make the rules of {shop.planned} live? [y/N] "
    assert not shop.plan()["unchanged"]


def test_applying_makes_the_rules_live_everywhere(shop: SurveyShop, workers: list[WorkerProcess]) -> None:
    refused = shop.microseg("plan", str(shop.planned), "--apply")
    assert (refused.returncode, "add --yes" in refused.stderr) == (2, True)
    applied = shop.told("plan", str(shop.planned), "--apply", "--yes")["applied"]
    for worker in workers:
        worker.wait_for(f"rules {applied} of")
    until(lambda: shop.plan()["unchanged"], 30)
    assert not any(one["entering"] or one["leaving"] for one in shop.plan()["segments"])


def test_without_a_worker_nobody_answers(kafka: str, tmp_path: Path) -> None:
    lonely = SurveyShop(kafka, tmp_path)
    done = lonely.microseg("plan", "--wait", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "microseg: no worker answered within 1 s; is one running? (microseg run)\n"
