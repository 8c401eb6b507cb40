"""``microseg deliver redis`` and ``microseg who`` as the processes that they are."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.cli import main
from streams.clients.settings_file import plain_environment, write_settings
from streams.embedded.kafka import running_kafka
from tests.sinks.shelf import Course, publish, settings_for


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("deliver")
    with running_kafka(home / "kafka", 0) as address:
        settings_for(address, home)
        publish(address, [Course("ana").to("a", "b"), Course("bob").to("a")])
        yield address


@pytest.fixture
def config(broker: str, valkey: str, tmp_path: Path) -> Path:
    application = f"deliver-{uuid.uuid4().hex[:6]}"
    return write_settings(tmp_path / "m.toml", {"broker": broker, "redis": valkey, "application": application})


def who(config: Path, *args: str) -> int:
    return main(["who", "--config", str(config), *args])


def test_delivered_and_listed(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["deliver", "redis", "--until-drained", "--json", "--config", str(config)]) == 0
    assert json.loads(capsys.readouterr().out) == {"records": 2, "built": 1, "waited": 0}
    assert who(config) == 0
    assert capsys.readouterr().out == "         2 a\n         1 b\n"
    assert who(config, "b") == 0
    assert capsys.readouterr().out == "2026-05-01T05:00:01.000Z ana\n"
    assert who(config, "a", "--newest", "1", "--json") == 0
    assert json.loads(capsys.readouterr().out) == {"user": "bob", "since": "2026-05-01T05:00:01.000Z"}
    assert who(config, "a", "--count") == 0
    assert capsys.readouterr().out == "2\n"


def test_what_is_wrong_is_one_line(
    config: Path, tmp_path: Path, broker: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert who(config) == 2
    assert "nothing was delivered to redis://" in capsys.readouterr().err
    assert main(["deliver", "redis", "--until-drained", "--config", str(config)]) == 0
    capsys.readouterr()
    assert who(config, "aa") == 1
    assert capsys.readouterr().err == "microseg: nobody is in aa; did you mean a?\n"
    none = write_settings(tmp_path / "none.toml", {"broker": broker})
    assert who(none) == 2
    assert capsys.readouterr().err.startswith("microseg: no Redis is set: redis = ")
    away = write_settings(tmp_path / "away.toml", {"broker": broker, "redis": "redis://:hidden@127.0.0.1:1/0"})
    assert who(away) == 2
    said = capsys.readouterr().err
    assert said.startswith("microseg: cannot read redis://127.0.0.1:1/0: ")
    assert "hidden" not in said


def test_it_ends_when_told_to(config: Path) -> None:
    command = [sys.executable, "-m", "streams.cli", "deliver", "redis", "--config", str(config)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=plain_environment())
    assert process.stderr is not None
    for line in process.stderr:
        if "up to date" in line:
            break
    time.sleep(0.2)
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 0
    process.stderr.close()


def test_explain_tells_what_the_store_has_where_no_worker_answers(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["deliver", "redis", "--until-drained", "--config", str(config)]) == 0
    capsys.readouterr()
    ask = ["explain", "--wait", "1", "--config", str(config)]
    assert main([*ask, "ana"]) == 0
    out, err = capsys.readouterr()
    assert out.splitlines()[0].startswith("ana is in 2 segments, last changed at ")
    assert [line.split()[0] for line in out.splitlines()[1:]] == ["a", "b"]
    assert err.splitlines()[-1] == (
        "microseg: so the serving store tells where they stand; why and until when only a worker can tell"
    )
    assert main([*ask, "ana", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert [one["segment"] for one in found["segments"]] == ["a", "b"]
    assert main([*ask, "nobody"]) == 2
    assert "serving store" not in capsys.readouterr().err
