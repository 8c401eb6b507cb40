"""Rules on their way from a folder to every worker, on a real broker; the partitions only count."""

from __future__ import annotations

import json
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer

from streams.rulebook.edition import Edition, edition_of
from tests.worker.ports import free_port
from tests.worker.shop import Shop, WorkerProcess, read_committed, rule_folder, until

BROKEN = "title: T\nwhan: {count: views}\n"
Health = dict[str, Any]


class RuleShop(Shop):
    """A shop with a rule folder that is edited while its workers run; ``/health`` of w1 tells what they make of it."""

    def __init__(self, broker: str, directory: Path) -> None:
        self.folder = rule_folder(directory / "rules", "every-2")
        self.port = free_port()
        http = f"127.0.0.1:{self.port}"
        super().__init__(broker, directory, 2, MICROSEG_RULES=str(self.folder), MICROSEG_HTTP=http)

    def editions(self) -> list[Edition]:
        """What was published, in order."""
        found = read_committed(self.broker, "segment-rules")
        return [edition_of(value) for key, value in found if key.decode() == self.name]

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

    def customers(self, count: int) -> None:
        """Sends an event of each of so many customers, and waits until all of them are published."""
        self.send([("views", f"u{number}", "1") for number in range(count)])
        until(lambda: len(self.changes()) == count)


@pytest.fixture
def shop(kafka: str, tmp_path: Path) -> RuleShop:
    return RuleShop(kafka, tmp_path)


def opened(worker: WorkerProcess) -> WorkerProcess:
    worker.wait_for("open after")
    return worker


def until_shared(first: WorkerProcess, second: WorkerProcess) -> None:
    """Waits until each of two workers holds one of the two partitions."""
    ends = [f"partitions {number} open" for number in (0, 1)]
    until(lambda: all(any(end in worker.said for end in ends) for worker in (first, second)), 30)


def test_the_first_worker_publishes_its_folder_and_others_take_it(shop: RuleShop) -> None:
    with shop.worker() as worker:
        opened(worker)
    (edition,) = shop.editions()
    assert (list(edition.files), edition.worker, edition.history) == (["active/every-2.yaml"], "w1", [])
    with shop.worker(MICROSEG_RULES="nowhere") as worker:
        opened(worker)
        rules = shop.rules()
    assert (rules["digest"], rules["since"], rules["files"]) == (edition.digest, edition.at, 1)
    assert (rules["folder"], rules["held_back"], rules["rows_to_judge"]) == ("missing", None, 0)
    assert "nowhere: no rule folder" in rules["errors"][0]
    assert f"the rules {edition.digest} stay live" in worker.said
    assert len(shop.editions()) == 1


def test_an_edit_on_one_machine_changes_both(shop: RuleShop) -> None:
    with shop.worker() as first:
        opened(first)  # before the second starts, which has no rules of its own
        with shop.worker(MICROSEG_WORKER="w2", MICROSEG_RULES="none", MICROSEG_HTTP="") as second:
            opened(second)
            until(
                lambda: (
                    "partitions 0 open" in first.said + second.said or "partitions 1 open" in first.said + second.said
                )
            )
            shop.customers(40)
            before = shop.editions()[-1]
            rule_folder(shop.folder, "every-3")
            shop.until_rules(lambda rules: rules["digest"] != before.digest and not rules["rows_to_judge"])
            until(lambda: sum(len(records) for records in shop.changes().values()) == 40 + 14)
            shop.send([("views", f"u{number}", "1") for number in range(40)])
            until(lambda: sum(len(records) for records in shop.changes().values()) == 40 + 14 + 40)
            for worker in (first, second):
                worker.wait_for(f"rules {shop.editions()[-1].digest} of w1 are live: 2 rules")
    after = shop.editions()[-1]
    assert (after.history, shop.live()) == ([before.digest], ["active/every-2.yaml", "active/every-3.yaml"])
    for customer, records in shop.changes().items():
        told = [record["rules"] for record in records]
        joins = int(customer[1:]) % 3 == 0
        assert told == [before.digest] + [after.digest] * (2 if joins else 1)
        assert [record["seq"] for record in records] == list(range(1, len(records) + 1))


