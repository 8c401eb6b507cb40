"""A rule folder that is edited under a running worker, also badly."""

from __future__ import annotations

import time
from pathlib import Path

from streams.rulebook.guard import MANY_CUSTOMERS
from tests.faults.crew import Member
from tests.faults.judge import Outcome, judged
from tests.faults.shop_events import RULES
from tests.faults.stage import Stage, stage

RATE = 300.0
HURT_RULE, DELETED_RULE, RENAMED_RULE, NEW_NAME = "large-orders", "new-buyer", "here-today", "came-today"
SEEN_SECONDS = 1.5  # an edit is over when nothing has moved for a second


def rule_files() -> Outcome:
    """A file is broken, half-written, deleted and renamed while events flow; each time the good rules go on."""
    with stage(course=False) as at:
        feed = at.feed(RATE)
        worker = at.crew.join()
        at.begins()
        if not at.watch.until(lambda: _members(at) > 2 * MANY_CUSTOMERS, 60):
            at.faults.append(f"{DELETED_RULE} has only {_members(at)} members")
        active = at.rules / "active"
        feed.pause()  # the shop's time runs fast: in the seconds of an edit its new buyers would be new no more
        _delete(worker, active / f"{DELETED_RULE}.yaml")
        feed.go_on()
        _break(worker, active / f"{HURT_RULE}.yaml")
        _write_in_halves(worker, active / f"{HURT_RULE}.yaml")
        _rename(worker, at.rules)
        at.flows(time.monotonic())
        feed.stop()
        at.curtain()
        if worker.ends:
            at.faults.append("the worker ended")
        return judged(at, 4)


def _members(at: Stage) -> int:
    return sum(DELETED_RULE in segments for segments in list(at.watch.subscriber.segments.values()))


def _break(worker: Member, file: Path) -> None:
    good, times = file.read_text(encoding="utf-8"), worker.said.count("stay live")
    file.write_text(good.replace("average", "averge"), encoding="utf-8")
    worker.await_text("stay live", times)
    _mend(worker, file, good)


def _write_in_halves(worker: Member, file: Path) -> None:
    """Half of a file is there for longer than an edit takes."""
    good, times = file.read_text(encoding="utf-8"), worker.said.count("stay live")
    file.write_text(good[: good.index("at_least")], encoding="utf-8")
    worker.await_text("stay live", times)
    time.sleep(SEEN_SECONDS)
    _mend(worker, file, good)


def _mend(worker: Member, file: Path, good: str) -> None:
    times = worker.said.count("is good again")
    file.write_text(good, encoding="utf-8")
    worker.await_text("is good again", times)


def _delete(worker: Member, file: Path) -> None:
    """A segment of many customers is not emptied by a file that is gone."""
    good = file.read_text(encoding="utf-8")
    file.unlink()
    worker.await_text("nothing goes live", 0)
    file.write_text(good, encoding="utf-8")
    time.sleep(SEEN_SECONDS)


def _rename(worker: Member, rules: Path) -> None:
    """The old name is retired, as the guard asks, the new one goes live."""
    times = worker.said.count("are live")
    (rules / "retired").mkdir(exist_ok=True)
    (rules / "retired" / f"{RENAMED_RULE}.yaml").write_text(f"title: old\n{RULES[RENAMED_RULE]}\n", encoding="utf-8")
    (rules / "active" / f"{RENAMED_RULE}.yaml").rename(rules / "active" / f"{NEW_NAME}.yaml")
    worker.await_text("are live", times)
