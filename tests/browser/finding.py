"""Which browser the tests drive."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from playwright.sync_api import sync_playwright

VARIABLE = "MICROSEG_BROWSER"
#: what systems call a Chromium, in the order in which they are looked for on PATH
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def find_browser(own: Path, environment: Mapping[str, str] = os.environ) -> str | None:
    """Path of a Chromium: the one that MICROSEG_BROWSER names, else Playwright's ``own``, else one on PATH, else None.

    Raises FileNotFoundError where MICROSEG_BROWSER names nothing that can be run.
    """
    if named := environment.get(VARIABLE):
        if found := shutil.which(named):
            return found
        raise FileNotFoundError(f"{VARIABLE} is {named}, which cannot be run")
    if own.is_file():
        return str(own)
    return next(filter(None, (shutil.which(name, path=environment.get("PATH")) for name in NAMES)), None)


def main() -> int:
    """0 where there is a browser, else 1."""
    with sync_playwright() as playwright:
        return 0 if find_browser(Path(playwright.chromium.executable_path)) else 1


if __name__ == "__main__":
    sys.exit(main())
