"""A headless Chromium, and pages of it that keep what went wrong on them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Playwright, Request, expect, sync_playwright

from tests.browser.finding import VARIABLE, find_browser

ZONE = "Europe/Berlin"
WIDE, PHONE = 1280, 375
expect.set_options(timeout=15_000)  # a machine may be busy
OpenPage = Callable[..., Page]


# One module at a time: while Playwright is open, its own event loop runs in this thread, and no other can.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A Chromium. Without one the tests are left out, and say so."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_path(playwright), args=["--no-sandbox"], timeout=120_000)
        yield chromium
        chromium.close()


def _path(playwright: Playwright) -> str:
    found = find_browser(Path(playwright.chromium.executable_path))
    if found is None:
        pytest.skip(
            "THE DASHBOARD WAS NOT TESTED: there is no browser. Install one: python -m playwright install chromium, "
            f"a system's chromium, or name one by {VARIABLE}"
        )
    return found


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Opens pages of a width and a colour scheme; at the end none may have said an error.

    ``answering``: requests that may fail on this page are those that it names ("" for none).
    """
    said: list[str] = []
    contexts = []

    def open_one(width: int = WIDE, scheme: str = "light", forgive: str = "") -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": 860},
            color_scheme="dark" if scheme == "dark" else "light",
            reduced_motion="reduce",
            timezone_id=ZONE,
            locale="en-GB",
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("console", lambda message: _keep(said, message, forgive))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("request", lambda request: _only_here(said, request))
        return page

    yield open_one
    for context in contexts:
        context.close()
    assert said == []


def _keep(said: list[str], message: ConsoleMessage, forgive: str) -> None:
    """Errors and warnings; a failed request says one of its own, which a test may expect."""
    if message.type not in ("error", "warning"):
        return
    if forgive and message.text.startswith("Failed to load resource") and forgive in message.location.get("url", ""):
        return
    said.append(f"{message.type}: {message.text}")


def _only_here(said: list[str], request: Request) -> None:
    """The page asks nobody but its own server."""
    if not request.url.startswith(("http://127.0.0.1:", "http://dashboard.test/", "data:", "blob:")):
        said.append(f"asked {request.url}")
