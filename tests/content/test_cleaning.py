"""Foreign names and addresses."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.content.cleaning import MOST_NAME, cleaned, is_web_address
from streams.language.texts import is_unseen
from tests.content.payloads import ADDRESSES, LINKS, TEXTS


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("  Red   scarf ", "Red scarf"),
        ("Größe 42½ – „weit“", "Größe 42½ – „weit“"),
        ("0.5 l, 2.4 GHz", "0.5 l, 2.4 GHz"),
        ("Dr.Martens", "Dr. Martens"),
        ("evil.com", "evil. com"),
        ("http://evil.example/x", "http: //evil. example/x"),
        ("a@b.example", "a @ b. example"),
        ("two\r\nlines\x00", "two lines"),
        ("\u202egnp.exe", "gnp. exe"),
        ("ev\u200bil", "evil"),
        ("👩\u200d🚀 mug", "👩\u200d🚀 mug"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("\u3164\u2800", ""),
        ("x" * 100, "x" * 79 + "…"),
    ],
)
def test_a_name_is_shown_as_it_can_be(name: str, shown: str) -> None:
    assert cleaned(name) == shown


@given(st.text(max_size=200) | st.sampled_from(TEXTS))
def test_a_clean_name_is_one_visible_line_that_links_nowhere(name: str) -> None:
    shown = cleaned(name)
    assert len(shown) <= MOST_NAME
    assert not any(is_unseen(letter) for letter in shown)
    assert shown == " ".join(shown.split())
    assert not re.search(r"://|[^\W_]\.[^\W\d_]|\S@\S", shown)
    assert cleaned(shown) == shown


def test_marks_do_not_pile_up() -> None:
    tower = cleaned("Z" + "\u0341" * 50 + "a")
    assert sum(unicodedata.combining(letter) > 0 for letter in tower) <= 3
    assert cleaned("Việt Nam") == "Việt Nam"


@pytest.mark.parametrize("name", LINKS)
def test_links_are_taken_apart(name: str) -> None:
    assert not re.search(r"(?i)\w\.(com|example|co)\b|://", cleaned(name))


@pytest.mark.parametrize("url", ADDRESSES)
def test_what_is_no_web_address_is_none(url: str) -> None:
    assert not is_web_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://shop.example/p?a=1&b=2#x",
        "http://127.0.0.1:8080/x",
        "https://xn--shp-sna.example/%C3%A4",
        "http://[::1]/",
    ],
)
def test_web_addresses_are(url: str) -> None:
    assert is_web_address(url)
