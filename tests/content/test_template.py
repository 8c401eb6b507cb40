"""The template: valid, small, and nothing that is put in breaks out of its place."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.content.choice import locale_of
from streams.content.model import SLOTS, ContentError, Library, Product, Status
from streams.content.template import MOST_BYTES, Mail, Template, shown
from streams.language.texts import one_line
from tests.content.markup import Page
from tests.content.payloads import ADDRESSES, TEXTS
from tests.content.shop import SHIPPED, VOICE, copy_of, loaded, product, shop, wording

TEMPLATE = Template(SHIPPED)
SAFE = ("https://corner.example/", "http://corner.example/")


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    return loaded(shop(tmp_path_factory.mktemp("shop")))


def mail(library: Library, text: str = "Hello", *products: Product, category: str = "") -> Mail:
    """A mail of which every slot says ``text``."""
    one = wording(text)
    return TEMPLATE.mail(library, copy_of(one, products=12), one, "en", category, products)


def test_a_mail_has_all_its_parts(library: Library) -> None:
    found = mail(library, "Hello", product("Red scarf", image="https://corner.example/p1.png"))
    page = Page(found.html)
    text = "\n".join(page.text)
    for part in (
        "Corner Shop",
        "Hello",
        "You may like",
        "Red scarf",
        "19.90 EUR",
        "See it",
        "Unsubscribe",
        "High Street",
    ):
        assert part in text
    link = "https://corner.example/cart?a=1&b=2"
    assert link in page.addresses
    assert "https://corner.example/stop" in page.addresses
    for part in ("Hello:\nhttps://corner.example/cart?a=1&b=2", "* Red scarf (19.90 EUR)\n  https://corner.example/p1\n",
                 "\n-- \nYou receive", "Unsubscribe: https://corner.example/stop\nCorner Shop"):  # fmt: skip
        assert part in found.text
    assert (found.subject, found.preheader) == ("Hello", "Hello")


def test_without_products_there_is_no_block_of_them(library: Library) -> None:
    found = mail(library)
    assert "You may like" not in found.html + found.text
    assert 'class="first ink"' not in found.html


@pytest.mark.parametrize("count", range(1, 13))
def test_any_number_of_products_makes_a_valid_page(library: Library, count: int) -> None:
    page = Page(mail(library, "Hello", *[product(f"Product {number}") for number in range(count)]).html)
    assert sum(text.startswith("Product ") for text in page.text) == count


def test_the_largest_mail_is_not_cut_by_clients(library: Library) -> None:
    url = "https://corner.example/" + "&" * 235
    many = [product("A" + "&" * 79, price="&" * 24, url=url, image=url) for _ in range(20)]
    full = wording("&" * 420)
    found = TEMPLATE.mail(library, copy_of(full, products=12), full, "en", "", many)
    assert found.html.count(f'href="{url.replace("&", "&amp;")}"') == 36
    assert len(found.html.encode()) < MOST_BYTES
    assert len(mail(library).html.encode()) < 12_000


@pytest.mark.parametrize("payload", TEXTS)
def test_hostile_text_stays_text(library: Library, payload: str) -> None:
    """The same elements, attributes, addresses and styles as of a tame mail, in HTML; no header and no line more."""
    tame_mail = mail(library, "Hello", product())
    hostile = product(f"N {payload}", price=f"1 {payload}", category=payload, id=payload)
    found = mail(library, payload, hostile, category=payload)
    page, tame = Page(found.html), Page(tame_mail.html)
    assert page.skeleton == tame.skeleton
    assert page.addresses == tame.addresses
    assert page.styles == tame.styles
    assert one_line(payload) in "".join(page.text)
    assert found.text.count("\n") == tame_mail.text.count("\n")
    assert all(letter == "\n" or letter.isprintable() or letter in "\u200c\u200d" for letter in found.text)
    for line in (found.subject, found.preheader):
        assert line.splitlines() in ([], [line])


@given(st.text(max_size=90))
def test_any_text_stays_text(text: str) -> None:
    library = whole()
    tame = Page(mail(library, "Hello", product()).html)
    found = mail(library, text, product(f"N {text}", price=f"1 {text}"), category=text)
    page = Page(found.html)
    assert page.skeleton == tame.skeleton
    assert page.addresses == tame.addresses
    assert page.styles == tame.styles


@cache
def whole() -> Library:
    """The shipped content."""
    return loaded(SHIPPED)


@pytest.mark.parametrize("address", ADDRESSES)
def test_only_web_addresses_become_links(library: Library, address: str) -> None:
    tame = Page(mail(library, "Hello", product()).html)
    page = Page(mail(library, "Hello", product("Bad", url=address), product(image=address)).html)
    assert page.skeleton == tame.skeleton
    assert page.addresses == tame.addresses
    assert all(one.startswith(SAFE) for one in page.addresses)


def test_an_address_with_signs_of_html_is_whole_and_inside_its_quotes(library: Library) -> None:
    url = "https://corner.example/p?a=1&lt=2&copy=3"
    page = Page(mail(library, "Hello", product(url=url)).html)
    assert url in page.addresses


def test_products_without_a_name_or_address_are_left_out() -> None:
    kept = product("Scarf", image="javascript:alert(1)", price="  1 EUR\n")
    found = shown([product("\u3164"), product("!?"), product(url=""), kept])
    assert found == [kept._replace(image="", price="1 EUR", category="")]


def test_a_category_is_named_where_it_can_be(library: Library) -> None:
    assert mail(library, "About {category}", category="Shoes").subject == "About Shoes"
    assert mail(library, "About {category}", category="evil.com").subject == "About this part of our shop"
    assert mail(library, "About {category}", category="{{7*7}}").subject == "About this part of our shop"


def test_languages_from_right_to_left_say_so(tmp_path: Path) -> None:
    folder = shop(tmp_path, voice=VOICE.replace("[en, de]", "[en, de, he]"))
    phrases = folder / "template" / "phrases.yaml"
    more = "he: {products: א, view: ב, reason: ג, unsubscribe: ד, category: ה}\n"
    phrases.write_text(phrases.read_text(encoding="utf-8") + more, encoding="utf-8")
    one = wording("שלום")
    made = Template(folder).mail(loaded(folder), copy_of(one, locale="he"), one, "he", "", [product()])
    assert '<html lang="he" dir="rtl">' in made.html
    Page(made.html)


def test_light_dark_and_phones_are_provided_for(library: Library) -> None:
    html = mail(library).html
    for part in (
        "prefers-color-scheme: dark",
        "max-width: 619px",
        'name="color-scheme" content="light dark"',
        "[if mso]",
    ):
        assert part in html


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{{ ''.__class__.__mro__ }}", "access to attribute"),
        ("{{ nobody }}", "'nobody' is undefined"),
        ("{% for x in range(10000000) %}x{% endfor %}", "Range too big"),
        ("{% include 'mail.txt.j2' %}", "no loader"),
        ("{{ products.append(1) }}", "access to attribute 'append'"),
        ("{{ phrases.update({'a': 1}) }}", "access to attribute 'update'"),
        ("{{ 1 / 0 }}", "division by zero"),
        ("{% if %}", "template/mail.html.j2:1:1: Expected an expression"),
        ("{{ 'x' * 200000 }}", "clients cut at 102,400"),
    ],
)
def test_a_bad_template_is_one_clear_line(tmp_path: Path, text: str, said: str) -> None:
    folder = shop(tmp_path)
    (folder / "template" / "mail.html.j2").write_text(text, encoding="utf-8")
    one = wording("Hello")
    with pytest.raises(ContentError, match=r"template/mail\.html\.j2") as caught:
        Template(folder).mail(loaded(folder), copy_of(one), one, "en")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_template_is_told(tmp_path: Path) -> None:
    with pytest.raises(ContentError, match=r"mail\.html\.j2: there is no such file"):
        Template(tmp_path)


@pytest.mark.parametrize(
    ("wanted", "found"), [("de-AT", "de-AT"), ("de-CH", "de"), ("DE", "de"), ("pt", "pt-BR"), ("fr", None), ("", None)]
)
def test_the_nearest_locale_is_found(wanted: str, found: str | None) -> None:
    assert locale_of(wanted, ["en", "de-AT", "de", "pt-BR"]) == found


# -- what is shipped --------------------------------------------------------------------------------------------------


def test_every_active_rule_has_approved_copy() -> None:
    library = whole()
    assert {*library.copies} == {*library.rules}
    for name, copy in library.copies.items():
        approved = [one for one in copy.locales["en"] if one.status is Status.APPROVED]
        assert len(approved) >= 2, name
        assert all(len({getattr(one, slot) for one in approved}) == len(approved) for slot in SLOTS), name


def test_every_shipped_mail_is_valid_with_and_without_products() -> None:
    library = whole()
    for copy in library.copies.values():
        for one in copy.locales["en"]:
            for products in ((), [product(f"Product {number}") for number in range(3)]):
                Page(TEMPLATE.mail(library, copy, one, "en", "shoes", products).html)