def test_what_is_broken_changes_nothing_and_is_told_until_it_is_mended(shop: RuleShop) -> None:
    with shop.worker() as worker:
        opened(worker)
        live = shop.rules()["digest"]
        shop.file("every-3.yaml").write_text(BROKEN)
        broken = shop.until_rules(lambda rules: rules["errors"])
        assert (broken["digest"], broken["folder"]) == (live, "broken")
        assert broken["errors"][0].startswith("active/every-3.yaml:2:1: ")
        assert broken["errors"][0] in worker.said

        shop.file("every-3.yaml").write_text("")
        empty = shop.until_rules(lambda rules: rules["errors"] and rules["errors"] != broken["errors"])
        assert (empty["digest"], empty["folder"]) == (live, "broken")

        shutil.move(shop.folder, shop.folder.with_name("away"))
        gone = shop.until_rules(lambda rules: rules["folder"] == "missing")
        assert (gone["digest"], len(gone["errors"])) == (live, 1)

        shutil.move(shop.folder.with_name("away"), shop.folder)
        shop.until_rules(lambda rules: rules["folder"] == "broken")
        shop.file("every-3.yaml").unlink()
        mended = shop.until_rules(lambda rules: rules["folder"] == "live")
        assert (mended["digest"], mended["errors"]) == (live, [])
        worker.wait_for("is good again")
    assert worker.said.count(broken["errors"][0]) == 1
    assert len(shop.editions()) == 1


def test_what_editors_leave_is_no_edit(shop: RuleShop) -> None:
    with shop.worker() as worker:
        opened(worker)
        for name in (".every-2.yaml.swp", ".#every-2.yaml", "every-2.yaml~", "4913", "#every-2.yaml#", ".half.yaml"):
            shop.file(name).write_text(BROKEN)
        shop.file("every-2.yaml").write_text("title: every-2\nwhen: {count: views, at")  # half of it
        shop.until_rules(lambda rules: rules["folder"] == "broken")
        shop.file("new").write_text("title: every-2\nwhen: {count: views, at_least: 2}\n")
        shop.file("new").rename(shop.file("every-2.yaml"))
        until(lambda: len(shop.editions()) == 2)
        shop.until_rules(lambda rules: rules["folder"] == "live" and not rules["errors"])
    assert shop.live() == ["active/every-2.yaml"]


def test_an_edit_that_lasts_is_read_when_it_is_over(shop: RuleShop) -> None:
    """Files that come one by one, closer together than the quiet time, go live together."""
    with shop.worker() as worker:
        opened(worker)
        for number in range(3, 8):
            rule_folder(shop.folder, f"every-{number}")
            time.sleep(0.4)
        until(lambda: len(shop.editions()) == 2)
        time.sleep(2)
    assert [len(edition.files) for edition in shop.editions()] == [1, 6]


def test_titles_go_live_without_a_judgement(shop: RuleShop) -> None:
    with shop.worker() as worker:
        opened(worker)
        shop.customers(10)
        shop.file("every-2.yaml").write_text("title: Another\nwhen: {count: views, at_least: 1}\n")
        until(lambda: len(shop.editions()) == 2)
        shop.until_rules(lambda rules: rules["since"] == shop.editions()[1].at)
    one, other = shop.editions()
    assert (one.digest, other.history) == (other.digest, [])
    assert sum(len(records) for records in shop.changes().values()) == 10


def test_a_removal_that_would_empty_a_large_segment_is_held_back(shop: RuleShop) -> None:
    rule_folder(shop.folder, "every-100")
    with shop.worker() as worker:
        opened(worker)
        shop.customers(110)
        shop.file("every-100.yaml").unlink()  # two customers
        until(lambda: shop.live() == ["active/every-2.yaml"])
        shop.until_rules(lambda rules: rules["folder"] == "live")

        (shop.folder / "retired").mkdir()
        kept = shop.file("every-2.yaml").read_text()
        shop.file("every-2.yaml").unlink()
        rule_folder(shop.folder, "every-5")
        held = shop.until_rules(lambda rules: rules["held_back"])
        assert (held["folder"], held["held_back"]["removed"]) == ("held back", {"every-2": 55})
        worker.wait_for(
            "no longer has every-2, a segment of 55 customers; nothing goes live: move the file to retired/"
        )
        assert shop.live() == ["active/every-2.yaml"]

        (shop.folder / "retired" / "every-2.yaml").write_text(kept)
        until(lambda: shop.live() == ["active/every-5.yaml"])
        assert shop.until_rules(lambda rules: rules["folder"] == "live")["held_back"] is None
        until(lambda: "every-2" not in shop.changes()["u2"][-1]["segments"])


def test_a_renamed_file_is_a_removal_and_a_folder_that_takes_it_back_is_live(shop: RuleShop) -> None:
    with shop.worker() as worker:
        opened(worker)
        shop.customers(110)
        shop.file("every-2.yaml").rename(shop.file("every-02.yaml"))
        shop.until_rules(lambda rules: rules["held_back"])
        shop.file("every-02.yaml").rename(shop.file("every-2.yaml"))
        rules = shop.until_rules(lambda rules: rules["folder"] == "live")
    assert rules["held_back"] is None
    assert len(shop.editions()) == 1


