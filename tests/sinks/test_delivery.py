"""``microseg deliver`` for sinks over HTTP, with a real Kafka: the topic, the ledger and what was not taken."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from confluent_kafka import Consumer

from streams.cli import main
from streams.embedded.kafka import running_kafka
from streams.jobs.errors import JobError
from streams.settings import Settings, load_settings
from streams.sinks.delivery.book import NOWHERE, Row, Standing
from streams.sinks.delivery.ledger import KafkaLedger, Letter, letters_topic
from streams.worker.clock import WallClock
from tests.sinks.conformance.klaviyo import KlaviyoStandIn
from tests.sinks.conformance.webhooks import Receiver
from tests.sinks.conformance.world import Watch
from tests.sinks.shelf import Course, publish, settings_for


class Now(Watch):
    """The machine's time."""

    def now_ms(self) -> int:
        return WallClock().now_ms()


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("delivery")
    with running_kafka(home / "kafka", 0) as address:
        settings_for(address, home)
        yield address


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(Now()) as one:
        yield one


def written(tmp_path: Path, broker: str, sink: str) -> Path:
    file = tmp_path / "m.toml"
    file.write_text(f'broker = "{broker}"\napplication = "app-{uuid.uuid4().hex[:6]}"\n\n[sinks.mail]\n{sink}')
    return file


def webhook(tmp_path: Path, broker: str, url: str) -> Path:
    return written(tmp_path, broker, f'kind = "webhook"\nurl = "{url}"\nkey = "right-key"\n')


def delivered(config: Path, *more: str) -> int:
    return main(["deliver", "mail", "--until-drained", "--config", str(config), *more])


def of(receiver: Receiver, prefix: str) -> dict[str, set[str]]:
    return {user: has for user, has in receiver.has().items() if user.startswith(prefix)}


def test_from_kafka_to_a_webhook_and_on(
    tmp_path: Path, broker: str, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    ana, bob = Course("on-ana"), Course("on-bob")
    publish(broker, [ana.to("a"), ana.to("a", "b"), bob.to("a"), bob.erased()])
    config = webhook(tmp_path, broker, receiver.url)
    assert delivered(config, "--json") == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["undelivered"] == 0
    assert "delivering to mail, webhook at http://127.0.0.1:" in said.err
    assert "right-key" not in said.err
    assert of(receiver, "on-") == {"on-ana": {"a", "b"}}
    publish(broker, [ana.to("b"), ana.to(), bob.to("c")])
    before = len(receiver.in_order)
    assert delivered(config) == 0
    told = [(one["user"], one["seq"], one["kind"]) for one in receiver.in_order[before:]]
    assert sorted(told) == [("on-ana", 3, "change"), ("on-ana", 4, "change"), ("on-bob", 2, "truth")]
    calls = len(receiver.seen)
    assert delivered(config) == 0
    assert len(receiver.seen) == calls
    receiver.forget()
    assert delivered(config, "--rebuild") == 0
    assert of(receiver, "on-") == {"on-bob": {"c"}}
    publish(broker, [bob.to()])


def test_what_is_not_taken_is_kept(tmp_path: Path, broker: str, receiver: Receiver) -> None:
    ana = Course("bad-ana")
    publish(broker, [ana.to("a")])
    receiver.bad = {"bad-ana"}
    config = webhook(tmp_path, broker, receiver.url)
    assert delivered(config) == 0
    settings = load_settings(config, {})
    consumer = Consumer({"bootstrap.servers": broker, "group.id": "bad", "auto.offset.reset": "earliest"})
    consumer.subscribe([letters_topic(settings)])
    message = consumer.poll(30)
    consumer.close()
    assert message is not None
    assert json.loads(message.value() or b"") == {
        "sink": "mail",
        "user": "bad-ana",
        "seq": 1,
        "erased": False,
        "segments": ["a"],
        "reason": "207 with 422",
    }
    publish(broker, [ana.to()])


def test_a_dry_run_prints_calls_and_makes_none(tmp_path: Path, broker: str, capsys: pytest.CaptureFixture[str]) -> None:
    ana, bob = Course("dry-ana"), Course("dry-bob")
    publish(broker, [ana.to("a"), bob.to("a"), bob.to()])
    with KlaviyoStandIn(Now()) as far:
        config = written(
            tmp_path, broker, f'kind = "klaviyo"\nurl = "{far.url}"\nkey = "hidden"\n[sinks.mail.lists]\na = "L1"\n'
        )
        assert delivered(config, "--dry-run") == 0
        said = capsys.readouterr()
        assert far.seen == []
        methods = [" ".join(line.split(" ", 2)[:2]).partition("?")[0] for line in said.out.splitlines()]
        assert methods[:2] == ["GET /api/profiles", "POST /api/profile-bulk-import-jobs"]
        assert "DELETE /api/lists/L1/relationships/profiles" in methods
        assert '"external_id":"dry-ana","properties":{"microseg_segments":["a"]}' in said.out
        assert "hidden" not in said.out + said.err
        config.write_text(config.read_text().replace("hidden", "right-key"))
        assert delivered(config) == 0
        assert far.has()["dry-ana"] == {"a"}
    publish(broker, [ana.to()])


def test_a_ledger_keeps_rows_and_shuts_out_who_came_before(broker: str, tmp_path: Path) -> None:
    settings: Settings = replace(load_settings(webhook(tmp_path, broker, "http://x"), {}), sinks={})
    first, second = KafkaLedger(settings, "two"), KafkaLedger(settings, "two")
    assert first.load()[1] == Standing({})  # there is no topic yet
    first.open()
    rows = {"ana": Row(3, 17, ("a", "b"), 1, "far"), "bob": Row(1, 5, (), 1, gone=2), "eve": Row(1, 1, ("a",), 1)}
    standing = Standing({0: 18, 3: 2}, 1, False, 99)
    first.write([*rows.items()], standing, [Letter("eve", 1, False, ("a",), "why")])
    first.write([("eve", None)], standing)
    second.open()
    with pytest.raises(JobError, match="another microseg deliver runs for the sink two; this one stops"):
        first.write([("ana", None)], standing)
    book, found = second.load()
    del rows["eve"]
    assert dict(book.all()) == rows
    assert found == standing
    assert rows["ana"].gone == NOWHERE


def test_what_is_wrong_is_one_line(tmp_path: Path, broker: str, capsys: pytest.CaptureFixture[str]) -> None:
    config = webhook(tmp_path, broker, "http://127.0.0.1:1")
    assert main(["deliver", "mial", "--config", str(config)]) == 2
    assert capsys.readouterr().err == "microseg: no sink is named mial; did you mean mail?\n"
    assert main(["deliver", "xyz", "--config", str(config)]) == 2
    assert capsys.readouterr().err == "microseg: no sink is named xyz; there are: redis, mail\n"
    assert main(["deliver", "redis", "--dry-run", "--config", str(config)]) == 2
    assert "redis has no dry run" in capsys.readouterr().err
