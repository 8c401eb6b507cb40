"""What no copy may say, whoever wrote it: markup, links, words to avoid, and promises that no offer stands behind."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from streams.content.cleaning import cleaned, without_towers
from streams.content.model import CATEGORY, SLOTS
from streams.language.texts import is_unseen
from streams.rules.errors import quoted

#: Beginnings of words that promise something, in the languages of the shipped texts and their neighbours. Such
#: a word may stand in copy only if it stands in the text of the offer that the copy names.
_PROMISES = (
    r"free\b|discount|coupon|voucher|promo|sales?\b|saving|saved?\b|cheap|bargain|deals?\b|half[- ]price|guarant|bonus|"
    r"warrant|refund|reward|percent|award|certified|proven\b|limited|exclusive|lowest|best price|last chance|expire|"
    r"only today|today only|"
    r"gratis|kostenlos|kostenfrei|rabatt|gutschein|sparen|sparst|sparpreis|ersparnis|günstig|billig|schnäppchen|prozent|"
    r"reduziert|umsonst|garant|versandkostenfrei|exklusiv|letzte chance|nur heute|gewinn|"
    r"gratuit|remise|réduction|soldes?\b|offert|économi|pour cent|moins cher|exclusi|dernière chance|bon d.achat|"
    "descuento|cupón|rebaja|ahorr|por ciento|barat|última oportunidad|regalo|"
    "sconto|saldi|risparmi|per cento|ultima occasione|omaggio|"
    "korting|aanbieding|uitverkoop|bespaar|procent|goedkoop|laatste kans"
)
_PROMISE = re.compile(rf"\b(?:{_PROMISES})\w*", re.IGNORECASE)
_MARKUP = re.compile(r"[<>{}`\\]|&#?\w+;|\*\||\|\*|\*\*|\]\(|%%|\[\[")
_LINK = re.compile(
    r"://|\bwww\.|@|\b(?:javascript|data|mailto|tel|https?)\s*:|(?<=\w)\.(?=[^\W\d_])|(?<=[a-z0-9])\u3002(?=[a-z])",
    re.IGNORECASE,
)
#: Characters of a category's name.
_MOST_CATEGORY = 30
_FAKE_REPLY = re.compile(r"\s*(re|fwd?|aw|wg|tr|rv|antw)\s*:", re.IGNORECASE)
_APOSTROPHE, _TYPED = "\u2019", "'"
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


class Allowed(NamedTuple):
    """What copy of one place may do: speak of an offer (its words, empty: of none), use ``{category}``; ``avoid`` are
    words that it may not have."""

    offer: str = ""
    category: bool = False
    avoid: tuple[str, ...] = ()


def faults(texts: Mapping[str, str], allowed: Allowed) -> Iterator[tuple[str, str]]:
    """What is wrong with the texts of a variant: (slot, in words)."""
    for slot, text in texts.items():
        for fault in text_faults(text, slot, allowed):
            yield slot, fault


def text_faults(text: str, slot: str, allowed: Allowed) -> Iterator[str]:
    """What is wrong with one text."""
    if not text.strip():
        yield "an empty text"
        return
    if len(text) > SLOTS[slot]:
        yield f"{len(text)} characters; a {slot} has at most {SLOTS[slot]}"
    if unseen := sorted({letter for letter in text if is_unseen(letter)}):
        yield f"an invisible character (U+{ord(unseen[0]):04X}); delete it, and write on one line"
    if without_towers(text) != text:
        yield "marks piled upon a letter"
    plain = unicodedata.normalize("NFKC", text.replace(CATEGORY, "") if allowed.category else text)
    yield from _form_faults(plain, slot, allowed)
    yield from _avoided(plain, allowed.avoid)
    yield from _promises(plain, unicodedata.normalize("NFKC", allowed.offer))


def nameable(category: str) -> str:
    """A category as it can stand in copy, as events brought it; empty of one that cannot: a link, a promise, none."""
    name = cleaned(category, _MOST_CATEGORY)
    faulty = any(True for text in (name, category.strip()) for _ in text_faults(text, "opening", Allowed()))
    return name if not faulty and any(letter.isalpha() for letter in name) else ""


def _form_faults(text: str, slot: str, allowed: Allowed) -> Iterator[str]:
    if found := _MARKUP.search(text):
        word = f" (only {CATEGORY} is filled in)" if found[0] in "{}" and allowed.category else ""
        yield f"{quoted(found[0])} looks like markup; copy is plain text{word}"
    if found := _LINK.search(text):
        near = text[max(0, found.start() - 12) : found.end() + 12]
        yield f"{quoted(near)} may become a link; copy has none, the button leads to the link of this file"
    if slot == "subject" and _FAKE_REPLY.match(text):
        yield "looks like an answer to a mail that nobody wrote; begin with another word"
    if text.count("!") > 1:
        yield "more than one exclamation mark"


def _avoided(text: str, avoid: tuple[str, ...]) -> Iterator[str]:
    typed = text.replace(_APOSTROPHE, _TYPED)
    for word in avoid:
        if re.search(rf"(?<!\w){re.escape(word.replace(_APOSTROPHE, _TYPED))}(?!\w)", typed, re.IGNORECASE):
            yield f"{quoted(word)} is a word that voice.yaml says to avoid"


def _promises(text: str, offer: str) -> Iterator[str]:
    behind = f"the offer does not say it ({quoted(offer)})" if offer else "no offer stands behind it; see offers.yaml"
    said = {word[0].casefold() for word in _PROMISE.finditer(offer)}
    for found in dict.fromkeys(word[0] for word in _PROMISE.finditer(text)):
        if found.casefold() not in said:
            yield f"{quoted(found)} promises something, and {behind}"
    for number in dict.fromkeys(_NUMBER.findall(text)):
        if number not in _NUMBER.findall(offer):
            yield f"the number {number} promises something, and {behind}"
    signs = {letter for letter in text if unicodedata.category(letter) == "Sc" or letter in "%‰"}
    for sign in sorted(signs - set(offer)):
        yield f"{quoted(sign)} promises something, and {behind}"
