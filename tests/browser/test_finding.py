"""Which browser is taken."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.finding import find_browser


def program(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n", encoding="utf-8")
    path.chmod(0o755)
    return path


def test_the_one_that_is_named_comes_before_playwrights_own_and_that_before_the_systems(tmp_path: Path) -> None:
    named, own, system = (program(tmp_path / place) for place in ("named/it", "own/chrome", "bin/chromium"))
    path = {"PATH": str(system.parent)}
    assert find_browser(own, {**path, "MICROSEG_BROWSER": str(named)}) == str(named)
    assert find_browser(own, path) == str(own)
    assert find_browser(tmp_path / "none", path) == str(system)
    assert find_browser(tmp_path / "none", {"PATH": str(named.parent)}) is None


def test_one_that_is_named_and_cannot_be_run_is_an_error_and_not_another_one(tmp_path: Path) -> None:
    own = program(tmp_path / "chrome")
    with pytest.raises(FileNotFoundError, match="MICROSEG_BROWSER is nowhere/chrome, which cannot be run"):
        find_browser(own, {"PATH": "", "MICROSEG_BROWSER": "nowhere/chrome"})
