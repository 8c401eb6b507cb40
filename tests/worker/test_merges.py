"""Merges over four partitions of real workers, one of which is killed: it ends as in a replay."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from streams.engine.replay import final_segments
from streams.rules.load import load_rules
from streams.settings import load_settings
from streams.worker.topics import MEMBERSHIPS
from tests.faults.merging import identities
from tests.faults.shop_events import erasures, shop_events, write_rules
from tests.worker.shop import ROOT, SharedTopic, Shop, read_log, until

#: nothing that time alone changes: with ``clock = event`` each partition has a time of its own
RULES = {
    "looker": "when: {count: views, at_least: 2}",
    "buyer": "when: {count: purchases, at_least: 1}",
    "refunder": "everyone: true\nwhen: {count: refunds, at_least: 1}",
    "shoes": "when: {count: views, where: {category: shoes}, at_least: 1}",
    "gold": "when: {profile: tier, is: gold}",
    "reader": "when: {count: emails, where: {opened: true}, at_least: 1}",
}
TOPIC_OF = {"view": "views", "cart": "views", "purchase": "purchases", "refund": "purchases", "email": "emails"}


class MergeShop(Shop):
    """A shop whose events were sent to four topics of four partitions."""

    def __init__(self, broker: str, directory: Path) -> None:
        rules = write_rules(directory / "rules", RULES)
        super().__init__(broker, directory, MICROSEG_RULES=str(rules), MICROSEG_CLOCK="event")
        self.memberships = SharedTopic(broker)
        self.events: list[dict[str, Any]] = []

    def say(self, *events: dict[str, Any]) -> None:
        """Sends events, whose customers get the shop's name."""
        mine = [
            event | {name: f"{self.name}-{event[name]}" for name in ("user", "from") if name in event}
            for event in events
        ]
        self.events += mine
        self.send(
            [
                (TOPIC_OF.get(event["type"], "profiles"), said["user"], json.dumps(event))
                for event, said in zip(mine, events, strict=True)
            ]
        )

    def ends(self) -> dict[str, list[str]]:
        """Each customer's segments as published, without those who are in none."""
        found = {key.decode(): json.loads(value)["segments"] if value else [] for key, value in self.memberships.read()}
        return {user: segments for user, segments in found.items() if segments and user.startswith(f"{self.name}-")}

    def expected(self) -> dict[str, list[str]]:
        """The same by a replay."""
        rules = load_rules(Path(self.environ["MICROSEG_RULES"]))
        found = final_segments([json.dumps(event).encode() for event in self.events], rules)
        return {user: segments for user, segments in found.items() if segments}

    def explained(self, user: str, *words: str) -> str:
        """What ``microseg explain`` prints."""
        command = [sys.executable, "-m", "streams.cli", "explain", f"{self.name}-{user}", *words]
        done = subprocess.run(command, env=self.environ, cwd=ROOT, capture_output=True, text=True, check=True)
        return done.stdout


@pytest.fixture
def shop(kafka: str, tmp_path: Path) -> MergeShop:
    made = MergeShop(kafka, tmp_path)
    made.create_topics(*made.topics.values())
    return made


def test_two_workers_one_killed_then_drained(shop: MergeShop) -> None:
    lines = identities(erasures(shop_events(7, 60), random.Random(1)), random.Random(2))
    events = [json.loads(line) for line in islice(lines, 6_000)]
    shop.say(*events[:3_000])
    quick = {"module": "streams.cli", "MICROSEG_CHECKPOINT_EVERY": "20ms"}
    with shop.worker("run", MICROSEG_WORKER="w2", **quick) as second:
        second.wait_for("open after", 60)
        with shop.worker("run", MICROSEG_WORKER="w1", **quick) as first:
            first.wait_for("open after", 60)
            shop.say(*events[3_000:])
            time.sleep(0.3)
            first.kill()
        second.kill()
    with shop.worker("run", "--until-drained", "--json", module="streams.cli") as last:
        assert last.wait(90) == 0, last.said
        assert shop.ends() == shop.expected()
    settings = load_settings(None, shop.environ)
    newest = {(one.partition, one.key): one.value for one in read_log(shop.broker, settings.identity)}
    assert len(newest) > 300
    assert not any(newest.values())


def test_an_absorbed_id_is_explained_and_its_stragglers_reach_the_survivor(shop: MergeShop) -> None:
    view = {"type": "view", "product": "p", "at": 1_767_225_600_000}
    shop.say({**view, "user": "anna", "id": "a"}, {**view, "user": "ana", "id": "b"})
    with shop.worker("run", module="streams.cli") as worker:
        worker.wait_for("open after", 60)
        shop.say({"type": "merge", "user": "ana", "from": "anna", "id": "m", "at": 1_767_225_600_500})
        until(lambda: shop.ends() == {f"{shop.name}-ana": ["looker"]}, 30)
        shop.say({"type": "purchase", "order": "o", "user": "anna", "id": "c", "at": 1_767_225_600_900})
        until(lambda: shop.ends() == {f"{shop.name}-ana": ["buyer", "looker"]}, 30)
        ana, since = f"{shop.name}-ana", "2026-01-01 00:00:00.500+00:00"
        assert shop.explained("anna") == f"{shop.name}-anna is {ana} since {since}: microseg explain {ana}\n"
        assert json.loads(shop.explained("anna", "--json"))["merged_into"] == ana
        assert [one["segment"] for one in json.loads(shop.explained("ana", "--json"))["segments"] if one["in"]] == [
            "buyer",
            "looker",
        ]


def test_nothing_that_is_kept_names_who_was_erased(shop: MergeShop) -> None:
    """Neither the survivor nor the absorbed id, nor what they alone looked at, in what compaction leaves of a topic."""
    view: dict[str, Any] = {"type": "view", "product": "p", "at": 1_767_225_600_000}
    said = {"product": "for Ana Ames alone", "category": ["ames", "family"]}
    shop.say({**view, **said, "user": "anna", "id": "a"}, {**view, "user": "ana", "id": "b"})
    shop.say(
        {**view, "user": "bob", "id": "c"},
        {"type": "profile", "user": "ana", "id": "p", "set": {"ames": "yes"}, "at": view["at"]},
    )
    secrets = [text.encode() for text in (f"{shop.name}-ana", f"{shop.name}-anna", "Ames", "ames")]
    settings = load_settings(None, shop.environ)
    compacted = (settings.changelog, settings.identity, MEMBERSHIPS)

    def kept() -> bytes:
        newest = {
            (topic, one.partition, one.key): one.value for topic in compacted for one in read_log(shop.broker, topic)
        }
        return b" ".join(part for (_, _, key), value in newest.items() if value for part in (key or b"", value))

    with shop.worker("run", module="streams.cli") as worker:
        worker.wait_for("open after", 60)
        shop.say({"type": "merge", "user": "ana", "from": "anna", "id": "m", "at": view["at"] + 500})
        until(lambda: shop.ends() == {f"{shop.name}-ana": ["looker"]}, 30)
        assert secrets[0] in kept()
        assert secrets[2] in kept()
        shop.say({"type": "erase", "user": "ana", "id": "e", "at": view["at"] + 900})
        until(lambda: not any(secret in kept() for secret in secrets), 30)
        shop.say({**view, "user": "anna", "id": "d", "at": view["at"] + 1_000})
        until(lambda: f"{shop.name}-ana".encode() in kept(), 30)  # the merge stays in force
    with shop.worker("run", "--until-drained", "--json", module="streams.cli") as last:
        assert last.wait(90) == 0, last.said
        assert shop.ends() == shop.expected()
