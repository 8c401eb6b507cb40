"""Figures that pages cite are those of docs/performance.md, or are measured here."""

from __future__ import annotations

import re

import pytest

from streams.engine.api import DAY_MS, Policy
from streams.proofs.loaded_shop import loaded_shop
from streams.rules.compile import compile_rules
from streams.rules.load import load_texts
from tests.docs.blocks import ROOT

PERFORMANCE = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
#: page -> where its figures are: from this text to the next one
CITED = {
    "operations.md": ("| what | figure |", "\n\n"),
    "comparison.md": ("A library with state stores", "([Performance]"),
    "faq.md": ("**How long does a start take?**", "([Performance]"),
}
FIGURE = re.compile(r"\d{1,3}(?:,\d{3})+|\d+\.\d+")
RULES = {"active/any.yaml": "title: Any\nwhen: {count: views, at_least: 1}\n"}


@pytest.mark.parametrize("page", CITED)
def test_a_cited_figure_is_one_that_was_measured(page: str) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    start, end = CITED[page]
    figures = FIGURE.findall(text.split(start, 1)[1].split(end, 1)[0])
    assert figures
    assert [
        figure for figure in figures if not re.search(rf"(?<![\d.,]){re.escape(figure)}(?![\d])", PERFORMANCE)
    ] == []


@pytest.mark.parametrize(("facts", "size"), [(10, 480), (50, 2080)])
def test_a_row_in_the_changelog_is_as_large_as_it_is_said_to_be(facts: int, size: int) -> None:
    now_ms = 1_780_000_000_000
    view = '{{"type":"view","id":"e{0}","user":"ana","at":{1},"product":"p{0}","category":"c","price":"9.90"}}'
    lines = [view.format(number, now_ms - number * 3_600_000).encode() for number in range(facts)]
    program = compile_rules(load_texts(RULES, 730 * DAY_MS), 730 * DAY_MS)
    shop = loaded_shop(lines, program, Policy(clock="event"), now_ms, 1, 1)
    assert [len(row.value or b"") for rows in shop.rows for row in rows] == [size]
    assert f"{size:,}" in (ROOT / "docs/operations.md").read_text(encoding="utf-8")
