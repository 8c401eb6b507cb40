"""A shop whose workers are asked: its rules, an edit of them, its events, and the truth by the pure core."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path
from typing import Any

from streams.plans.plan import Live, Plan, plan_of
from streams.rules.load import load_folder, load_rules
from streams.settings import Settings, load_settings
from streams.survey.asking import ask_plan
from streams.survey.offline import findings_of
from streams.survey.sums import summed
from tests.worker.shop import ROOT, Shop

START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
HOUR_MS = 3_600_000
LIVE = {
    "keen": "when: {count: views, last: 7d, at_least: 3}",
    "fan": "when: {count: views, where: {category: $each}, at_least: 2}\nfor_each: category",
    "buyer": "when: {count: purchases, at_least: 1}",
    "anyone": "when: {count: views, at_least: 1}\neveryone: true",
    "kept": "when: {count: views, last: 1d, at_least: 3}\nkeep_for: 5d",
    "waiting": "when: {count: views, last: 3d, at_least: 1}\nfor: 1d",
    "wooed": "when: {all: [{segment: kept}, {segment: waiting, is: false}]}",
}
PLANNED = {
    "keen": "when: {count: views, last: 7d, at_least: 2}",
    "fan": LIVE["fan"],
    "kept": LIVE["kept"],
    "looker": "when: {all: [{segment: keen}, {count: purchases, exactly: 0}]}",
}


#: Ids that are hard to write, ask for or print; the last ones are one character in two ways of writing it.
ODD = ["a b\nc", "[bold]x[/]", 'quo"te\\', "x/y,z=1", "東京 ✓", "\x1b[31mred", "é", "e\u0301", "-x"]
USERS = [*(f"u{number}" for number in range(50)), *ODD]
REFUSERS = USERS[20:23]


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
        found += [self._view(user, count * HOUR_MS) for user in USERS]
        found += [self._refusal(user, count * HOUR_MS) for user in REFUSERS]
        self.events.write_text("".join(f"{json.dumps(event)}\n" for event in found))
        # all on one topic, so that none comes late, which rules that last would notice
        self.send([("views", event["user"].partition("-")[2], json.dumps(event)) for event in found])

    def _event(self, chance: random.Random, number: int) -> dict[str, Any]:
        user = chance.choice(USERS)
        if chance.random() < 0.1:
            order = {"type": "purchase", "order": f"o{number}", "items": [], "total": 5, "id": f"e{number}"}
            return {**order, "user": f"{self.name}-{user}", "at": START_MS + number * HOUR_MS}
        return self._view(user, number * HOUR_MS, category=chance.choice(("Bags", "Shoes", "Hats")))

    def _refusal(self, user: str, past_ms: int) -> dict[str, Any]:
        head = {"type": "email", "id": f"{user}-no", "user": f"{self.name}-{user}", "message": f"{user}-m"}
        return {**head, "action": "unsubscribed", "at": START_MS + past_ms}

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

    def plan(self, wait_s: float = 60) -> Plan:
        """The plan of the edit by the workers, without what depends on when it was made."""
        loaded = load_folder(self.planned)
        return timeless(summed(ask_plan(self.settings(), loaded.texts, 99, wait_s), loaded.rule_set, 99))

    def offline(self) -> Plan:
        """The same by the pure core on the same events."""
        live, planned = load_rules(Path(self.environ["MICROSEG_RULES"])), load_rules(self.planned)
        found = findings_of(self.settings(), live, planned, [str(self.events)], 99)
        return timeless(plan_of(found, planned, Live.of(live), found.at_ms, found.at_ms, 99))

    def settings(self) -> Settings:
        """The settings that the environment gives."""
        return load_settings(None, self.environ)


def folder(at: Path, rules: dict[str, str]) -> Path:
    """A rule folder."""
    (at / "active").mkdir(parents=True)
    for name, text in rules.items():
        (at / "active" / f"{name}.yaml").write_text(f"title: {name}\n{text}\n")
    return at


def timeless(plan: Plan) -> Plan:
    """A plan without the instants of the counts."""
    return {name: value for name, value in plan.items() if name != "taken"}
