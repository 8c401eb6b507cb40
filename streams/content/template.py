"""The one template, and what is made of it: a mail with subject, HTML and plain text.

Texts and product names come in as values, never as template: nothing in them is looked at as Jinja, everything in HTML is
escaped, and every attribute stands in quotes. The template itself runs in Jinja's sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from streams.content.cleaning import cleaned, is_web_address, one_line
from streams.content.fields import TEMPLATE, is_locale, mapping, root_of, values_of, word
from streams.content.model import CATEGORY, MOST_PRODUCTS, UNSUBSCRIBE, ContentError, Copy, Product, Variant, Voice
from streams.rules.errors import Problems, quoted
from streams.rules.folder import MAX_FILE_BYTES

#: Mail clients cut off what is longer.
MOST_BYTES = 102_400
HTML, TEXT, GALLERY = "mail.html.j2", "mail.txt.j2", "gallery.html.j2"
_PHRASES = "phrases.yaml"
#: What the template says by itself: above the products, on their links, why somebody gets this, how to stop, and what
#: stands for a category that cannot be named.
PHRASES = ("products", "view", "reason", "unsubscribe", "category")
_RIGHT_TO_LEFT = ("ar", "fa", "he", "ur", "yi", "ps", "sd", "ug", "dv", "ckb")
_MOST_CATEGORY = 30


class Mail(NamedTuple):
    """What is sent: the subject and the preheader as plain text, and both bodies."""

    subject: str
    preheader: str
    html: str
    text: str


class Template:
    """The template of a rule folder.

    Raises:
        ContentError: a file is missing, no template, or its phrases are wrong.
    """

    def __init__(self, rules_folder: Path) -> None:
        self._folder = rules_folder / TEMPLATE
        self._phrases = _phrases(self._folder / _PHRASES)
        self._made = {name: self._compiled(name) for name in (HTML, TEXT)}

    @property
    def locales(self) -> list[str]:
        """The languages that the template itself speaks."""
        return list(self._phrases)

    def phrases(self, locale: str) -> Mapping[str, str]:
        """What the template says by itself in a locale, or in its language.

        Raises:
            ContentError: it has no words in that language.
        """
        language = locale.split("-")[0]
        found = self._phrases.get(locale) or self._phrases.get(language)
        if found is None:
            raise ContentError([f"{TEMPLATE}/{_PHRASES}: no words in {language}; add them below the others"])
        return found

    def mail(
        self, copy: Copy, variant: Variant, locale: str, voice: Voice, category: str = "", products: Sequence[Product] = ()
    ) -> Mail:
        """A mail.

        Args:
            copy: of the segment.
            variant: the wording.
            locale: its language.
            voice: the shop.
            category: what a family of categories speaks of, as it came with the events.
            products: what to show; those without a name or a web address are left out.

        Raises:
            ContentError: the template fails, or the mail is larger than clients show.
        """
        phrases = self.phrases(locale)
        named = _nameable(category) or phrases["category"]
        texts = {slot: one_line(text.replace(CATEGORY, named)) for slot, text in variant.texts().items()}
        values = {
            **texts,
            "lang": locale,
            "dir": "rtl" if locale.split("-")[0] in _RIGHT_TO_LEFT else "ltr",
            "link": voice.links[copy.link],
            "unsubscribe": voice.links[UNSUBSCRIBE],
            "shop": cleaned(voice.shop, 100),
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
        self._made.setdefault(GALLERY, self._compiled(GALLERY))
        return self._filled(GALLERY, values)

    def _compiled(self, name: str) -> object:
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


def shown(products: Sequence[Product]) -> list[Product]:
    """The products that can be shown, as they can be: clean names, and only addresses of web pages."""
    found = []
    for one in products:
        name = cleaned(one.name)
        if any(letter.isalnum() for letter in name) and is_web_address(one.url):
            image = one.image if is_web_address(one.image) else ""
            found.append(one._replace(name=name, price=cleaned(one.price, 24), image=image, category=""))
    return found[:MOST_PRODUCTS]


def _nameable(category: str) -> str:
    """A category as it can stand in a sentence; empty of one that cannot."""
    if "://" in category or any(sign in category for sign in "<>{}@"):
        return ""
    name = cleaned(category, _MOST_CATEGORY)
    return name if any(letter.isalpha() for letter in name) else ""


def _phrases(path: Path) -> dict[str, dict[str, str]]:
    problems = Problems()
    root = root_of(path, problems) if path.is_file() else None
    if root is None and not problems:
        raise ContentError([f"{path}: there is no such file; take it from the shipped segment_rules"])
    found = {}
    for locale, entry in root.entries.items() if root else ():
        if not is_locale(locale):
            problems.add(entry.key.place, f"{quoted(locale)} is no locale; write one such as de or pt-BR")
        node = mapping(entry.value, problems)
        if node is not None:
            values = values_of(node, PHRASES, PHRASES, problems)
            found[locale] = {name: word(values, name, problems) for name in PHRASES}
    if problems:
        raise ContentError(problems.lines())
    return found
