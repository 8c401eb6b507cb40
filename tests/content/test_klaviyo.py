"""Klaviyo's dynamic content, read as Django's template language is."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from jinja2 import Environment

from streams.content.klaviyo import Dynamic, klaviyo_content
from tests.content.shop import KEEN_COPY, SHIPPED, loaded, shop, variant

TODAY = date(2026, 6, 1)


def made(root: Path, locale: str = "en", **changed: str) -> Dynamic:
    library = loaded(shop(root, **changed))
    return klaviyo_content(library, library.mailed(), locale, TODAY)


def seen(part: str, *labels: str) -> str:
    """What somebody with these labels sees: ``in`` means the same in Jinja, ``lookup`` is a key of the profile."""
    source = re.sub(r'person\|lookup:"(\w+)"', r'person["\1"]', part)
    return Environment().from_string(source).render(person={"microseg_content": [*labels]})


def test_everybody_sees_their_own_wording(tmp_path: Path) -> None:
    one = made(tmp_path)
    assert (one.property, one.values) == ("microseg_content", ["keen:a:en", "keen:b:en", "fan:a:en"])
    assert seen(one.subject, "keen:b:en") == "Second"
    assert seen(one.subject, "fan:a:en", "keen:a:en") == "First"
    assert seen(one.subject, "fan:a:en") == "About this part of our shop"
    assert seen(one.subject) == "Corner Shop"
    assert seen(one.preheader) == ""
    assert seen(one.html) == ""
    assert 'href="https://corner.example/cart?a=1&amp;b=2"' in seen(one.html, "keen:a:en")
    assert "Look:\nhttps://corner.example/cart?a=1&b=2" in seen(one.text, "keen:a:en")


def test_another_language_is_another_content(tmp_path: Path) -> None:
    one = made(tmp_path, "de")
    assert one.values == ["keen:a:de"]
    assert seen(one.subject, "keen:a:de") == "Erstens"


def test_nothing_approved_is_nothing(tmp_path: Path) -> None:
    draft = "link: shop\ncopy:\n  en:\n" + variant("a", "draft")
    one = made(tmp_path, keen=draft, fan=draft)
    assert (one.values, one.html, one.subject) == ([], "", "Corner Shop")


@pytest.mark.parametrize("name", ["Tom's & Co", "Shop {{ person.email }}", "{% endif %}<b>"])
def test_the_shops_name_cannot_speak_klaviyos_language(tmp_path: Path, name: str) -> None:
    from tests.content.shop import VOICE

    one = made(tmp_path, voice=VOICE.replace("shop: Corner Shop", f'shop: "{name}"'))
    assert seen(one.subject) == name.replace("{", "(").replace("}", ")")


def test_texts_are_escaped(tmp_path: Path) -> None:
    one = made(tmp_path, keen=KEEN_COPY.replace("Have a look.", "Salt & pepper, 'new'"))
    html = seen(one.html, "keen:a:en")
    assert "Salt &amp; pepper, &#x27;new&#x27;" in html
    assert unescape(html).count("Salt & pepper, 'new'") == 1


def test_the_shipped_copy_is_exported_whole() -> None:
    library = loaded(SHIPPED)
    one = klaviyo_content(library, library.mailed(), "en", TODAY)
    assert len(one.values) == 2 * (len(library.rules) - 1)  # leave-in-peace also holds who may not be mailed
    for label in one.values:
        segment, name, _ = label.split(":")
        variant = next(v for v in library.copies[segment].locales["en"] if v.name == name)
        assert variant.action in unescape(seen(one.html, label))
