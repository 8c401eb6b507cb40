"""What copy may not say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.content.guard import Allowed, nameable, text_faults
from tests.content.payloads import LINKS, MARKUP, UNSEEN

PLAIN = Allowed(avoid=("act now", "amazing", "don't miss"))


def faults(text: str, slot: str = "opening", allowed: Allowed = PLAIN) -> list[str]:
    return list(text_faults(text, slot, allowed))


@pytest.mark.parametrize(
    "text",
    [
        "Have a look, in peace. It is still there…",
        "Größe, Farbe, Schnitt: fragen Sie uns!",
        "Vous préférez l'autre ? Dites-le-nous.",
        "Take your time; we answer – always politely.",
        "A sparkling idea from the Provence, by a dealer in Salem",
    ],
)
def test_plain_copy_is_fine(text: str) -> None:
    assert faults(text) == []


@pytest.mark.parametrize("text", [*LINKS, *UNSEEN])
def test_links_and_unseen_characters_are_refused(text: str) -> None:
    assert faults(text)


@pytest.mark.parametrize("text", MARKUP)
def test_markup_is_refused(text: str) -> None:
    assert faults(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Now 20% off", "the number 20 promises something, and no offer stands behind it; see offers.yaml"),
        ("A small discount for you", '"discount" promises something'),
        ("Free delivery", '"Free" promises something'),
        ("Nur heute günstiger", '"Nur heute" promises something'),
        ("Remise exceptionnelle", '"Remise" promises something'),
        ("Sólo hoy: descuento", '"descuento" promises something'),
        ("For five €", '"€" promises something'),
        ("Only ٣ left", "the number ٣ promises something"),
        ("Half price", '"Half price" promises something'),
        ("Act now", '"act now" is a word that voice.yaml says to avoid'),
        ("You don\u2019t miss it", '"don\'t miss" is a word that voice.yaml says to avoid'),
        ("Look! Now!", "more than one exclamation mark"),
        ("See evil.com", "may become a link"),
        ("Hi {name}", '"{" looks like markup'),
        ("Hi\u200b", "an invisible character (U+200B)"),
        ("   ", "an empty text"),
    ],
)
def test_a_fault_is_told(text: str, said: str) -> None:
    assert any(said in fault for fault in faults(text)), faults(text)


def test_lengths_are_those_of_the_slot() -> None:
    assert faults("x" * 61, "subject") == ["61 characters; a subject has at most 60"]
    assert faults("x" * 60, "subject") == []


def test_an_answer_that_is_none_is_refused_in_subjects_only() -> None:
    assert faults("RE: your order", "subject") == [
        "looks like an answer to a mail that nobody wrote; begin with another word"
    ]
    assert faults("Re: your order", "opening") == []


def test_an_offer_allows_its_own_words_and_no_others() -> None:
    allowed = Allowed(offer="20% off all shoes, free returns within 30 days")
    assert faults("Shoes with 20% off, and returns are free for 30 days.", allowed=allowed) == []
    assert any("the number 25" in fault for fault in faults("25% off", allowed=allowed))
    assert any('"gratis"' in fault for fault in faults("Returns are gratis", allowed=allowed))
    assert any("the offer does not say it" in fault for fault in faults("Half price", allowed=allowed))


def test_a_category_is_filled_in_only_in_its_family() -> None:
    assert faults("About {category}", allowed=Allowed(category=True)) == []
    assert faults("About {category}")
    assert any("only {category} is filled in" in one for one in faults("About {name}", allowed=Allowed(category=True)))


@pytest.mark.parametrize(
    "category", ["evil.com", "free money", "50", "<b>", "{x}", "\u202e", "a@b.example", "http://x.example"]
)
def test_categories_that_could_mislead_have_no_name(category: str) -> None:
    assert nameable(category) == ""


def test_categories_have_names() -> None:
    assert nameable(" shoes & boots ") == "shoes & boots"
    assert nameable("Küche") == "Küche"


@given(st.text(max_size=60))
def test_anything_can_be_looked_at(text: str) -> None:
    for slot in ("subject", "opening"):
        assert all(isinstance(fault, str) for fault in faults(text, slot))
    assert not set(nameable(text)) & set("<>{}@\n\r\x00")