def test_the_sizes_are_those_of_all_workers(shop: RuleShop) -> None:
    """Each of the two has fewer customers in the segment than the guard lets go."""
    with shop.worker() as first, shop.worker(MICROSEG_WORKER="w2", MICROSEG_HTTP="") as second:
        opened(first)
        until_shared(first, second)
        shop.customers(110)
        assert 10 < shop.health()["customers"] < 100
        shop.file("every-2.yaml").unlink()
        rule_folder(shop.folder, "every-5")
        held = shop.until_rules(lambda rules: rules["held_back"])
        assert held["held_back"]["removed"] == {"every-2": 55}
        second.wait_for("no longer has every-2, a segment of 55 customers")


def test_publish_with_force_makes_live_what_is_held_back(shop: RuleShop) -> None:
    from streams.rulebook.guard import HeldBack
    from streams.rulebook.publish import publish
    from streams.settings import load_settings

    settings = load_settings(None, shop.environ)
    with shop.worker() as worker:
        opened(worker)
        shop.customers(110)
        shop.file("every-2.yaml").unlink()
        rule_folder(shop.folder, "every-7")
        shop.until_rules(lambda rules: rules["held_back"])
        with pytest.raises(HeldBack, match="would remove every-2; move the file to retired/"):
            publish(settings, shop.folder)
        edition = publish(settings, shop.folder, force=True)
        rules = shop.until_rules(lambda rules: rules["digest"] == edition.digest)
        assert (rules["held_back"], rules["folder"]) == (None, "live")
    assert publish(settings, shop.folder) == edition  # it is live already
    assert shop.live() == ["active/every-7.yaml"]


def test_a_stale_folder_does_not_undo_what_others_did(shop: RuleShop, tmp_path: Path) -> None:
    stale = tmp_path / "stale"
    shutil.copytree(shop.folder, stale)
    with shop.worker() as worker:
        opened(worker)
        rule_folder(shop.folder, "every-3")
        until(lambda: len(shop.editions()) == 2)
    with shop.worker(MICROSEG_RULES=str(stale)) as worker:
        opened(worker)
        worker.wait_for("has rules that others replaced")
        assert (shop.rules()["folder"], shop.rules()["files"]) == ("stale", 2)
        time.sleep(2)
        assert len(shop.editions()) == 2

        rule_folder(stale, "every-3")  # the same as what is live
        shop.until_rules(lambda rules: rules["folder"] == "live")
        (stale / "active" / "every-3.yaml").unlink()  # an edit that is seen may go back
        until(lambda: len(shop.editions()) == 3)
    first, second, third = shop.editions()
    assert (third.digest, third.history) == (first.digest, [second.digest])


def test_what_was_edited_while_no_worker_ran_goes_live_at_the_start(shop: RuleShop) -> None:
    shop.drain()
    rule_folder(shop.folder, "every-3")
    shop.send([("views", "u3", "1")])
    shop.drain()
    assert [record["segments"] for record in shop.changes()["u3"]] == [["every-3"]]
    assert [len(edition.files) for edition in shop.editions()] == [1, 2]


def test_what_was_removed_while_no_worker_ran_waits_for_the_sizes(shop: RuleShop) -> None:
    shop.create_topics(*shop.topics.values())
    shop.send([("views", f"u{number}", "1") for number in range(110)])
    assert shop.drain()["customers"] == 110
    shop.file("every-2.yaml").unlink()
    rule_folder(shop.folder, "every-100")
    shop.drain()  # which waits for the decision
    assert shop.live() == ["active/every-2.yaml"]
    with shop.worker() as worker:
        opened(worker)
        assert shop.until_rules(lambda rules: rules["held_back"])["held_back"]["removed"] == {"every-2": 55}
        shop.file("every-2.yaml").touch()  # an empty file, which is told instead
        shop.until_rules(lambda rules: rules["folder"] == "broken")
        rule_folder(shop.folder, "every-2")
        until(lambda: shop.live() == ["active/every-100.yaml", "active/every-2.yaml"])


def test_live_rules_that_this_version_refuses(shop: RuleShop) -> None:
    producer = Producer({"bootstrap.servers": shop.broker})
    shop.drain()
    old = shop.editions()[0]
    newer = Edition("feedc0ffee00", {"active/a.yaml": BROKEN}, old.at, "w9", [old.digest])
    with shop.worker() as running:
        opened(running)
        producer.produce("segment-rules", newer.to_bytes(), shop.name)
        producer.flush()
        rules = shop.until_rules(lambda rules: rules["errors"])
        assert (rules["digest"], rules["errors"][1][:16]) == (old.digest, "active/a.yaml:2:")
    with shop.worker() as worker:
        assert worker.wait(20) == 1
    assert "microseg: the live rules feedc0ffee00, published by w9, cannot be loaded" in worker.said
    assert "microseg: active/a.yaml:2:1: " in worker.said
    rule_folder(shop.folder, "every-3")
    with shop.worker() as worker:
        opened(worker)
        assert "instead" in worker.said
    assert shop.live() == ["active/every-2.yaml", "active/every-3.yaml"]
