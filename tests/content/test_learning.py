"""Which wording loses, and how often one does by chance."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from streams.content.learning import Totals, verdict
from streams.content.model import ContentError
from streams.content.results import read_results
from tests.content.shop import loaded, shop


def test_a_clear_loser_is_proposed() -> None:
    found = verdict({"a": Totals(10_000, 500, 50), "b": Totals(10_000, 300, 50)}, 20_000)
    assert (found.loser, found.better) == ("b", "a")
    assert found.sentence.startswith("Retire b: 3.00% clicked against 5.00% of a (")
    assert found.difference is not None
    assert found.difference.high < 0
    assert found.difference.value == pytest.approx(-0.02)


def test_of_several_the_worst_one_goes() -> None:
    totals = {"a": Totals(10_000, 500, 0), "b": Totals(10_000, 300, 0), "c": Totals(10_000, 250, 0)}
    assert verdict(totals, 20_000).loser == "c"


def test_one_that_nobody_clicks_can_lose() -> None:
    assert verdict({"a": Totals(3_000, 150, 0), "b": Totals(3_000, 0, 0)}, 6_000).loser == "b"


@pytest.mark.parametrize(
    ("totals", "said"),
    [
        ({}, "There is only one variant."),
        ({"a": Totals(10_000, 500, 0)}, "There is only one variant."),
        ({"a": Totals(100, 10, 0), "b": Totals(100, 0, 0)}, "Not enough data: fewer than 20 clicked to a variant."),
        ({"a": Totals(0, 0, 0), "b": Totals(0, 0, 0)}, "Not enough data"),
        ({"a": Totals(10_000, 500, 0), "b": Totals(10_000, 490, 0)}, "No clear difference in clicked."),
        (
            {"a": Totals(10_000, 500, 0), "b": Totals(5_000, 100, 0)},
            "The variants were not sent in equal parts (a 10,000, b",
        ),
    ],
)
def test_without_certainty_nothing_is_proposed(totals: dict[str, Totals], said: str) -> None:
    found = verdict(totals, 20_000)
    assert found.sentence.startswith(said)
    assert (found.loser, found.better, found.difference) == (None, None, None)


def test_what_decides_can_be_chosen() -> None:
    totals = {"a": Totals(10_000, 500, 100), "b": Totals(10_000, 500, 250)}
    assert verdict(totals, 20_000).loser is None
    assert verdict(totals, 20_000, "converted").loser == "a"


@pytest.mark.parametrize("variants", [2, 4])
def test_equal_variants_rarely_lose_however_often_one_looks(variants: int) -> None:
    """400 segments, 20 looks each; the promise is at most one in twenty (the test allows for chance: 5% + 3 SE)."""
    chance = np.random.default_rng(7)
    lost = 0
    for _ in range(400):
        clicks = chance.binomial(500, 0.05, (20, variants)).cumsum(axis=0)
        looks = (
            verdict({str(name): Totals(500 * (look + 1), int(n), 0) for name, n in enumerate(row)}, 1_000 * 20)
            for look, row in enumerate(clicks)
        )
        lost += any(one.loser is not None for one in looks)
    assert lost / 400 <= 0.05 + 3 * (0.05 * 0.95 / 400) ** 0.5


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[", "no JSON"),
        ("[]", "must be a JSON object"),
        ('{"kene": {}}', 'there is no copy of kene; did you mean "keen"?'),
        ('{"keen": {"en": {"x": {}}}}', "keen in en: there is no variant x; write one of a, b, c"),
        ('{"keen": {"en": {"a": {"sent": 1}}}}', "keen in en, a: sent, clicked, converted must be whole numbers"),
        (
            '{"keen": {"en": {"a": {"sent": 1, "clicked": 2, "converted": 0}}}}',
            "more clicked or converted than were sent",
        ),
        ('{"keen": {"en": {"a": {"sent": true, "clicked": 0, "converted": 0}}}}', "must be whole numbers"),
    ],
)
def test_wrong_results_are_told(tmp_path: Path, text: str, said: str) -> None:
    library, path = loaded(shop(tmp_path)), tmp_path / "results.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        list(read_results(path, library, 1_000, "clicked"))
    assert said in str(caught.value)
