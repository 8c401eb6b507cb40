"""Settings files that the program writes for its own workers, and the environment that does not disturb them."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from streams.settings_topics import Topics


def write_settings(file: Path, settings: Mapping[str, str | int]) -> Path:
    """Writes settings, by their dotted names, as TOML; returns the file."""
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()))
    return file


def one_topic(name: str) -> dict[str, str]:
    """The settings that make one topic of all input topics."""
    return {f"topics.{field}": name for field in Topics._fields}


def plain_environment() -> dict[str, str]:
    """The environment without settings in it."""
    return {name: value for name, value in os.environ.items() if not name.startswith("MICROSEG_")}
