"""Rules on their way from a folder to every worker, on a real broker; the partitions only count.

Most tests edit the folder of one running worker, which each finds as the first one did. What a worker starts with is in
``tests/rulebook/test_start.py``.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from streams.clients.topics import prepare
from streams.rulebook.edition import Edition, edition_of
from streams.rulebook.publish import publish
from streams.settings import Settings, load_settings
from tests.worker.ports import free_port
from tests.worker.shop import Shop, WorkerProcess, read_committed, rule_folder, until
from tests.worker.standin import QUIET_SECONDS

BROKEN = "title: T\nwhan: {count: views}\n"
Health = dict[str, Any]


CUSTOMERS = 110  # of whom 55 are in every-2, more than the guard lets go, and two in every-100


class RuleShop(Shop):
    """A shop with a rule folder that is edited while its workers run; ``/health`` of w1 tells what they make of it."""

    running: WorkerProcess
    before: list[Edition]

    def __init__(self, broker: str, directory: Path) -> None:
        self.folder = rule_folder(directory / "rules", "every-2")
        self.port = free_port()
        http = f"127.0.0.1:{self.port}"
        super().__init__(broker, directory, 2, MICROSEG_RULES=str(self.folder), MICROSEG_HTTP=http)

    def editions(self) -> list[Edition]:
        """What was published, in order."""
        found = read_committed(self.broker, "segment-rules")
        return [edition_of(value) for key, value in found if key.decode() == self.name and value.startswith(b"{")]

    def new_editions(self) -> list[Edition]:
        """What was published in this test."""
        return self.editions()[len(self.before) :]

    def live(self) -> list[str]:
        """The names of the files that are live."""
        return sorted(self.editions()[-1].files)

    def health(self) -> Health:
        """What ``/health`` of w1 says, also while it is opening partitions."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/health") as response:
                health: Health = json.load(response)
        except urllib.error.HTTPError as error:
            health = json.load(error)
        return health

    def rules(self) -> Health:
        """What it says of the rules."""
        rules: Health = self.health()["rules"]
        return rules

    def until_rules(self, holds: Callable[[Health], object]) -> Health:
        """Waits until ``/health`` says so."""
        until(lambda: holds(self.rules()))
        return self.rules()

    def file(self, name: str) -> Path:
        """A file in ``active/``."""
        return self.folder / "active" / name

    def settings(self) -> Settings:
        """Those of the workers."""
        return load_settings(None, self.environ)

    def reset(self) -> None:
        """The folder, and what is live, as at the beginning.

        First what is live and then the folder, whose edit is then none: the other way round the worker may publish the
        edit while this does, and a test would see an edition that it did not make.
        """
        with tempfile.TemporaryDirectory() as elsewhere:
            edition = publish(self.settings(), rule_folder(Path(elsewhere), "every-2"), force=True)
        self.until_rules(lambda rules: rules["since"] == edition.at)
        for path in [*self.folder.glob("retired/*"), *self.folder.glob("active/*")]:
            path.unlink()
        rule_folder(self.folder, "every-2")
        self.until_rules(lambda rules: rules["folder"] == "live" and rules["since"] == edition.at)
        self.before = self.editions()

    def put(self, value: bytes) -> None:
        """Puts a record into the topic of rules that no worker wrote."""
        producer = Producer({"bootstrap.servers": self.broker})
        producer.produce("segment-rules", value, self.name)
        producer.flush()

    def customers(self, count: int) -> None:
        """Sends an event of each of so many customers, and waits until all of them are published."""
        self.send([("views", f"u{number}", "1") for number in range(count)])
        until(lambda: len(self.changes()) == count)


@pytest.fixture
def shop(kafka: str, tmp_path: Path) -> RuleShop:
    return RuleShop(kafka, tmp_path)


@pytest.fixture(scope="module")
def running(kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RuleShop]:
    """A shop whose worker runs while all tests of this file edit its folder."""
    shop = RuleShop(kafka, tmp_path_factory.mktemp("running"))
    with shop.worker() as shop.running:
        shop.running.wait_for("open after")
        shop.customers(CUSTOMERS)
        yield shop


