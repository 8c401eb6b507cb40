"""Drafts: what is lacking, what is written without a model, and that nothing approved is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.content.fields import FOLDER
from streams.content.model import SLOTS, ContentError, Library, Status
from streams.content.saving import with_drafts
from streams.content.shelf import Home, add_drafts
from streams.content.writing import Draft, FromStarters, Lack, fitting, lacks, read_starters, sound
from streams.rules.load import load_rules
from tests.content.shop import KEEN_COPY, SHIPPED, loaded, shop, variant

HOME = Home("cart", 3)


def draft(text: str = "New", offer: str | None = None) -> Draft:
    return Draft(dict.fromkeys(SLOTS, text), offer)


def names(library: Library, segment: str = "keen", locale: str = "en") -> dict[str, str]:
    """Variants with their status."""
    return {one.name: str(one.status) for one in library.copies[segment].locales[locale]}


def test_what_has_too_few_variants_lacks_some(tmp_path: Path) -> None:
    library = loaded(shop(tmp_path))
    found = list(lacks(library, ["keen", "fan"], ["en", "de"], 2, again=False))
    assert [(one.rule.name, one.locale, one.wanted) for one in found] == [
        ("keen", "de", 1),
        ("fan", "en", 1),
        ("fan", "de", 2),
    ]
    again = list(lacks(library, ["keen"], ["en"], 3, again=True))
    assert [(one.locale, one.wanted) for one in again] == [("en", 1)]
    assert list(lacks(library, ["keen"], ["en"], 3, again=False)) == []


def test_a_new_file_is_made_and_read_again(tmp_path: Path) -> None:
    folder = shop(tmp_path, fan=None)
    (folder / FOLDER / "fan.yaml").unlink(missing_ok=True)
    path = add_drafts(
        folder,
        loaded(folder),
        "fan",
        {"en": [draft("About {category}"), draft()], "de": [draft("Neu")]},
        HOME,
        again=False,
    )
    library = loaded(folder)
    assert path == folder / FOLDER / "fan.yaml"
    assert names(library, "fan") == {"a": "draft", "b": "draft"}
    assert names(library, "fan", "de") == {"a": "draft"}
    assert (library.copies["fan"].link, library.copies["fan"].products) == ("cart", 3)


def test_drafts_come_behind_what_is_there(tmp_path: Path) -> None:
    folder = shop(tmp_path)
    before = (folder / FOLDER / "keen.yaml").read_text(encoding="utf-8")
    add_drafts(folder, loaded(folder), "keen", {"en": [draft()], "de": [draft("Neu")]}, HOME, again=False)
    after = (folder / FOLDER / "keen.yaml").read_text(encoding="utf-8")
    assert names(loaded(folder)) == {"a": "approved", "b": "approved", "c": "draft", "d": "draft"}
    assert names(loaded(folder), "keen", "de") == {"a": "approved", "b": "draft"}
    left = iter(after.splitlines())
    assert all(line in left for line in before.splitlines())  # in their order


@pytest.mark.parametrize("order", [["en", "de"], ["de", "en"]])
def test_a_new_language_comes_behind_the_others(tmp_path: Path, order: list[str]) -> None:
    folder = shop(tmp_path, fan="link: shop\ncopy:\n  en:\n" + variant("a"))
    drafts = {"en": [draft("One")], "de": [draft("Neu"), draft("Anders")]}
    add_drafts(folder, loaded(folder), "fan", {one: drafts[one] for one in order}, HOME, again=False)
    library = loaded(folder)
    assert names(library, "fan") == {"a": "approved", "b": "draft"}
    assert [one.subject for one in library.copies["fan"].locales["de"]] == ["Neu", "Anders"]


def test_again_replaces_drafts_under_new_names(tmp_path: Path) -> None:
    folder = shop(tmp_path)
    add_drafts(folder, loaded(folder), "keen", {"en": [draft()]}, HOME, again=True)
    library = loaded(folder)
    assert names(library) == {"a": "approved", "b": "approved", "d": "draft"}
    assert [one.subject for one in library.copies["keen"].locales["en"]] == ["First", "Second", "New"]


COMMENTED = """\
# mine

link: cart   # to the cart
copy:
  # English first
  en:
    a:   # the best
      status: approved
      subject: "First: one"
      preheader: 'A "word"'
      opening: >-
        Have a look,
        if you like.
      action: Look

  # then German
  de:
    a: {status: approved, subject: Erstens, preheader: Ein Wort, opening: Sehen Sie., action: Los}
