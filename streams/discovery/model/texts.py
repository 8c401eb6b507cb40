"""Texts that others wrote, made harmless: names of a shop before the model sees them, words of a model before people
do."""

from __future__ import annotations

import re
import unicodedata

from streams.language.texts import visible

#: Characters of a name that the model is shown.
NAME_LENGTH = 60

ADDRESS = re.compile(r"[^\s@<>\"'(),;:]+@[^\s@<>\"'(),;:]+")
_LINK = re.compile(r"\b(?:https?://|www\.)\S+", re.IGNORECASE)
_LONG_NUMBER = re.compile(r"\+?\d(?:[\s./()-]{0,2}\d){8,}")
_MARKUP = re.compile(r"[<>`\\]|\]\(|!\[|\*\*|\{\{|\}\}|\{%|\$\{")


def clean(text: str, most: int = NAME_LENGTH) -> str:
    """A name of the shop's as the model may see it: visible, without addresses, links and long numbers, not longer
    than ``most``."""
    seen = visible(unicodedata.normalize("NFKC", visible(text)))
    for pattern, said in ((ADDRESS, "(address)"), (_LINK, "(link)"), (_LONG_NUMBER, "(number)")):
        seen = pattern.sub(said, seen)
    return seen if len(seen) <= most else f"{seen[: most - 1]}…"


def fault_of(text: str, least: int, most: int) -> str | None:
    """What is wrong with a text that the model wrote for people; None: nothing."""
    if len(text.strip()) < least:
        return f"is empty, or shorter than {least} characters"
    if len(text) > most:
        return f"has {len(text)} characters; at most {most} are taken"
    if visible(text) != text.strip():
        return "has line breaks, double spaces or characters that are not seen"
    if ADDRESS.search(text) or _LINK.search(text) or re.search(r"\b\w+\.(?:com|net|org|io|de)\b", text, re.IGNORECASE):
        return "has a link or an address"
    if _MARKUP.search(text):
        return "has markup"
    return None
