"""What a demo of a trial stands on: a folder of its own, with two rules and settings."""

from __future__ import annotations

import shutil
from pathlib import Path

from streams.clients.settings_file import one_topic, write_settings
from streams.embedded.processes import free_port
from streams.errors import MicrosegError

MICRO, BROAD = "looks-never-buys", "all-subscribers"
DAYS, SETTINGS = 14, "microseg.toml"
RULES = {
    f"active/{BROAD}.yaml": """\
title: Everybody who may be mailed
why: The newsletter that goes to all.
when: {count: views, at_least: 1}
email:
  strategy: What is new this week.
""",
    f"proposed/{MICRO}.yaml": f"""\
title: Looks again and again, never buys
why: Interested, but something holds them back.
when:
  all:
    - {{count: views, last: 30d, at_least: 5}}
    - {{count: purchases, exactly: 0}}
email:
  strategy: What they looked at, and what others say of it.
trial:
  against: {BROAD}
  days: {DAYS}
  metric: clicks
""",
}
_APPLICATION = "demo-trial"


def make_ground(home: Path, port: int) -> tuple[Path, Path]:
    """A folder with rules, and the settings for a broker at ``port``; what an earlier demo left there goes.

    Returns:
        The settings file and the rule folder.

    Raises:
        MicrosegError: there is something else.
    """
    config, folder = home / SETTINGS, home / "rules"
    if home.exists() and any(home.iterdir()):
        if not config.is_file() or f'"{_APPLICATION}"' not in config.read_text(encoding="utf-8"):
            raise MicrosegError(f"{home} is not of an earlier demo of a trial; name another folder with --dir")
        shutil.rmtree(home)
    for name, text in RULES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    settings = {
        "broker": f"127.0.0.1:{port}",
        "application": _APPLICATION,
        "clock": "event",  # days pass in seconds
        "rules": str(folder.resolve()),
        "data_dir": str((home / "data").resolve()),
        "worker": "demo",
        "http": f"127.0.0.1:{free_port()}",
        **one_topic("events"),  # so that all events of a customer are in order, as where events are the clock they must
    }
    return write_settings(config, settings), folder
