"""The one template, and what is made of it: a mail with subject, HTML and plain text.

Texts and product names come in as values, never as template: nothing in them is looked at as Jinja, everything in HTML
is escaped, and every attribute stands in quotes. The template itself runs in Jinja's sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2 import Template as Compiled
from jinja2.sandbox import ImmutableSandboxedEnvironment

from streams.content.cleaning import cleaned, is_web_address
from streams.content.fields import TEMPLATE
from streams.content.filling import filled
from streams.content.model import (
    MOST_PRODUCTS,
    UNSUBSCRIBE,
    ContentError,
    Copy,
    Library,
    Product,
    Variant,
)
from streams.language.texts import one_line
from streams.rules.folder import MAX_FILE_BYTES

#: Mail clients cut off what is longer.
MOST_BYTES = 102_400
HTML, TEXT, GALLERY = "mail.html.j2", "mail.txt.j2", "gallery.html.j2"
_RIGHT_TO_LEFT = ("ar", "fa", "he", "ur", "yi", "ps", "sd", "ug", "dv", "ckb")


Products = Sequence[Product]


class Mail(NamedTuple):
    """What is sent: the subject and the preheader as plain text, and both bodies."""

    subject: str
    preheader: str
    html: str
    text: str


class Template:
    """The template of a rule folder.

    Raises:
        ContentError: a file is missing, or is no template.
    """

    def __init__(self, rules_folder: Path) -> None:
        self._folder = rules_folder / TEMPLATE
        self._made: dict[str, Compiled] = {name: self._compiled(name) for name in (HTML, TEXT)}

    def mail(
        self, library: Library, copy: Copy, variant: Variant, locale: str, category: str = "", products: Products = ()
    ) -> Mail:
        """A mail.

        Args:
            library: the shop's voice and the template's own words.
            copy: of the segment.
            variant: the wording.
            locale: its language.
            category: what a family of categories speaks of, as it came with the events.
            products: what to show; those without a name or a web address are left out.

        Raises:
            ContentError: the template fails, or the mail is larger than clients show.
        """
        phrases, voice = library.phrases[locale], library.voice
        texts = filled(variant, category, phrases)
        values = {
            **texts,
            "lang": locale,
            "dir": "rtl" if locale.split("-")[0] in _RIGHT_TO_LEFT else "ltr",
            "link": voice.links[copy.link],
            "unsubscribe": voice.links[UNSUBSCRIBE],
            "shop": one_line(voice.shop),
            "address": one_line(voice.address),
            "phrases": dict(phrases),
            "products": shown(products)[: copy.products],
        }
        html, text = self._filled(HTML, values), self._filled(TEXT, values)
        size = len(html.encode())
        if size > MOST_BYTES:
            raise ContentError([f"{TEMPLATE}/{HTML}: a mail of {size:,} bytes; clients cut at {MOST_BYTES:,}"])
        return Mail(texts["subject"], texts["preheader"], html, text)

    def gallery(self, values: Mapping[str, object]) -> str:
        """The page on which all mails are looked at; raises ContentError."""
        self._made[GALLERY] = self._made.get(GALLERY) or self._compiled(GALLERY)
        return self._filled(GALLERY, values)

    def _compiled(self, name: str) -> Compiled:
        path = self._folder / name
        source = path.read_text(encoding="utf-8") if path.is_file() else None
        if source is None or len(source) > MAX_FILE_BYTES:
            what = "there is no such file; take it from the shipped segment_rules" if source is None else "too large"
            raise ContentError([f"{path}: {what}"])
        environment = ImmutableSandboxedEnvironment(
            autoescape=".html." in name, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        try:
            return environment.from_string(source)
        except TemplateSyntaxError as error:
            raise ContentError([f"{TEMPLATE}/{name}:{error.lineno}:1: {error.message}"]) from error

    def _filled(self, name: str, values: Mapping[str, object]) -> str:
        try:
            return str(self._made[name].render(values))
        except (TemplateError, OverflowError, TypeError, ValueError, ArithmeticError) as error:
            raise ContentError([f"{TEMPLATE}/{name}: {error}"]) from error


def shown(products: Products) -> list[Product]:
    """The products that can be shown, as they can be: clean names, and only addresses of web pages."""
    found = []
    for one in products:
        name = cleaned(one.name)
        if any(letter.isalnum() for letter in name) and is_web_address(one.url):
            image = one.image if is_web_address(one.image) else ""
            found.append(Product(one.id, name, cleaned(one.price, 24), one.url, image))
    return found[:MOST_PRODUCTS]
