"""``microseg subscribe`` against a real broker."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import pytest
from confluent_kafka import Producer

from streams.cli import main
from streams.clients.settings_file import write_settings
from streams.clients.topics import prepare
from streams.settings import load_settings

SECONDS = ("--seconds", "3")


@pytest.fixture
def user() -> str:
    """A customer of this test's own: the topic is everybody's."""
    return f"ana-{uuid.uuid4().hex[:8]}"


@pytest.fixture
def config(kafka: str, tmp_path: Path) -> Path:
    file = write_settings(tmp_path / "microseg.toml", {"broker": kafka, "application": "subscribed"})
    prepare(load_settings(file, {}))
    return file


def record(user: str, seq: int, entered: list[str], exited: list[str], segments: list[str]) -> bytes:
    why = {name: [{"count": "views", "value": 6}] for name in (*entered, *exited)}
    body = {"user": user, "seq": seq, "at": f"2026-05-0{seq}T05:00:00.000Z", "entered": entered, "exited": exited}
    cause = {"kind": "time"} if exited else {"kind": "event", "id": "e1"}
    return json.dumps({**body, "segments": segments, "rules": "9f2c51d0a7be", "cause": cause, "why": why}).encode()


def publish(kafka: str, user: str, values: list[bytes | None], *, commit: bool = True) -> None:
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": f"test-{user}"})
    producer.init_transactions(20)
    producer.begin_transaction()
    for value in values:
        producer.produce("segment-memberships", value, user.encode())
    producer.flush(20)
    if commit:
        producer.commit_transaction(20)
    else:
        producer.abort_transaction(20)


def subscribe(config: Path, *options: str) -> int:
    return main(["subscribe", "--config", str(config), "--from-beginning", *options])


def test_changes_in_words(kafka: str, config: Path, user: str, capsys: pytest.CaptureFixture[str]) -> None:
    publish(kafka, user, [record(user, 1, ["a", "b"], [], ["a", "b"]), record(user, 2, [], ["a"], ["b"]), None])

    assert subscribe(config, "--customer", user, "--count", "3") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"2026-05-01T05:00:00.000Z {user} entered a (6 views)",
        f"2026-05-01T05:00:00.000Z {user} entered b (6 views)",
        f"2026-05-02T05:00:00.000Z {user} left a (time passed: 6 views)",
        f"{user} was erased",
    ]


def test_records_as_they_are(kafka: str, config: Path, user: str, capsys: pytest.CaptureFixture[str]) -> None:
    raw = record(user, 1, ["a"], [], ["a"])
    publish(kafka, user, [raw, None])

    assert subscribe(config, "--customer", user, "--json", "--count", "2") == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first == raw.decode()
    assert json.loads(second) == {"user": user, "erased": True}


def test_one_segment(kafka: str, config: Path, user: str, capsys: pytest.CaptureFixture[str]) -> None:
    values = [record(user, 1, [f"s-{user}", "x"], [], [f"s-{user}", "x"]), record(user, 2, [], ["x"], [f"s-{user}"])]
    publish(kafka, user, list(values))

    assert subscribe(config, "--segment", f"s-{user}", "--customer", user, *SECONDS) == 0
    assert capsys.readouterr().out.splitlines() == [f"2026-05-01T05:00:00.000Z {user} entered s-{user} (6 views)"]


def test_what_was_not_committed_never_shows(
    kafka: str, config: Path, user: str, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(kafka, user, [record(user, 1, ["never"], [], ["never"])], commit=False)
    publish(kafka, user, [record(user, 1, ["a"], [], ["a"])])

    assert subscribe(config, "--customer", user, "--count", "1", *SECONDS) == 0
    assert "never" not in capsys.readouterr().out


def test_without_from_beginning_the_past_is_left_out(
    kafka: str, config: Path, user: str, capsys: pytest.CaptureFixture[str]
) -> None:
    publish(kafka, user, [record(user, 1, ["a"], [], ["a"])])

    assert main(["subscribe", "--config", str(config), "--customer", user, "--seconds", "1"]) == 0
    assert capsys.readouterr().out == ""


def test_a_broker_that_is_away(
    config: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROSEG_BROKER_WAIT", "500ms")
    monkeypatch.setenv("MICROSEG_BROKER", "127.0.0.1:1")

    assert subscribe(config) == 2
    assert "the broker 127.0.0.1:1 did not answer" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--seconds", "--count"])
def test_odd_arguments(option: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["subscribe", option, "0"])

    assert ended.value.code == 2
