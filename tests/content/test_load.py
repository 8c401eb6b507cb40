"""Loading content: all mistakes at once, each with its place and the nearest right name."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from streams.content.model import ContentError, Status
from tests.content.shop import KEEN_COPY, OFFERS, VOICE, loaded, shop, variant


def mistakes(root: Path, **changed: str | None) -> list[str]:
    """What is wrong with the shop's content."""
    folder = shop(root, **changed)
    with pytest.raises(ContentError) as caught:
        loaded(folder)
    return caught.value.errors


def test_a_shop_is_loaded(tmp_path: Path) -> None:
    library = loaded(shop(tmp_path))
    assert library.voice.locales == ("en", "de")
    assert library.voice.links["cart"] == "https://corner.example/cart?a=1&b=2"
    keen = library.copies["keen"]
    assert (keen.link, keen.products) == ("cart", 3)
    assert [(one.name, one.status) for one in keen.locales["en"]] == [
        ("a", Status.APPROVED), ("b", Status.APPROVED), ("c", Status.DRAFT),
    ]  # fmt: skip
    assert keen.locales["de"][0].subject == "Erstens"
    assert library.offers["spring"].until == date(2026, 6, 30)
    assert [copy.segment for copy in library.ordered()] == ["keen", "fan", "quiet"]
    assert [copy.segment for copy in library.mailed()] == ["keen", "fan"]


def test_copy_of_a_rule_that_is_only_kept_is_left_alone(tmp_path: Path) -> None:
    folder = shop(tmp_path, gone="link: shop\ncopy:\n  en:\n" + variant("a"))
    (folder / "retired").mkdir()
    (folder / "retired" / "gone.yaml").write_text("title: Gone\n", encoding="utf-8")
    library = loaded(folder)
    assert "gone" in library.copies
    assert "gone" not in [copy.segment for copy in library.ordered()]


COPY = "link: cart\ncopy:\n  en:\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "content/keen.yaml:1:1: the file is empty"),
        ("- a\n", "content/keen.yaml:1:1: keys and values are needed here"),
        ("copy: {}\n", "content/keen.yaml:1:1: link missing here"),
        ("lnk: cart\n" + KEEN_COPY, 'content/keen.yaml:1:1: unknown key "lnk"; did you mean "link"?'),
        ("link: crt\ncopy: {}\n", 'content/keen.yaml:1:7: unknown link "crt"; did you mean "cart"?'),
        ("link: cart\nproducts: 99\ncopy: {}\n", 'content/keen.yaml:2:11: "99" is no number of products'),
        ("link: cart\ncopy:\n  fr:\n" + variant("a"), 'content/keen.yaml:3:3: "fr" is none of the locales'),
        (COPY + variant("A b"), 'content/keen.yaml:4:5: "A b": the name of a variant takes only'),
        (COPY + variant("a") + variant("a"), 'content/keen.yaml:10:5: "a" stands twice'),
        (COPY + variant("a", "aproved"), 'content/keen.yaml:5:15: unknown status "aproved"; did you mean "approved"?'),
        (COPY + variant("a", more="sbject: x"), 'keen.yaml:10:7: unknown key "sbject"; did you mean "subject"?'),
        (COPY + "    a: {status: draft}\n", "content/keen.yaml:4:8: subject, preheader, opening, action missing here"),
        (COPY + variant("a", subject="Save 20%"), "content/keen.yaml:6:16: subject: the number 20 promises something"),
        (COPY + variant("a", subject="<b>Hi</b>"), 'content/keen.yaml:6:16: subject: "<" looks like markup'),
        (COPY + variant("a", subject="Hi {category}"), 'content/keen.yaml:6:16: subject: "{" looks like markup'),
        (COPY + variant("a", subject="x" * 61), "keen.yaml:6:16: subject: 61 characters; a subject has at most 60"),
        (COPY + variant("a", more="offer: sping"), 'keen.yaml:10:14: unknown offer "sping"; did you mean "spring"?'),
        (COPY + "".join(map(variant, "abcde")), "keen.yaml:4:5: 5 variants; at most 4 can be drafts or approved"),
        ("link: cart\ncopy:\n  de:\n" + variant("a", more="offer: spring"), "the offer spring has no text in de"),
        ("link: cart\ncopy: [a]\n", "content/keen.yaml:2:7: keys and values are needed here"),
        ("link: cart\ncopy: &x {en: *x}\n", "is not read"),
    ],
)
def test_a_mistake_in_copy_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    found = mistakes(tmp_path, keen=text)
    assert any(said in line for line in found), found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (VOICE.replace("tone:", "toon:"), 'content/voice.yaml:3:1: unknown key "toon"; did you mean "tone"?'),
        (VOICE.replace("[en, de]", "[]"), "content/voice.yaml:4:10: at least one locale is needed"),
        (VOICE.replace("[en, de]", "[english]"), 'content/voice.yaml:4:11: "english" is no locale'),
        (VOICE.replace("https://corner.example/\n", "javascript:alert(1)\n"), "is no web address"),
        (VOICE.replace("unsubscribe", "stop"), "content/voice.yaml:6:3: no link unsubscribe: every mail needs one"),
        (VOICE.replace("[keen]", "[kene]"), 'content/voice.yaml:10:9: unknown segment "kene"; did you mean "keen"?'),
        ("shop: X\n", "content/voice.yaml:1:1: address, locales, links missing here"),
        (None, "voice.yaml: there is no such file; it says how the shop speaks"),
    ],
)
def test_a_mistake_in_the_voice_is_told_with_its_place(tmp_path: Path, text: str | None, said: str) -> None:
    found = mistakes(tmp_path, voice=text)
    assert any(said in line for line in found), found


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("offer: {}\n", 'content/offers.yaml:1:1: unknown key "offer"; did you mean "offers"?'),
        (
            OFFERS.replace("2026-06-30", "June"),
            'content/offers.yaml:6:12: "June" is no day; write one such as 2026-12-31',
        ),
        (OFFERS.replace("{en: 20%", "{fr: 20%"), 'content/offers.yaml:5:12: unknown locale "fr"'),
        ("offers: {x: {}}\n", "content/offers.yaml:1:13: text missing here"),
    ],
)
def test_a_mistake_in_the_offers_is_told_with_its_place(tmp_path: Path, text: str, said: str) -> None:
    found = mistakes(tmp_path, offers=text)
    assert any(said in line for line in found), found


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    found = mistakes(tmp_path, keen="link: crt\ncopy: {}\n", fan="lnk: x\n", offers="offers: {x: {}}\n")
    assert {line.split(":")[0] for line in found} == {"content/keen.yaml", "content/fan.yaml", "content/offers.yaml"}


def test_copy_of_no_rule_names_the_nearest(tmp_path: Path) -> None:
    found = mistakes(tmp_path, keem=KEEN_COPY)
    assert found == ['content/keem.yaml:1:1: there is no rule "keem"; did you mean "keen"?']


def test_offers_may_be_missing(tmp_path: Path) -> None:
    assert loaded(shop(tmp_path, offers=None)).offers == {}


def test_a_language_without_words_of_the_template_is_told(tmp_path: Path) -> None:
    found = mistakes(tmp_path, voice=VOICE.replace("[en, de]", "[en, de, fi]"))
    assert any("no words in fi, which voice.yaml has among its locales" in line for line in found)


def test_a_dialect_speaks_as_its_language(tmp_path: Path) -> None:
    folder = shop(tmp_path, voice=VOICE.replace("[en, de]", "[en, de, de-AT]"))
    library = loaded(folder)
    assert library.phrases["de-AT"] == library.phrases["de"]
