"""A trial from its proposal to the move of its file, with the worker, tracking and the commands that people run."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.clients.outcomes import read_totals
from streams.engine.replay import replay_events
from streams.events.instants import stamp
from streams.rules.load import load_rules
from tests.tracking.test_track import Tracked
from tests.worker.shop import SharedTopic, WorkerProcess
from tests.worker.test_microseg_run import compiled

__all__ = ["compiled"]  # the fixture

T = 1_772_323_200_000  # 2026-03-01T00:00:00Z
HOUR, DAY = 3_600_000, 86_400_000
CUSTOMERS = 1_200
BROAD = "title: B\nwhen: {count: views, at_least: 1}\nemail: {strategy: s}\n"
KEEN = "title: K\nwhen: {count: views, at_least: 2}\nemail: {strategy: s}\ntrial: {against: broad, metric: clicks}\n"


class TrialShop(Tracked):
    """A shop with a rule folder of its own, in which events are the clock."""

    def __init__(self, broker: str, directory: Path) -> None:
        super().__init__(broker, directory)
        self.folder = directory / "rules"
        self.environ |= {"MICROSEG_RULES": str(self.folder), "MICROSEG_CLOCK": "event"}
        for name, text in (("active/broad", BROAD), (f"proposed/{self.keen}", KEEN)):
            path = self.folder / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        self.memberships = SharedTopic(broker)
        self.facts: list[dict[str, Any]] = []

    def microseg(self, *words: str) -> Any:
        """What a command tells as JSON."""
        process = WorkerProcess([sys.executable, "-m", "streams.cli", *words, "--json"], self.environ)
        assert process.wait(90) == 0, process.said
        told = json.loads(process.told)
        process.kill()
        return told

    def happens(self, topic: str, facts: list[dict[str, Any]]) -> None:
        """Events of the shop's customers, and all that the worker and tracking make of them."""
        self.facts += facts
        self.send([(topic, fact["user"].partition("-")[2], json.dumps(fact)) for fact in facts])
        self.microseg("run", "--until-drained")

    def newest(self) -> dict[str, Any]:
        """The newest record of each customer."""
        return {
            key.decode(): json.loads(value)
            for key, value in self.memberships.read()
            if key.startswith(f"{self.name}-".encode())
        }


def test_from_the_proposal_to_the_move(kafka: str, tmp_path: Path) -> None:
    shop = TrialShop(kafka, tmp_path)
    chance = random.Random(4)
    assert shop.microseg("trial", "start", shop.keen, "--at", stamp(T))["against"] == "broad"
    users = [f"{shop.name}-u{number}" for number in range(CUSTOMERS)]
    views = [
        {"type": "view", "id": f"{user}-v{n}", "user": user, "at": T + HOUR * (n + 1), "product": "p"}
        for user in users
        for n in range(2)
    ]
    shop.happens("views", views)
    arms = {user: record["arms"][shop.keen] for user, record in shop.newest().items()}
    assert arms.keys() == set(users)
    said = replay_events([orjson.dumps(fact) for fact in shop.facts], load_rules(shop.folder))
    assert {one["user"]: one["arms"][shop.keen] for one in said if "arms" in one} == arms
    mails = []
    for user, arm in arms.items():
        segment = shop.keen if arm == "treatment" else "broad"
        mail = {"type": "email", "user": user, "message": f"{user}-m", "segment": segment}
        mails.append({**mail, "id": f"{user}-s", "at": T + 2 * DAY, "action": "sent"})
        if chance.random() < (0.3 if arm == "treatment" else 0.1):
            mails.append({**mail, "id": f"{user}-c", "at": T + 2 * DAY + HOUR, "action": "clicked"})
    shop.happens("emails", mails)
    shop.track_all()
    totals = read_totals(shop.settings)
    mine = {one.arm: one for one in totals.trials if one.segment == shop.keen}
    assert {arm: one.customers for arm, one in mine.items()} == {
        arm: list(arms.values()).count(arm) for arm in ("treatment", "control")
    }
    assert {(one.segment, one.arm): one.sent for one in totals.days} == {
        (shop.keen, "treatment"): mine["treatment"].customers,
        ("broad", "control"): mine["control"].customers,
    }
    decided = shop.microseg("trial", "decide", shop.keen, "--at", stamp(T + 20 * DAY), "--apply")
    assert (decided["outcome"], decided["moved"]) == ("KEEP", True)
    assert (shop.folder / "active" / f"{shop.keen}.yaml").exists()
    shop.happens("views", [{"type": "view", "id": "last", "user": users[0], "at": T + 21 * DAY, "product": "p"}])
    after = shop.newest()
    assert after.keys() == set(users)
    assert all("arms" not in record and shop.keen in record["segments"] for record in after.values())
    shop.track_all()
    assert {one.arm: one for one in read_totals(shop.settings).trials if one.segment == shop.keen} == mine


def test_the_command_reads_what_tracking_published(kafka: str, tmp_path: Path) -> None:
    shop = TrialShop(kafka, tmp_path)
    shop.microseg("trial", "start", shop.keen, "--at", stamp(T))
    shop.track_all()
    (told,) = shop.microseg("trial", "status", "--at", stamp(T + DAY))["trials"]
    assert (told["outcome"], told["arms"]) == ("RUNNING", {})
    assert told["decided_from"] == stamp(T + 19 * DAY)


@pytest.mark.parametrize("action", ["status", "decide"])
def test_nobody_tracks(kafka: str, tmp_path: Path, action: str) -> None:
    shop = TrialShop(kafka, tmp_path)
    shop.microseg("trial", "start", shop.keen)
    words = [action, *([shop.keen] if action == "decide" else [])]
    process = WorkerProcess([sys.executable, "-m", "streams.cli", "trial", *words], shop.environ)
    assert process.wait(60) == 2
    assert f"there is no topic {shop.name}-outcomes" in process.said
    assert "does microseg track run?" in process.said
    assert "Traceback" not in process.said
    process.kill()
