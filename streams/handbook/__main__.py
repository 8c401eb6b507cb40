"""Writes the pages of the reference: ``python -m streams.handbook [DIR]``."""

from __future__ import annotations

import sys
from pathlib import Path

from streams.handbook.commands import commands_page
from streams.handbook.events import events_page
from streams.handbook.rules import rules_page
from streams.handbook.settings import settings_page

PAGES = {
    "rules.md": rules_page,
    "events.md": events_page,
    "settings.md": settings_page,
    "commands.md": commands_page,
}


def main(folder: Path) -> None:
    """Writes all pages into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, write in PAGES.items():
        (folder / name).write_text(write(), encoding="utf-8")
        print(folder / name)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference"))
