"""Surveys of running workers: a plan, an explanation and sizes are those of a replay of the same events."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from streams.engine.course import course_of
from streams.engine.partition import Partition
from streams.explanations.explain import Explanation, explanation
from streams.rules.load import load_rules
from streams.survey.asking import ask_explain, ask_plan, ask_sizes
from streams.survey.errors import SurveyError
from streams.survey.offline import replayed
from streams.worker.new_topics import Plan, admin_of, make_topics
from streams.worker.topics import MEMBERSHIPS
from tests.survey.survey_shop import LIVE, ODD, REFUSERS, USERS, SurveyShop, folder, timeless
from tests.worker.shop import ROOT, WorkerProcess, read_committed, until


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


def test_a_plan_is_that_of_a_replay(shop: SurveyShop, workers: list[WorkerProcess]) -> None:
    found = shop.plan()
    assert found == shop.offline()
    assert found == timeless(shop.told("plan", str(shop.planned), "--show", "99"))
    moves = {one["segment"]: (one["entering"], one["leaving"]) for one in found["segments"]}
    assert moves["buyer"][1] > 0
    assert moves["looker"][0] > 0
    assert found["customers"] == len(USERS)


def test_a_plan_is_printed_line_by_line_whatever_ids_hold(shop: SurveyShop, workers: list[WorkerProcess]) -> None:
    done = shop.microseg("plan", str(shop.planned), "--show", "99")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(line.isprintable() for line in done.stdout.splitlines())
    assert f"{shop.name}-a b\\nc" in done.stdout


def test_sizes_are_those_of_the_plan(shop: SurveyShop, workers: list[WorkerProcess]) -> None:
    before = {one["segment"]: one["before"] for one in shop.offline()["segments"] if one["mark"] != "new"}
    assert ask_sizes(shop.settings()) == before


def test_a_report_tells_how_many_may_not_be_mailed(shop: SurveyShop, workers: list[WorkerProcess]) -> None:
    make_topics(admin_of(shop.settings()), {shop.settings().outcomes: Plan(1, {})})  # nothing is tracked yet
    rows = shop.told("report", "--suppressed")["segments"]
    assert {row["segment"]: row["suppressed"] for row in rows if row["suppressed"]} == {"anyone": len(REFUSERS)}


@pytest.fixture(scope="module")
def replay(shop: SurveyShop) -> Partition:
    """All customers in one partition, by the pure core."""
    return replayed(shop.settings(), load_rules(Path(shop.environ["MICROSEG_RULES"])), [str(shop.events)])


def truth(replay: Partition, user: str) -> Explanation:
    """The explanation of a customer by a replay."""
    course = course_of(replay, user, replay.machine.clock_ms())
    assert course is not None
    return explanation(user, course, replay.program.rule_set)


def test_explanations_are_those_of_a_replay(shop: SurveyShop, workers: list[WorkerProcess], replay: Partition) -> None:
    for user in (f"{shop.name}-{name}" for name in (*USERS[:12], *ODD)):
        found = ask_explain(shop.settings(), user)
        assert found.findings == truth(replay, user)
        assert found.worker in ("w1", "w2")


def test_questions_at_one_time_do_not_disturb_each_other(
    shop: SurveyShop, workers: list[WorkerProcess], replay: Partition
) -> None:
    users = [f"{shop.name}-{name}" for name in USERS[:4]]
    with ThreadPoolExecutor(8) as pool:
        plans = [pool.submit(shop.plan) for _ in range(4)]
        answers = [pool.submit(ask_explain, shop.settings(), user) for user in users]
        assert [one.result().findings for one in answers] == [truth(replay, user) for user in users]
        expected = shop.offline()
        assert all(one.result() == expected for one in plans)


@pytest.mark.parametrize("user", ["u3", ODD[0]])
def test_the_command_tells_the_same(
    shop: SurveyShop, workers: list[WorkerProcess], replay: Partition, user: str
) -> None:
    found = shop.told("explain", f"{shop.name}-{user}")
    assert found == truth(replay, f"{shop.name}-{user}")
    published = [value for key, value in read_committed(shop.broker, MEMBERSHIPS) if key.decode() == found["user"]]
    assert [one["segment"] for one in found["segments"] if one["in"]] == json.loads(published[-1])["segments"]


def test_who_is_not_known_is_told_in_one_line(shop: SurveyShop, workers: list[WorkerProcess]) -> None:
    done = shop.microseg("explain", "nobody")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "microseg: nobody called 'nobody' is known: no event of theirs, or it was erased\n"


def test_every_partition_counts_once_while_partitions_move(shop: SurveyShop, workers: list[WorkerProcess]) -> None:
    """A third worker comes, asks begin at any moment of the rebalance, and it goes without a word."""
    expected = shop.offline()
    with started(shop, "w3") as third:
        while "open after" not in third.said:
            assert third.process.poll() is None, third.said
            assert shop.plan() == expected
        assert shop.plan() == expected
        third.process.send_signal(signal.SIGSTOP)  # it holds partitions and says nothing
        with pytest.raises(SurveyError, match="nobody answered for partition"):
            shop.plan(1)
    assert shop.plan() == expected


def test_a_folder_that_is_live_changes_nothing(shop: SurveyShop, workers: list[WorkerProcess]) -> None:
    done = shop.microseg("plan")
    assert done.returncode == 0
    assert "these rules are live already" in done.stdout


def test_a_broken_folder_is_told_as_check_tells_it(shop: SurveyShop, tmp_path: Path) -> None:
    broken = folder(tmp_path / "broken", {"x": "whan: {count: views, at_least: 1}", "y": "when: {count: vews}"})
    done, checked = shop.microseg("plan", str(broken)), shop.microseg("check", str(broken))
    assert (done.returncode, done.stdout) == (1, "")
    found = [line.removeprefix("microseg: ") for line in done.stderr.splitlines()]
    assert "active/x.yaml:2:1: " in found[0]
    assert any("active/y.yaml:2:" in line for line in found)
    assert set(found) <= set((checked.stdout + checked.stderr).replace("microseg: ", "").splitlines())


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
    found = shop.plan()
    assert found["unchanged"]
    assert not any(one["entering"] or one["leaving"] for one in found["segments"])


def test_without_a_worker_nobody_answers(kafka: str, tmp_path: Path) -> None:
    lonely = SurveyShop(kafka, tmp_path)
    done = lonely.microseg("plan", "--wait", "600")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"microseg: no worker of '{lonely.name}' is running; start one with: microseg run\n"
