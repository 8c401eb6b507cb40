"""Which wording a customer reads."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from streams.content.choice import approved, chosen, family_of, value_of
from streams.content.model import Status, Variant
from tests.content.shop import loaded, shop, variant

TODAY = date(2026, 6, 1)


def named(name: str) -> Variant:
    return Variant(name, Status.APPROVED, "s", "p", "o", "a")


FOUR = [named(name) for name in "abcd"]


def test_only_what_is_approved_and_not_over_is_sent(tmp_path: Path) -> None:
    text = "link: shop\ncopy:\n  en:\n" + variant("a") + variant("b", "draft") + variant("c", "retired")
    library = loaded(shop(tmp_path, keen=text + variant("d", more="offer: spring")))
    keen = library.copies["keen"]
    names = [
        [one.name for one in approved(keen, "en", library.offers, day)] for day in (date(2026, 6, 30), date(2026, 7, 1))
    ]
    assert names == [["a", "d"], ["a"]]
    assert approved(keen, "de", library.offers, TODAY) == []
    assert chosen("keen", "ana", []) is None


@given(st.text(), st.permutations(FOUR))
def test_the_choice_hangs_on_nothing_but_customer_and_segment(user: str, variants: list[Variant]) -> None:
    assert chosen("keen", user, variants) == chosen("keen", user, FOUR)


@given(st.text(), st.sampled_from(FOUR))
def test_where_a_variant_goes_only_its_readers_move(user: str, gone: Variant) -> None:
    before = chosen("keen", user, FOUR)
    after = chosen("keen", user, [one for one in FOUR if one != gone])
    assert after == before or before == gone


def test_customers_are_spread_evenly_and_anew_for_each_segment() -> None:
    drawn = {segment: [chosen(segment, f"u{n}", FOUR) for n in range(4_000)] for segment in ("keen", "fan")}
    for found in drawn.values():
        assert all(900 < count < 1_100 for count in Counter(one.name for one in found if one).values())
    same = sum(a == b for a, b in zip(*drawn.values(), strict=True))
    assert 850 < same < 1_150


def test_a_segment_of_a_family_is_taken_apart() -> None:
    assert (family_of("fan/shoes"), value_of("fan/shoes")) == ("fan", "shoes")
    assert (family_of("fan/a/b"), value_of("fan/a/b")) == ("fan", "a/b")
    assert (family_of("keen"), value_of("keen")) == ("keen", "")