"""


def test_comments_and_form_stay(tmp_path: Path) -> None:
    folder = shop(tmp_path, keen=COMMENTED)
    add_drafts(folder, loaded(folder), "keen", {"en": [draft()], "de": [draft("Neu")]}, HOME, again=False)
    after = (folder / FOLDER / "keen.yaml").read_text(encoding="utf-8")
    left = iter(after.splitlines())
    assert all(line in left for line in COMMENTED.splitlines())  # in their order
    assert names(loaded(folder)) == {"a": "approved", "b": "draft"}
    assert names(loaded(folder), "keen", "de") == {"a": "approved", "b": "draft"}


@pytest.mark.parametrize("text", ["{link: cart, copy: {en: {}}}\n", "link: cart\ncopy: {en: {}}\n"])
def test_a_file_in_another_form_is_left_alone(tmp_path: Path, text: str) -> None:
    folder = shop(tmp_path, keen=text)
    with pytest.raises(ContentError, match=r"content/keen\.yaml"):
        add_drafts(folder, loaded(folder), "keen", {"en": [draft()]}, HOME, again=False)
    assert (folder / FOLDER / "keen.yaml").read_text(encoding="utf-8") == text


WORDS = st.text(
    st.characters(categories=["L", "Zs", "P"], exclude_characters="<>{}`\\@.!*[]%&#"), min_size=1, max_size=25
)


@given(st.lists(WORDS, min_size=1, max_size=2), st.booleans())
def test_whatever_comes_what_is_approved_stays(texts: list[str], again: bool) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as root:
        folder = shop(Path(root))
        library = loaded(folder)
        settled = [one for one in library.copies["keen"].locales["en"] if one.status is Status.APPROVED]
        lack = Lack(library.rules["keen"], "en", 2)
        drafts = [one for text in texts if not sound(library, lack, one := draft(" ".join(text.split())))]
        if not drafts:
            return
        try:
            add_drafts(folder, library, "keen", {"en": drafts}, HOME, again=again)
        except ContentError:  # at most four variants
            assert not again
        after = loaded(folder).copies["keen"].locales["en"]
        assert [one for one in after if one.status is Status.APPROVED] == settled
        if again:
            assert [one.texts() for one in after if one.status is Status.DRAFT] == [one.texts for one in drafts]


def test_text_of_a_file_is_kept_line_by_line() -> None:
    from streams.content.model import Copy, Variant

    variants = tuple(Variant(name, Status.APPROVED, "s", "p", "o", "a") for name in "ab")
    made = with_drafts(KEEN_COPY, Copy("keen", "cart", 3, {"en": variants}), {"en": [draft()]}, again=False)
    assert made.startswith(KEEN_COPY[: KEEN_COPY.index("  de:")])
    assert made.endswith(KEEN_COPY[KEEN_COPY.index("  de:") :])


# -- without a model --------------------------------------------------------------------------------------------------


def test_the_starter_fits_the_strategy() -> None:
    starters = read_starters(SHIPPED)
    rules = {rule.name: rule for rule in load_rules(SHIPPED).rules}
    fits = {name: fitting(rule, starters).theme for name, rule in rules.items()}
    assert fits["cart-left-behind"] == "reminder"
    assert fits["one-and-done"] == "question"
    assert fits["window-shopper"] == "advice"
    assert fits["full-price-loyalist"] == "new"
    assert fits["new-and-curious"] == "welcome"
    assert fits["accessories-window-shopper"] == "general"


@pytest.mark.parametrize("locale", ["en", "de", "fr", "fr-CA"])
def test_starters_are_sound_for_every_shipped_rule(locale: str) -> None:
    """Also for a strategy that asks for a discount: without an offer none is promised."""
    library, starters = loaded(SHIPPED), read_starters(SHIPPED)
    for rule in library.rules.values():
        written = FromStarters(Library(library.voice, library.phrases, {}, {}, library.rules), starters)(
            Lack(rule, locale, 2)
        )
        assert (len(written.drafts), written.said) == (2, []), rule.name


def test_starters_lead_to_links_that_there_are() -> None:
    links = loaded(SHIPPED).voice.links
    assert {one.link for one in read_starters(SHIPPED)} <= {*links}


def test_a_language_without_starters_is_told() -> None:
    library = loaded(SHIPPED)
    written = FromStarters(library, read_starters(SHIPPED))(Lack(library.rules["big-basket"], "pt", 2))
    assert written.drafts == []
    assert written.said == ["template/starters.yaml has no more words in pt"]


def test_what_is_there_is_not_written_again(tmp_path: Path) -> None:
    folder = shop(tmp_path, keen="link: cart\ncopy:\n  en:\n" + variant("a", subject="You left something open"))
    written = FromStarters(loaded(folder), read_starters(SHIPPED))(Lack(load_rules(folder).rules[1], "en", 2))
    assert [one.texts["subject"] for one in written.drafts] == ["Still on your list?"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("theme: x\n", "a list of starters is needed"),
        ("- theme: x\n  wrds: []\n", 'unknown key "wrds"; did you mean "words"?'),
        ("- x\n", "keys and values are needed here"),
    ],
)
def test_broken_starters_are_told_with_their_place(tmp_path: Path, text: str, said: str) -> None:
    folder = shop(tmp_path)
    (folder / "template" / "starters.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(ContentError, match=r"template/starters\.yaml:1:") as caught:
        read_starters(folder)
    assert said in str(caught.value)
