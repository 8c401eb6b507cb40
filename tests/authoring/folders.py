"""Rule folders made of texts, and what the commands say of them."""

from __future__ import annotations

from pathlib import Path

from streams.authoring.examples import load_examples
from streams.authoring.model import ExampleFile
from streams.rules.errors import RuleErrors
from streams.rules.load import load_rules
from streams.rules.model import RuleSet

KEEN = """\
title: Looks a lot
when:
  all:
    - {count: views, where: {category: shoes}, last: 7d, at_least: 3}
    - {count: purchases, exactly: 0}
"""
FAN = """\
title: Fan
for_each: category
when: {count: views, where: {category: $each}, last: 7d, at_least: 2}
"""
VIEWS = "{type: view, user: ana, at: 2026-05-30T00:00:00Z, product: p, category: Shoes, times: 3, every: 1h}"
KEEN_EXAMPLE = f"""\
- name: three views
  now: 2026-06-01T00:00:00Z
  events:
    - {VIEWS}
  expect:
    ana: [keen]
"""


def folder_of(root: Path, files: dict[str, str]) -> Path:
    """A rule folder with these files by their path below it."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def loaded(root: Path, files: dict[str, str]) -> tuple[RuleSet, list[ExampleFile]]:
    """The rules and examples of such a folder."""
    folder = folder_of(root, files)
    rules = load_rules(folder)
    return rules, load_examples(folder, rules)


def mistakes(root: Path, files: dict[str, str]) -> list[str]:
    """What is wrong with the examples of such a folder, whose rules are right."""
    try:
        loaded(root, files)
    except RuleErrors as error:
        return error.errors
    return []


def example(events: str, expect: str = "{ana: []}", more: str = "") -> str:
    """An example file of one example at noon of the first of June; events and expectations in brackets."""
    lines = ("- name: one", "  now: 2026-06-01T12:00:00Z", f"  events: {events}", f"  expect: {expect}")
    return "\n".join([*lines, *([f"  {more}"] if more else [])]) + "\n"
