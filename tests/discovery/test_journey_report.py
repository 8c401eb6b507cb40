"""The report on real baskets, of candidates made by hand."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from streams.discovery.miner import Mined
from streams.proofs.discovery_journey import draw, report
from tests.discovery.shop import FAN, candidate, evidence, outcome


def said(*candidates: object) -> str:
    mined = Mined(evidence(), list(candidates), lambda rules: [None for _ in rules])  # type: ignore[arg-type]
    return "\n".join(report(mined, [f"{number}.svg" for number in range(len(candidates))]))


def test_a_finding_is_told_with_what_one_would_expect() -> None:
    dropped = replace(candidate(FAN), outcomes=[outcome(1.2, "category_purchase")], expected=0.3)
    text = said(dropped)
    assert "one would expect 30%: these are **fewer than expected**" in text
    assert "bought of that category" in text
    assert "one segment a category" in text
    assert said().count("Nothing was found") == 1


def test_pictures_are_the_same_from_the_same(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    one = replace(candidate(FAN), expected=0.3)
    for name in ("a", "b"):
        draw(one, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
