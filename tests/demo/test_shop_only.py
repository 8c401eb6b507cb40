"""The shop alone, for a broker that runs elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.cli import main
from streams.clients.settings_file import write_settings
from streams.clients.topics import prepare
from streams.demo.newest import newest_event_ms
from streams.demo.shop import DAY_MS
from streams.settings import load_settings


def settings_file(folder: Path, broker: str, clock: str) -> Path:
    topics = {f"topics.{name}": f"shop-only-{clock}-{name}" for name in ("views", "purchases", "emails", "profiles")}
    given = {"broker": broker, "application": f"shop-only-{clock}", "clock": clock, **topics}
    return write_settings(folder / "microseg.toml", given)


def test_goes_on_where_it_ended(kafka: str, tmp_path: Path) -> None:
    config = settings_file(tmp_path, kafka, "event")
    settings = load_settings(config, {})
    prepare(settings)
    assert newest_event_ms(settings) == 0

    command = [
        "demo",
        "--shop-only",
        "--config",
        str(config),
        "--customers",
        "50",
        "--speed",
        "864000",
        "--seconds",
        "1",
    ]
    assert main(command) == 0
    first_ms = newest_event_ms(settings)
    assert main(command) == 0
    second_ms = newest_event_ms(settings)

    assert first_ms + 4 * DAY_MS < second_ms < first_ms + 60 * DAY_MS


def test_a_worker_with_the_wall_clock_wants_real_time(
    kafka: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = settings_file(tmp_path, kafka, "wall")

    assert main(["demo", "--shop-only", "--config", str(config), "--speed", "10"]) == 2
    assert "clock = wall" in capsys.readouterr().err
    assert main(["demo", "--shop-only", "--config", str(config), "--seconds", "0.3"]) == 0
    assert "in real time" in capsys.readouterr().out


def test_a_broker_that_is_away(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MICROSEG_BROKER_WAIT", "500ms")
    config = settings_file(tmp_path, "127.0.0.1:1", "event")

    assert main(["demo", "--shop-only", "--config", str(config)]) == 2
    assert "127.0.0.1:1" in capsys.readouterr().err
