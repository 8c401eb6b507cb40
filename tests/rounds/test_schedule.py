"""When rounds are due, and the process that runs one."""

from __future__ import annotations

import asyncio
import pickle
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from streams.errors import SettingsError
from streams.events.instants import instant_ms
from streams.rounds.live import Order
from streams.settings import Settings, load_settings
from streams.settings_discovery import Discovery
from streams.worker.rounds import Rounds

DEFAULT = Discovery().schedule
NOBODY = Settings(broker="127.0.0.1:1", application="nobody", broker_wait_ms=60_000)


def due(now: str, schedule: str = DEFAULT, timezone: str = "Europe/Berlin") -> int:
    """The newest instant of a schedule."""
    settings = Settings(timezone=timezone, discovery=Discovery(schedule=schedule))
    desk = SimpleNamespace(clock=SimpleNamespace(now_ms=lambda: instant_ms(now)))

    async def asked() -> int:
        return Rounds(cast(Any, SimpleNamespace(desk=desk)), settings).due_ms()

    return asyncio.run(asked())


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-06-03T12:00:00Z", "2026-06-01T01:00:00Z"),  # Wednesday: the Monday before, in summer
        ("2026-06-01T00:59:59Z", "2026-05-25T01:00:00Z"),
        ("2026-06-01T01:00:00Z", "2026-06-01T01:00:00Z"),
        ("2026-11-30T12:00:00Z", "2026-11-30T02:00:00Z"),
    ],
)
def test_the_newest_instant_of_the_schedule(now: str, expected: str) -> None:
    assert due(now) == instant_ms(expected)


def test_a_schedule_of_ones_own() -> None:
    assert due("2026-06-03T12:34:56Z", "*/10 * * * *", "UTC") == instant_ms("2026-06-03T12:30:00Z")
    found = load_settings(None, {"MICROSEG_DISCOVERY_SCHEDULE": " 5  4 * * sun", "MICROSEG_DISCOVERY_PERIODIC": "true"})
    assert (found.discovery.schedule, found.discovery.periodic) == ("5 4 * * sun", True)
    assert not Settings().discovery.periodic


@pytest.mark.parametrize("wrong", ["", "weekly", "0 3 * *", "61 3 * * 1", "0 0 3 * * 1", "@weekly"])
def test_what_is_no_crontab_line_is_refused(wrong: str) -> None:
    with pytest.raises(SettingsError, match="crontab line such as"):
        load_settings(None, {"MICROSEG_DISCOVERY_SCHEDULE": wrong})


def test_a_round_ends_with_its_owner(tmp_path: Path) -> None:
    pipe = subprocess.PIPE
    command = [sys.executable, "-m", "streams.rounds.child"]
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, cwd=tmp_path) as process:
        assert process.stdin is not None
        process.stdin.write(pickle.dumps(Order(replace(NOBODY, data_dir=tmp_path), tmp_path, 7)))
        process.stdin.flush()
        time.sleep(0.5)
        assert process.poll() is None
        said, _ = process.communicate(timeout=8)  # closes its standard input
        assert (process.returncode, said) == (2, b"")
