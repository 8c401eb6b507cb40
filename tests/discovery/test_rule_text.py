"""Rules as texts: what the loader reads back is what was meant, whatever the names are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.authoring.fmt import formatted
from streams.discovery.candidates import Candidate
from streams.discovery.proposals.rule_text import rule_text
from streams.discovery.proposals.words import free_name, template_words
from streams.events.text import compared
from streams.rules.load import load_texts
from streams.rules.model import EACH, Compare
from tests.discovery import shop

ANY = st.text(st.characters(codec="utf-8"), min_size=1, max_size=80).filter(lambda text: text.strip())


@given(ANY, ANY, st.lists(st.text(max_size=30), max_size=3))
def test_any_name_is_read_back(name: str, title: str, header: list[str]) -> None:
    rule = {"when": {"count": "views", "where": {"category": name}, "last": "90d", "at_least": 3}}
    one_line = [" ".join("".join(sign if sign.isprintable() else " " for sign in line).split()) for line in header]
    text = rule_text(rule, title, "Why.", "Strategy.", one_line)
    (found,) = load_texts({"active/one.yaml": text}).rules
    assert isinstance(found.when, Compare)
    if name != EACH:
        assert found.when.measure.where[0].texts == (compared(name),)
    assert found.title == title.strip()
    assert formatted(text) == text


def test_a_long_reason_takes_several_lines_and_stays_one_text() -> None:
    why = "Because of this: " + " ".join(["many words # and signs - like these"] * 8)
    text = rule_text(shop.BROWSED, "T", why, why)
    (found,) = load_texts({"active/one.yaml": text}).rules
    assert (found.why, found.strategy) == (why, why)
    assert all(len(line) <= 120 for line in text.splitlines())


def test_words_of_the_search() -> None:
    words = template_words(shop.candidates()[0])
    assert words.name == "6-views-accessories-90-days-no-purchase"
    assert words.title == "At least 6 views of accessories in 90 days, and no purchase of accessories"
    assert words.why == (
        "Found by search: 20% of them buy in the weeks after, of other customers 10% "
        "(2.04 times as many, 95 % interval 1.63 to 2.55)."
    )
    rarely = template_words(shop.candidate(shop.BROWSED, outcomes=[shop.outcome(0.4, "return")]))
    assert rarely.strategy.startswith("They hardly come back")
    assert template_words(Candidate({"when": {}}, "", 0)).name == "found-by-search"


def test_a_taken_name_gets_a_number() -> None:
    assert free_name("a", {"b"}) == "a"
    assert free_name("a", {"a", "a-2"}) == "a-3"
    assert free_name("x" * 50, {"x" * 50}) == "x" * 48 + "-2"
