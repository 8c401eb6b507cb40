"""What must hold of every view."""

from __future__ import annotations

from importlib.resources import files
from typing import Any

from playwright.sync_api import Page, expect

#: of axe-core (WCAG 2.2, A and AA, and its good habits)
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
#: what depends on the colours
LOOKS = ("color-contrast", "link-in-text-block")
_AXE = files("axe_playwright_python").joinpath("axe.min.js")


def settled(page: Page) -> None:
    """Waits until the view has its data, or says why it has none."""
    page.evaluate("new Promise(requestAnimationFrame)")  # a new address is heard of a moment later
    page.wait_for_selector("main .view > *, main > .state", state="attached")
    expect(page.locator("main[aria-busy=true], main [aria-busy=true]")).to_have_count(0)


def complaints(page: Page, rules: tuple[str, ...] = RULES) -> list[str]:
    """What axe-core finds wrong with the page: rule, element and what to do."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(_AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate(
        "rules => axe.run(document, {runOnly: rules, resultTypes: ['violations']})", list(rules)
    )
    return [
        f"{one['id']}: {node['target']}: {node.get('failureSummary', one['help'])}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def too_wide(page: Page) -> list[str]:
    """What makes the page scroll sideways."""
    return list(
        page.evaluate(
            """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
            .filter(one => one.getBoundingClientRect().right > innerWidth + 1)
            .map(one => `${one.tagName} ${one.getAttribute('class') ?? ''}: ${one.textContent.slice(0, 40)}`)"""
        )
    )