@pytest.fixture
def live(running: RuleShop) -> RuleShop:
    """The same, as it was at the beginning."""
    running.reset()
    return running


def test_what_is_broken_changes_nothing_and_is_told_until_it_is_mended(live: RuleShop) -> None:
    digest = live.rules()["digest"]
    live.file("every-3.yaml").write_text(BROKEN)
    broken = live.until_rules(lambda rules: rules["errors"])
    assert (broken["digest"], broken["folder"]) == (digest, "broken")
    assert broken["errors"][0].startswith("active/every-3.yaml:2:1: ")
    assert broken["errors"][0] in live.running.said

    live.file("every-3.yaml").write_text("")
    empty = live.until_rules(lambda rules: rules["errors"] and rules["errors"] != broken["errors"])
    assert (empty["digest"], empty["folder"]) == (digest, "broken")

    shutil.move(live.folder, live.folder.with_name("away"))
    gone = live.until_rules(lambda rules: rules["folder"] == "missing")
    assert (gone["digest"], len(gone["errors"])) == (digest, 1)

    shutil.move(live.folder.with_name("away"), live.folder)
    live.until_rules(lambda rules: rules["folder"] == "broken")
    live.file("every-3.yaml").unlink()
    mended = live.until_rules(lambda rules: rules["folder"] == "live")
    assert (mended["digest"], mended["errors"]) == (digest, [])
    live.running.wait_for("is good again")
    assert live.running.said.count(broken["errors"][0]) == 1
    assert live.new_editions() == []


def test_what_editors_leave_is_no_edit(live: RuleShop) -> None:
    for name in (".every-2.yaml.swp", ".#every-2.yaml", "every-2.yaml~", "4913", "#every-2.yaml#", ".half.yaml"):
        live.file(name).write_text(BROKEN)
    live.file("every-2.yaml").write_text("title: every-2\nwhen: {count: views, at")  # half of it
    live.until_rules(lambda rules: rules["folder"] == "broken")
    live.file("new").write_text("title: every-2\nwhen: {count: views, at_least: 2}\n")
    live.file("new").rename(live.file("every-2.yaml"))
    until(live.new_editions)
    live.until_rules(lambda rules: rules["folder"] == "live" and not rules["errors"])
    assert live.live() == ["active/every-2.yaml"]


def test_an_edit_that_lasts_is_read_when_it_is_over(live: RuleShop) -> None:
    """Files that come one by one, closer together than the quiet time, go live together."""
    pauses = 0  # of this process that were long enough to look like the edit's end
    for number in range(3, 8):
        before = time.monotonic()
        rule_folder(live.folder, f"every-{number}")
        time.sleep(QUIET_SECONDS / 3)
        pauses += time.monotonic() - before > QUIET_SECONDS * 2 / 3
    until(lambda: [edition for edition in live.new_editions() if len(edition.files) == 6])
    time.sleep(3 * QUIET_SECONDS)
    assert len(live.new_editions()) <= 1 + pauses


def test_titles_go_live_without_a_judgement(live: RuleShop) -> None:
    told = sum(len(records) for records in live.changes().values())
    live.file("every-2.yaml").write_text("title: Another\nwhen: {count: views, at_least: 1}\n")
    until(live.new_editions)
    (other,) = live.new_editions()
    live.until_rules(lambda rules: rules["since"] == other.at)
    assert (other.digest, other.history) == (live.before[-1].digest, live.before[-1].history)
    assert sum(len(records) for records in live.changes().values()) == told


