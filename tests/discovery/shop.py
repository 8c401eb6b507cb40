"""A shop's evidence and candidates made by hand, and rule folders for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from streams.authoring.run_examples import Shop
from streams.discovery.candidates import Candidate, Evidence, Outcome
from streams.discovery.round import Found
from streams.discovery.start import Ground
from streams.rules.load import load_folder

ASOF = "2026-06-01"
NOW_MS = 1_780_272_000_000 + 3_600_000  # an hour after ASOF
CUSTOMERS = 20_000
BROWSED = {
    "when": {
        "all": [
            {"count": "views", "where": {"category": "accessories"}, "last": "90d", "at_least": 6},
            {"count": "purchases", "where": {"category": "accessories"}, "exactly": 0},
        ]
    }
}
SPEEDING = {
    "when": {
        "all": [
            {"count": "purchases", "last": "30d", "at_least": 2},
            {"trend": "purchases", "last": "30d", "against": "90d", "at_least": 2},
        ]
    }
}
PROMOTION = {"when": {"share": "purchases", "where": {"discounted": True}, "last": "365d", "at_least": 0.8}}
FAN = {
    "for_each": "category",
    "when": {"count": "views", "where": {"category": "$each"}, "last": "7d", "at_least": 3},
}
LIVE = """\
title: Looks a lot
when: {count: views, last: 30d, at_least: 20}
"""


def outcome(lift: float = 2.0, name: str = "purchase", members: int = 400) -> Outcome:
    """An outcome with an interval around its lift."""
    return Outcome(name, 0.1 * lift, 0.1, lift, lift * 0.8, lift * 1.25, members, int(members * 0.1 * lift))


def candidate(rule: Mapping[str, Any], size: int = 400, score: float = 1.0, **more: Any) -> Candidate:
    """A candidate of so many members."""
    figures: dict[str, Any] = {
        "sizes": [("2026-05-04", size - 20), ("2026-05-11", size - 8), ("2026-05-18", size + 6)],
        "outcomes": [outcome(2.0 + size / 10_000, members=size)],
        "overlaps": {"keen": 0.12},
        "rfm": 0.2,
        "words": "at least 3 views of something",
    }
    return Candidate(rule=dict(rule), size=size, score=score, **{**figures, **more})


def candidates() -> list[Candidate]:
    """Three good ones."""
    browsed = "at least 6 views of accessories in 90 days, and no purchase of accessories"
    return [
        candidate(BROWSED, 412, 3.0, words=browsed),
        candidate(SPEEDING, 230, 2.0, words="purchases in 30 days 2 times as often as before"),
        candidate(PROMOTION, 990, 1.0, words="at least 80 % of the purchases were discounted"),
    ]


def evidence(**more: Any) -> Evidence:
    """What was counted of the shop."""
    usual: dict[str, Any] = {
        "histograms": {"views, last 90d": [(0.0, 9_000), (5.0, 8_000), (20.0, 3_000)]},
        "cells": [
            {"category": "accessories", "behaviour": "views, no purchase", "customers": 1_400},
            {"category": "shoes", "behaviour": "views, no purchase", "customers": 2_400},
        ],
        "outcomes": {"purchase": 0.1, "lapse": 0.3},
        "segments": {"keen": 3_000},
    }
    return Evidence(CUSTOMERS, ASOF, **{**usual, **more})


def folder(root: Path, files: Mapping[str, str] | None = None) -> Path:
    """A rule folder with one live rule and these files."""
    for name, text in {"active/keen.yaml": LIVE, **(files or {})}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def ground(rules: Path, now_ms: int = NOW_MS) -> Ground:
    """On what a round works, beside such a folder."""
    return Ground(rules, load_folder(rules), rules.parent / "data", Shop(), now_ms)


def found(some: Sequence[Candidate] | None = None, **more: Any) -> Found:
    """What the search found."""
    return Found(evidence(**more), candidates() if some is None else some)


def quiet(*_: object) -> None:
    """Tells nobody of progress."""


def proposal(**more: Any) -> dict[str, Any]:
    """One proposal of a model's answer: the first candidate as it is."""
    usual = {
        "candidates": ["k1"],
        "name": "tempted-by-accessories",
        "title": "Tempted by accessories",
        "why": "They look at accessories again and again and have never bought one.",
        "strategy": "Accessories alone, with pictures of how others wear them.",
        "expected_members": 400,
    }
    return {**usual, **more}


def own_rule(*conditions: dict[str, Any], match: str = "all", **more: Any) -> dict[str, Any]:
    """A rule as a model writes it."""
    return {"match": match, "conditions": list(conditions), **more}


def condition(**more: Any) -> dict[str, Any]:
    """A condition as a model writes it: at least ten carts in 30 days."""
    usual = {"measure": "count", "of": "carts", "last": "30d", "comparison": "at_least", "bounds": ["10"]}
    return {**usual, **more}
