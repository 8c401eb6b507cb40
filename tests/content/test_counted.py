"""What tracking has counted of variants, and which of them loses by it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.content.counted import ANY, counted_results
from streams.content.model import Library
from streams.trials.totals import VariantTotals
from tests.content.shop import loaded, shop


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return loaded(shop(tmp_path))


def days(variant: str, sent: int, clicked: int, first: int = 1, segment: str = "keen") -> Iterator[VariantTotals]:
    """The same on each day of May from the first on."""
    for day in range(first, 11):
        for arm in ("-", "treatment"):
            numbers = {"sent": sent, "clicked": clicked}
            yield VariantTotals(segment, f"2026-05-{day:02}", arm, variant, **numbers)


def told(library: Library, *parts: Iterator[VariantTotals]) -> dict[tuple[str, str], str]:
    found = counted_results([part for some in parts for part in some], library, 10_000, "clicked")
    return {(one.segment, one.locale): one.verdict.sentence for one in found}


def test_the_loser_is_told_by_segment_and_locale(library: Library) -> None:
    found = told(library, days("a:en", 500, 20), days("b:EN", 500, 60), days("a:de", 9, 1))
    assert set(found) == {("keen", "en"), ("keen", "de")}
    assert found["keen", "en"].startswith("Retire a: 4.00% clicked against 12.00% of b")
    assert found["keen", "de"] == "There is only one variant."


def test_only_days_count_on_which_all_were_sent(library: Library) -> None:
    """The third variant is a draft and does not matter; the second came on the fourth, in the middle of the day."""
    found = told(library, days("a:en", 500, 20), days("b:en", 500, 60, first=4), days("c:en", 500, 0))
    assert found["keen", "en"].startswith("Retire a: 4.00% clicked")
    late = told(library, days("a:en", 500, 20), days("b:en", 500, 60, first=10))
    assert late["keen", "en"].startswith("Not enough data")


def test_what_says_no_locale(library: Library) -> None:
    found = told(library, days("a", 500, 20), days("b", 500, 60), days("a", 5, 1, segment="fan/shoes"))
    assert found["keen", ANY].startswith("Retire a")
    assert found["fan", "en"] == "There is only one variant."
    assert ("keen", "en") not in found


def test_one_that_is_never_sent_is_told(library: Library) -> None:
    assert "were not sent in equal parts (a 10,000, b 0;" in told(library, days("a:en", 500, 20))["keen", "en"]


def test_unknown_segments_and_nothing_at_all(library: Library) -> None:
    assert told(library, days("a:en", 5, 1, segment="elsewhere"), days("z:en", 5, 1)) == {}
