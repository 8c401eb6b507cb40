"""The whole report: as JSON, on a terminal, as a page."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from io import StringIO

import pytest
from rich.console import Console

from streams.reports.health import Health, Overlap
from streams.reports.page import page
from streams.reports.report import Known, Report, as_json, report_of
from streams.reports.terminal import bar, rendered, spark
from streams.rules.model import TrialTerms
from streams.trials.totals import Totals, TrialTotals
from tests.reports.days import UNTIL, day, steady

TERMS = {"lapsing": TrialTerms("newsletter", customers=10_000, started_ms=0)}
NOW = 1_800_000_000_000
TRIALS = [
    TrialTotals("lapsing", "treatment", 5000, 250, 60, unsubscribed=9),
    TrialTotals("lapsing", "control", 5010, 150, 50, unsubscribed=8),
]
HEALTH = {"lapsing": Health(40, (None, *range(30, 43)), 12, 3, 0.1, 2), "quiet": Health(7, (7,) * 14, 0, 0, 0.0, 0)}
EVIL = "<script>alert(1)</script>"


@pytest.fixture
def report() -> Report:
    days = [
        *steady("newsletter", 1000, 30),
        *steady("lapsing", 500, 40, before=20),
        *steady(EVIL, 10, 1),
        day("lapsing", 1, 0, revenue_micros=7_000_000_000, orders=3, converted=3),
    ]
    known = Known(
        {"lapsing": "About to <lapse>"}, TERMS, NOW, 0, HEALTH, [Overlap("lapsing", "quiet", 6, 0.6)], {"quiet": 2}
    )
    return report_of(Totals(days, TRIALS), UNTIL, known)


def test_as_json(report: Report) -> None:
    found = json.loads(json.dumps(as_json(report), allow_nan=False))
    rows = {one["segment"]: one for one in found["segments"]}
    assert list(rows) == [EVIL, "lapsing", "newsletter", "quiet"]
    lapsing = rows["lapsing"]
    assert lapsing["title"] == "About to <lapse>"
    assert (lapsing["week"]["sent"], lapsing["before"]["sent"]) == (3500, 3500)
    assert lapsing["week"]["clicked_share"] == 0.08
    assert lapsing["week"]["revenue_per_recipient"] == 2.0
    assert lapsing["clicks_change"]["value"] == pytest.approx(0.04)
    assert lapsing["clicks_change"]["clear"]
    assert lapsing["against"]["segment"] == "newsletter"
    assert lapsing["against"]["clicks_difference"]["value"] == pytest.approx(0.05)
    assert lapsing["health"]["size"] == 40
    assert rows["newsletter"]["health"] is None
    assert (rows["quiet"]["suppressed"], lapsing["suppressed"]) == (2, 0)
    assert found["total"]["week"]["sent"] == sum(one["week"]["sent"] for one in found["segments"])
    assert [one["outcome"] for one in found["trials"]] == ["KEEP"]
    assert found["unmailed"] == ["quiet"]
    assert found["overlaps"] == [{"one": "lapsing", "other": "quiet", "both": 6, "jaccard": 0.6}]
    assert [(one["alert"], one["metric"]) for one in found["alerts"]] == [("uneven", "clicks")]


def printed(report: Report, width: int) -> str:
    console = Console(file=StringIO(), width=width, highlight=False)
    for part in rendered(report):
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined, no-any-return]


def test_on_a_terminal(report: Report) -> None:
    told = printed(report, 160)
    assert "! All mail together, against the week before: clicks" in told
    assert "lapsing against newsletter: KEEP" in told
    assert "More clicks than the broad segment's mail brings: 5.00% against 2.99%" in told
    assert "│" in told
    assert "Nobody mails: quiet" in told
    assert "Nearly the same: lapsing and quiet (6 customers in both, 60% of all in either)" in told
    lines = [line.split() for line in told.splitlines()]
    assert ["lapsing", "3,500", "3,500", "0.00%", "8.00%", "0.09%", "2.00", "0.00%", "0.00%"] in lines
    assert ["lapsing", "8.00%", "4.00%", "+4.00%", "newsletter", "+5.00%"] in lines
    for number in ("3,500", "8.00%", "+4.00%"):
        assert number in printed(report, 80)
    printed(report, 40)


def test_a_course_and_an_interval_in_characters() -> None:
    assert spark((None, 1, 2, 8)) == " ▁▂█"
    assert spark((3, 3)) == "▄▄"
    assert spark((None, None)) == "  "
    drawn = bar(-1.0, 0.5, 2.0)
    assert drawn.index("├") < drawn.index("│") < drawn.index("●") < drawn.index("┤")
    assert bar(float("-inf"), 0.0, float("inf")) == ""


class Page(HTMLParser):
    """Tags that must be closed, and every attribute."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.text: list[str] = []
        self.pictures = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]
        self.pictures += tag == "svg"
        if tag != "meta":
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_as_a_page_that_needs_nothing_else(report: Report) -> None:
    text = page(report)
    found = Page()
    found.feed(text)
    found.close()
    assert found.open == []
    assert "script" not in {tag for tag, _, _ in found.attributes}
    assert not [one for one in found.attributes if one[1] in ("src", "href", "xlink:href", "onload")]
    assert "http:" not in text
    assert "https:" not in text
    assert "prefers-color-scheme" in text
    assert any(one == ("meta", "name", "viewport") for one in found.attributes)
    said = " ".join(found.text)
    assert EVIL in said
    assert "About to <lapse>" in said
    assert "KEEP" in said
    assert found.pictures > 5
    assert "nan" not in text
    assert "inf%" not in text


def test_of_nothing() -> None:
    report = report_of(Totals(), UNTIL, Known(trials=TERMS))
    assert as_json(report)["segments"] == []
    assert "all mail" in printed(report, 120)
    assert page(report).startswith("<!doctype html>")
