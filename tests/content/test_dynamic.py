"""Dynamic content, read as each platform's template language is."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from jinja2 import Environment

from streams.content.dynamic import LANGUAGES, Dynamic, dynamic_content
from tests.content.shop import KEEN_COPY, SHIPPED, loaded, shop, variant

TODAY = date(2026, 6, 1)


@pytest.fixture(params=LANGUAGES)
def platform(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def made(root: Path, locale: str = "en", platform: str = "klaviyo", **changed: str) -> Dynamic:
    library = loaded(shop(root, **changed))
    return dynamic_content(platform, library, library.mailed(), locale, TODAY)


def seen(part: str, *labels: str, platform: str = "klaviyo") -> str:
    """What somebody with these labels sees, in Jinja's words: Klaviyo's ``in`` means the same there, and ``lookup`` is
    a key of the profile; Liquid's ``contains`` is ``in`` the other way round, false where there is no such property."""
    if platform == "klaviyo":
        source = re.sub(r'person\|lookup:"(\w+)"', r'person["\1"]', part)
    else:
        owner = {"customerio": r"customer\.(\w+)", "braze": r"\{\{custom_attribute\.\$\{(\w+)\}\}\}"}[platform]
        source = re.sub(rf'% (els)?if {owner} contains ("[^"]+") %', r'% \1if \3 in person["\2"] %', part)
        assert " contains " not in source
        source = source.replace("% elsif ", "% elif ")
    return Environment().from_string(source).render(person={"microseg_content": [*labels]})


def test_everybody_sees_their_own_wording(tmp_path: Path, platform: str) -> None:
    one = made(tmp_path, platform=platform)
    assert (one.property, one.values) == ("microseg_content", ["keen:a:en", "keen:b:en", "fan:a:en"])

    def shown(part: str, *labels: str) -> str:
        return seen(part, *labels, platform=platform)

    assert shown(one.subject, "keen:b:en") == "Second"
    assert shown(one.subject, "fan:a:en", "keen:a:en") == "First"
    assert shown(one.subject, "fan:a:en") == "About this part of our shop"
    assert shown(one.subject) == "Corner Shop"
    assert shown(one.preheader) == ""
    assert shown(one.html) == ""
    assert 'href="https://corner.example/cart?a=1&amp;b=2"' in shown(one.html, "keen:a:en")
    assert "Look:\nhttps://corner.example/cart?a=1&b=2" in shown(one.text, "keen:a:en")


def test_conditions_are_in_the_platforms_own_words(tmp_path: Path) -> None:
    first = {platform: made(tmp_path, platform=platform).subject.partition("%}")[0] for platform in LANGUAGES}
    assert first == {
        "klaviyo": '{% if "keen:a:en" in person|lookup:"microseg_content" ',
        "customerio": '{% if customer.microseg_content contains "keen:a:en" ',
        "braze": '{% if {{custom_attribute.${microseg_content}}} contains "keen:a:en" ',
    }


def test_another_language_is_another_content(tmp_path: Path) -> None:
    one = made(tmp_path, "de")
    assert one.values == ["keen:a:de"]
    assert seen(one.subject, "keen:a:de") == "Erstens"


def test_nothing_approved_is_nothing(tmp_path: Path) -> None:
    draft = "link: shop\ncopy:\n  en:\n" + variant("a", "draft")
    one = made(tmp_path, keen=draft, fan=draft)
    assert (one.values, one.html, one.subject) == ([], "", "Corner Shop")


@pytest.mark.parametrize("name", ["Tom's & Co", "Shop {{ person.email }}", "{% endif %}<b>"])
def test_the_shops_name_cannot_speak_the_platforms_language(tmp_path: Path, platform: str, name: str) -> None:
    from tests.content.shop import VOICE

    one = made(tmp_path, platform=platform, voice=VOICE.replace("shop: Corner Shop", f'shop: "{name}"'))
    assert seen(one.subject, platform=platform) == name.replace("{", "(").replace("}", ")")


def test_texts_are_escaped(tmp_path: Path) -> None:
    one = made(tmp_path, keen=KEEN_COPY.replace("Have a look.", "Salt & pepper, 'new'"))
    html = seen(one.html, "keen:a:en")
    assert "Salt &amp; pepper, &#x27;new&#x27;" in html
    assert unescape(html).count("Salt & pepper, 'new'") == 1


def test_the_shipped_copy_is_exported_whole() -> None:
    library = loaded(SHIPPED)
    one = dynamic_content("klaviyo", library, library.mailed(), "en", TODAY)
    assert len(one.values) == 2 * (len(library.rules) - 1)  # leave-in-peace also holds who may not be mailed
    for label in one.values:
        segment, name, _ = label.split(":")
        variant = next(v for v in library.copies[segment].locales["en"] if v.name == name)
        assert variant.action in unescape(seen(one.html, label))
