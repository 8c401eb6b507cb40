"""``microseg load`` against a real broker."""

from __future__ import annotations

import gzip
import io
import json
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

import pytest
import zstandard
from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]  # its stubs miss NewTopic

from streams.cli import main
from streams.clients.settings_file import one_topic, write_settings
from streams.rows.home import home_partition

TOPICS = ("views", "purchases", "emails", "profiles")
GOOD = [
    {"type": "view", "user": "ana", "at": 1767225600000, "product": "p1"},
    {"type": "cart", "user": "ana", "at": 1767225600001, "product": "p1"},
    {"type": "purchase", "user": "bén", "at": "2026-01-01T00:00:00Z", "order": "o1", "total": "19.90"},
    {"type": "refund", "user": "bén", "at": "2026-01-02T00:00:00Z", "order": "o1"},
    {"type": "email", "user": 42, "at": 1767225600000, "action": "sent", "message": "m1"},
    {"type": "profile", "user": "ana", "at": 1767225600000, "set": {"club": "gold"}},
    {"type": "erase", "user": "dan", "at": 1767225600000},
]
LINES = [json.dumps(event, ensure_ascii=False) for event in GOOD]


class Found(NamedTuple):
    key: str
    partition: int
    value: str


Read = Callable[[str], list[Found]]


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A prefix of this test's own for topics."""
    return f"load-{abs(hash(request.node.nodeid)) % 10**8}"


@pytest.fixture
def config(kafka: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MICROSEG_BROKER_WAIT", "500ms")
    topics = {f"topics.{topic}": f"{name}-{topic}" for topic in TOPICS}
    return write_settings(tmp_path / "microseg.toml", {"broker": kafka, "application": name, **topics})


@pytest.fixture
def read(kafka: str) -> Read:
    """Reads a topic of four partitions to its end."""

    def found(topic: str) -> list[Found]:
        config = {"group.id": "test", "enable.partition.eof": True, "fetch.wait.max.ms": 10}
        with closing(Consumer({"bootstrap.servers": kafka, **config})) as one:
            one.assign([TopicPartition(topic, number, 0) for number in range(4)])
            return _to_the_end(one)

    return found


def _to_the_end(consumer: Consumer) -> list[Found]:
    ended, found = 0, []
    deadline = time.monotonic() + 20
    while ended < 4:
        assert time.monotonic() < deadline
        for message in consumer.consume(1000, 0.2):
            if message.error():
                ended += 1
            else:
                key, value = message.key() or b"", message.value() or b""
                found.append(Found(key.decode(), message.partition() or 0, value.decode()))
    return found


def load(config: Path, *arguments: str | Path) -> int:
    return main(["load", "--config", str(config), *map(str, arguments)])


def test_each_type_goes_to_its_topic_and_each_customer_home(
    config: Path, name: str, read: Read, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(LINES), encoding="utf-8")

    assert load(config, file) == 0

    kinds = {topic: [json.loads(one.value)["type"] for one in read(f"{name}-{topic}")] for topic in TOPICS}
    assert {topic: sorted(found) for topic, found in kinds.items()} == {
        "views": ["cart", "view"],
        "purchases": ["purchase", "refund"],
        "emails": ["email"],
        "profiles": ["erase", "profile"],
    }
    every = [one for topic in TOPICS for one in read(f"{name}-{topic}")]
    assert sorted(one.value for one in every) == sorted(LINES)
    assert {one.key for one in every} == {"ana", "bén", "42", "dan"}
    assert all(one.partition == home_partition(one.key, 4) for one in every)
    out, err = capsys.readouterr()
    assert out.startswith("loaded 7 events in ")
    assert f"{name}-views 2" in out
    assert err == ""


def test_the_order_of_a_customers_events_is_kept(config: Path, name: str, read: Read, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    views = [{"type": "view", "user": "ana", "at": 1767225600000 + n, "product": "p"} for n in range(3_000)]
    file.write_text("".join(json.dumps(view) + "\n" for view in views))

    assert load(config, file) == 0
    assert [json.loads(one.value)["at"] for one in read(f"{name}-views")] == [view["at"] for view in views]


@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz", "jsonl.zst", "-"])
def test_files_may_be_packed_or_standard_input(
    suffix: str, config: Path, name: str, read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = "\n".join(LINES).encode()
    packed = {"gz": gzip.compress, "zst": zstandard.ZstdCompressor().compress}
    if suffix == "-":
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
        file = Path("-")
    else:
        file = tmp_path / f"events.{suffix}"
        file.write_bytes(packed.get(suffix.rpartition(".")[2], bytes)(data))

    assert load(config, file) == 0
    assert sum(len(read(f"{name}-{topic}")) for topic in TOPICS) == len(LINES)


def test_refused_lines_are_told_and_the_others_loaded(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = [
        "nonsense",
        "",
        '{"type": "view", "at": 1767225600000, "product": "p"}',
        '{"type": "walk", "user": "a", "at": 1}',
    ]
    first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
    first.write_text("\n".join([LINES[0], *bad]))
    second.write_text("\n".join(["[1]"] * 30 + [LINES[1]]))

    assert load(config, "--json", first, second) == 0
    out, err = capsys.readouterr()
    facts = json.loads(out)
    assert (facts["events"], facts["refused"]) == (2, 33)
    assert facts["first_refused"][1] == {
        "file": str(first),
        "line": 4,
        "reason": "user: missing, and the record has no key",
    }
    told = err.splitlines()
    assert told[0] == "microseg: 33 lines were refused:"
    assert told[1].startswith(f"  {first}:2: ")
    assert "  and 13 more" in told
    assert facts["refused_by_reason"][0]["count"] == 30


def test_nothing_but_refused_lines_is_a_failure(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("{}\n")
    assert load(config, file) == 1
    assert "loaded 0 events" in capsys.readouterr().out
    file.write_text("")
    assert load(config, file) == 0


def test_one_topic_for_all(kafka: str, config: Path, name: str, read: Read, tmp_path: Path) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text("\n".join(LINES), encoding="utf-8")
    topic = f"{name}-all"
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([NewTopic(topic, 4)])[topic].result(10)

    assert load(config, "--topic", topic, file) == 0
    assert len(read(topic)) == len(LINES)
    write_settings(config, {"broker": kafka, "application": f"{name}-one", **one_topic(topic)})
    assert load(config, file) == 0
    assert len(read(topic)) == 2 * len(LINES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["missing.jsonl"], "missing.jsonl: No such file or directory"),
        (["--topic", "no-such-topic", "-"], "there is no topic no-such-topic"),
    ],
)
def test_what_is_not_there(
    arguments: list[str], message: str, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert load(config, *arguments) == 2
    assert message in capsys.readouterr().err


def test_a_broken_file(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "events.jsonl.gz"
    file.write_bytes(gzip.compress("\n".join(LINES).encode())[:-20])

    assert load(config, file) == 2
    assert str(file) in capsys.readouterr().err


def test_a_broker_that_is_away(config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "events.jsonl"
    file.write_text(LINES[0])
    write_settings(config, {"broker": "127.0.0.1:1"})

    assert load(config, file) == 2
    assert "the broker 127.0.0.1:1 did not answer within 0.5 s" in capsys.readouterr().err
