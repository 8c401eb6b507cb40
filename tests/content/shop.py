"""A small shop with rules, a voice and copy, in a folder."""

from __future__ import annotations

import shutil
from pathlib import Path

from streams.content.load import load_content
from streams.content.model import Copy, Library, Product, Status, Variant
from streams.rules.load import load_rules

SHIPPED = Path(__file__).parents[2] / "segment_rules"

KEEN = """\
title: Looks a lot
why: Interested.
when: {count: views, last: 7d, at_least: 3}
email:
  strategy: One reminder that shows the cart.
"""
FAN = """\
title: Fan
for_each: category
when: {count: views, where: {category: $each}, last: 7d, at_least: 2}
email:
  strategy: A guide.
"""
QUIET = """\
title: To be left alone
when: {count: refunds, last: 7d, at_least: 1}
everyone: true
"""
VOICE = """\
shop: Corner Shop
address: Corner Shop, High Street, Town
tone: Plain.
locales: [en, de]
links:
  shop: https://corner.example/
  cart: https://corner.example/cart?a=1&b=2
  unsubscribe: https://corner.example/stop
avoid: [act now]
order: [keen]
"""
OFFERS = """\
offers:
  returns:
    text: {en: Free returns within 30 days, de: Kostenlose Rückgabe binnen 30 Tagen}
  spring:
    text: {en: 20% off all shoes}
    until: 2026-06-30
"""


def variant(name: str, status: str = "approved", subject: str = "Hello there", more: str = "") -> str:
    """A variant as a file of copy has it."""
    lines = [f"    {name}:", f"      status: {status}", f'      subject: "{subject}"', "      preheader: A word"]
    lines += ["      opening: Have a look.", "      action: Look"]
    return "\n".join([*lines, *([f"      {more}"] if more else [])]) + "\n"


KEEN_COPY = (
    "link: cart\nproducts: 3\ncopy:\n  en:\n"
    + variant("a", subject="First")
    + variant("b", subject="Second")
    + variant("c", "draft", subject="Third")
    + "  de:\n"
    + variant("a", subject="Erstens")
)
FAN_COPY = "link: shop\ncopy:\n  en:\n" + variant("a", subject="About {category}")
QUIET_COPY = "link: shop\ncopy:\n  en:\n" + variant("a")
FILES = {
    "active/keen.yaml": KEEN,
    "active/fan.yaml": FAN,
    "active/quiet.yaml": QUIET,
    "content/voice.yaml": VOICE,
    "content/offers.yaml": OFFERS,
    "content/keen.yaml": KEEN_COPY,
    "content/fan.yaml": FAN_COPY,
    "content/quiet.yaml": QUIET_COPY,
}


def shop(root: Path, **changed: str | None) -> Path:
    """The shop's rule folder; ``changed`` are files of content by their stems, None of one that is missing."""
    files: dict[str, str | None] = {**FILES, **{f"content/{stem}.yaml": text for stem, text in changed.items()}}
    shutil.copytree(SHIPPED / "template", root / "template", dirs_exist_ok=True)
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is not None:
            path.write_text(text, encoding="utf-8")
    return root


def loaded(folder: Path) -> Library:
    """The content of a folder."""
    return load_content(folder, load_rules(folder))


def wording(text: str) -> Variant:
    """An approved variant that says the same everywhere."""
    return Variant("a", Status.APPROVED, text, text, text, text)


def copy_of(*variants: Variant, products: int = 3, locale: str = "en") -> Copy:
    """Copy of the segment ``keen``."""
    return Copy("keen", "cart", products, {locale: variants})


def product(name: str = "Red scarf", **fields: str) -> Product:
    """A product that can be shown."""
    whole = {"id": "p1", "price": "19.90 EUR", "url": "https://corner.example/p1", "category": "Scarves", **fields}
    return Product(name=name, **whole)