def test_a_removal_that_would_empty_a_large_segment_is_held_back(live: RuleShop) -> None:
    rule_folder(live.folder, "every-100")
    until(lambda: live.live() == ["active/every-100.yaml", "active/every-2.yaml"])
    live.file("every-100.yaml").unlink()  # two customers
    until(lambda: live.live() == ["active/every-2.yaml"])
    live.until_rules(lambda rules: rules["folder"] == "live")

    (live.folder / "retired").mkdir(exist_ok=True)
    kept = live.file("every-2.yaml").read_text()
    live.file("every-2.yaml").unlink()
    rule_folder(live.folder, "every-5")
    held = live.until_rules(lambda rules: rules["held_back"])
    assert (held["folder"], held["held_back"]["removed"]) == ("held back", {"every-2": 55})
    live.running.wait_for(
        "no longer has every-2, a segment of 55 customers; nothing goes live: move the file to retired/"
    )
    assert live.live() == ["active/every-2.yaml"]

    (live.folder / "retired" / "every-2.yaml").write_text(kept)
    until(lambda: live.live() == ["active/every-5.yaml"])
    assert live.until_rules(lambda rules: rules["folder"] == "live")["held_back"] is None
    until(lambda: "every-2" not in live.changes()["u2"][-1]["segments"])


def test_a_renamed_file_is_a_removal_and_a_folder_that_takes_it_back_is_live(live: RuleShop) -> None:
    live.file("every-2.yaml").rename(live.file("every-02.yaml"))
    live.until_rules(lambda rules: rules["held_back"])
    live.file("every-02.yaml").rename(live.file("every-2.yaml"))
    rules = live.until_rules(lambda rules: rules["folder"] == "live")
    assert rules["held_back"] is None
    assert live.new_editions() == []


def test_what_is_held_back_and_then_broken_is_told_as_broken(live: RuleShop) -> None:
    live.file("every-2.yaml").unlink()
    rule_folder(live.folder, "every-100")
    live.until_rules(lambda rules: rules["held_back"])
    live.file("every-2.yaml").touch()
    broken = live.until_rules(lambda rules: rules["folder"] == "broken")
    assert broken["held_back"] is None
    rule_folder(live.folder, "every-2")
    until(lambda: live.live() == ["active/every-100.yaml", "active/every-2.yaml"])


def test_publishing_by_name_makes_live_what_is_held_back(live: RuleShop) -> None:
    live.file("every-2.yaml").unlink()
    rule_folder(live.folder, "every-7")
    live.until_rules(lambda rules: rules["held_back"])
    edition = publish(live.settings(), live.folder, force=True)
    rules = live.until_rules(lambda rules: rules["digest"] == edition.digest)
    assert (rules["held_back"], rules["folder"]) == (None, "live")
    assert live.live() == ["active/every-7.yaml"]


def test_a_folder_that_others_replaced_is_told_and_undoes_nothing(live: RuleShop, tmp_path: Path) -> None:
    elsewhere = rule_folder(tmp_path / "elsewhere", "every-2", "every-11")
    second = publish(live.settings(), elsewhere)
    rules = live.until_rules(lambda rules: rules["digest"] == second.digest)
    assert (rules["folder"], rules["files"]) == ("stale", 2)
    live.running.wait_for(f"has rules that others replaced (digest {live.before[-1].digest}); live is {second.digest}")
    assert "microseg plan --apply makes those of the folder live" in live.running.said
    time.sleep(3 * QUIET_SECONDS)
    assert live.new_editions() == [second]

    rule_folder(live.folder, "every-11")  # the same as what is live
    live.until_rules(lambda rules: rules["folder"] == "live")
    live.file("every-11.yaml").unlink()  # an edit that is seen may go back
    until(lambda: len(live.new_editions()) == 2)
    third = live.new_editions()[1]
    assert (third.digest, third.history[0]) == (live.before[-1].digest, second.digest)


def test_records_that_are_no_good_rules_change_nothing(live: RuleShop) -> None:
    old = live.before[-1]
    live.put(Edition("feedc0ffee00", {"active/a.yaml": BROKEN}, old.at, "w9", [old.digest]).to_bytes())
    rules = live.until_rules(lambda rules: rules["errors"])
    assert (rules["digest"], rules["errors"][1][:16]) == (old.digest, "active/a.yaml:2:")
    live.put(b"no rule set")
    rules = live.until_rules(lambda rules: "no rule set" in rules["errors"][0])
    assert rules["digest"] == old.digest
    rule_folder(live.folder, "every-9")
    rules = live.until_rules(lambda rules: rules["files"] == 2)
    assert (rules["folder"], rules["errors"]) == ("live", [])


