"""The rules that come with microseg, and their examples, copy and template; in a checkout or an installed package."""

from __future__ import annotations

import shutil
from pathlib import Path

import streams
from streams.errors import MicrosegError

#: What a shop takes over: all but what was made for this project alone.
_LEFT_OUT = ("__pycache__", "__init__.py")
SETTINGS = """\
# Settings of microseg. What is not set has its default; each can be overridden by an environment variable, as
# MICROSEG_BROKER=127.0.0.1:9092. An unknown name is refused, with the nearest right one.

broker = "127.0.0.1:9092"     # Kafka's bootstrap addresses; microseg kafka start brings an embedded one up
application = "microseg"      # consumer group, and prefix of internal topics
rules = "segment_rules"       # the folder of the rules
timezone = "UTC"              # the shop's, for last_days
# currency = "EUR"            # amounts are told in this currency; see also rates
# redis = "redis://127.0.0.1:6379/0"
"""


class StartError(MicrosegError):
    """A shop cannot be begun there."""


def shipped_rules() -> Path:
    """The folder of the shipped rules, which lies beside the package; raises StartError where it was not installed."""
    folder = Path(streams.__file__).parent.parent / "segment_rules"
    if not (folder / "active").is_dir():
        raise StartError("this installation came without rules; install microseg again from its wheel")
    return folder


def begin(folder: Path) -> list[Path]:
    """Puts settings and the shipped rules into a folder; returns what was written.

    Raises:
        StartError: one of them is there already; nothing is written then.
    """
    settings, rules = folder / "microseg.toml", folder / "segment_rules"
    there = [path for path in (settings, rules) if path.exists()]
    if there:
        raise StartError(f"{there[0]} is there already; nothing was written")
    source = shipped_rules()
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(source, rules, ignore=shutil.ignore_patterns(*_LEFT_OUT))
    settings.write_text(SETTINGS, encoding="utf-8")
    return [settings, rules]