def test_an_edit_on_one_machine_changes_both_and_sizes_are_those_of_both(shop: RuleShop) -> None:
    with shop.worker() as first:
        first.wait_for("open after")  # before the second starts, which has no rules of its own
        with shop.worker(MICROSEG_WORKER="w2", MICROSEG_RULES="none", MICROSEG_HTTP="") as second:
            until_shared(first, second)
            shop.customers(CUSTOMERS)
            before = shop.editions()[-1]
            rule_folder(shop.folder, "every-3")
            shop.until_rules(lambda rules: rules["digest"] != before.digest and not rules["rows_to_judge"])
            joined = len(range(0, CUSTOMERS, 3))
            until(lambda: sum(len(records) for records in shop.changes().values()) == CUSTOMERS + joined)
            shop.send([("views", f"u{number}", "1") for number in range(CUSTOMERS)])
            until(lambda: sum(len(records) for records in shop.changes().values()) == 2 * CUSTOMERS + joined)
            after = shop.editions()[-1]
            for worker in (first, second):
                worker.wait_for(f"rules {after.digest} of w1 are live: 2 rules")
            check_courses(shop, before, after)

            assert 10 < shop.health()["customers"] < 100
            shop.file("every-2.yaml").unlink()
            held = shop.until_rules(lambda rules: rules["held_back"])
            assert held["held_back"]["removed"] == {"every-2": 55}


def check_courses(shop: RuleShop, before: Edition, after: Edition) -> None:
    """An event under the old rules, a change by the new ones for those whom they let in, an event under the new."""
    assert (after.history, shop.live()) == ([before.digest], ["active/every-2.yaml", "active/every-3.yaml"])
    for customer, records in shop.changes().items():
        told = [record["rules"] for record in records]
        joins = int(customer[1:]) % 3 == 0
        assert told == [before.digest] + [after.digest] * (2 if joins else 1)
        assert [record["seq"] for record in records] == list(range(1, len(records) + 1))


def until_shared(first: WorkerProcess, second: WorkerProcess) -> None:
    """Waits until each of two workers holds one of the two partitions."""
    ends = [f"partitions {number} open" for number in (0, 1)]
    until(lambda: all(any(end in worker.said for end in ends) for worker in (first, second)), 30)


def test_what_was_removed_while_no_worker_ran_is_held_back_by_the_sizes(shop: RuleShop) -> None:
    shop.create_topics(*shop.topics.values())
    shop.send([("views", f"u{number}", "1") for number in range(CUSTOMERS)])
    assert shop.drain()["customers"] == CUSTOMERS
    shop.file("every-2.yaml").unlink()
    rule_folder(shop.folder, "every-100")
    with shop.worker("--until-drained", "--json") as worker:  # which waits for the decision
        assert worker.wait(60) == 0
    assert "no longer has every-2, a segment of 55 customers" in worker.said
    assert shop.live() == ["active/every-2.yaml"]


def test_a_worker_with_a_broken_folder_says_so_and_runs_by_what_was_published(shop: RuleShop) -> None:
    prepare(shop.settings())
    edition = publish(shop.settings(), shop.folder)
    shop.file("odd.yaml").write_text(BROKEN)
    with shop.worker() as worker:
        worker.wait_for("open after")
        rules = shop.rules()
        assert (rules["digest"], rules["since"], rules["files"]) == (edition.digest, edition.at, 1)
        assert (rules["folder"], rules["held_back"], rules["rows_to_judge"]) == ("broken", None, 0)
        assert rules["errors"][0].startswith("active/odd.yaml:2:1: ")
        lines = worker.said.splitlines()
        assert lines[0] == f"microseg: {rules['errors'][0]}"
        assert lines[1].endswith("rules is not good; looking for rules that were published before")
        assert any(line.endswith(f"the rules {edition.digest} stay live") for line in lines)
        shop.file("odd.yaml").unlink()
        assert shop.until_rules(lambda rules: rules["folder"] == "live")["errors"] == []
    assert worker.said.count(rules["errors"][0]) == 1
    assert shop.editions() == [edition]
