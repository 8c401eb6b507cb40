"""The files that all copy stands on: ``content/voice.yaml``, ``content/offers.yaml``, ``template/phrases.yaml``."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date
from pathlib import Path

from streams.content.cleaning import is_web_address
from streams.content.fields import is_locale, mapping, named, root_of, values_of, word, words
from streams.content.model import UNSUBSCRIBE, Offer, Voice
from streams.rules.errors import Problems, quoted
from streams.rules.nearest import hint
from streams.rules.scalars import scalar, shown_text
from streams.rules.yaml_nodes import Yaml

_VOICE = ("shop", "address", "tone", "locales", "links", "avoid", "order")
_OFFER = ("text", "until")
#: What the template says by itself: above the products, on their links, why somebody gets this, how to stop, and what
#: stands for a category that cannot be named.
PHRASES = ("products", "view", "reason", "unsubscribe", "category")


def read_voice(path: Path, segments: Collection[str], problems: Problems) -> Voice | None:
    """The voice in a file; None where it cannot be read. ``segments``: those that there are, for ``order``."""
    root = root_of(path, problems)
    if root is None:
        return None
    values = values_of(root, _VOICE, ("shop", "address", "locales", "links"), problems)
    return Voice(
        shop=word(values, "shop", problems),
        address=word(values, "address", problems),
        tone=word(values, "tone", problems),
        locales=_locales(values["locales"], problems) if "locales" in values else (),
        links=_links(values["links"], problems) if "links" in values else {},
        avoid=tuple(one.text for one in words(values["avoid"], problems)) if "avoid" in values else (),
        order=_order(values["order"], segments, problems) if "order" in values else (),
    )


def _locales(node: Yaml, problems: Problems) -> tuple[str, ...]:
    found = words(node, problems)
    if not found:
        problems.add(node.place, "at least one locale is needed, such as [en]")
    for one in found:
        if not is_locale(one.text):
            problems.add(one.place, f"{quoted(one.text)} is no locale; write one such as de or pt-BR")
    return tuple(dict.fromkeys(one.text for one in found))


def _links(node: Yaml, problems: Problems) -> dict[str, str]:
    found: dict[str, str] = {}
    links = mapping(node, problems)
    if links is None:
        return found
    for name, value in named(links, "a link", problems):
        url = scalar(value, problems)
        if url is not None and not is_web_address(url.text):
            problems.add(
                url.place, f"{quoted(url.text)} is no web address; write one such as https://shop.example/cart"
            )
        elif url is not None:
            found[name] = url.text
    if UNSUBSCRIBE not in links.entries:
        problems.add(links.place, f"no link {UNSUBSCRIBE}: every mail needs one")
    return found


def _order(node: Yaml, segments: Collection[str], problems: Problems) -> tuple[str, ...]:
    found = words(node, problems)
    for one in found:
        if one.text not in segments:
            problems.add(one.place, f"unknown segment {quoted(one.text)}{hint(one.text, segments)}")
    return tuple(one.text for one in found)


def read_offers(path: Path, locales: Collection[str], problems: Problems) -> dict[str, Offer]:
    """The offers in a file by name; none where there is no file."""
    root = root_of(path, problems) if path.exists() else None
    if root is None:
        return {}
    values = values_of(root, ("offers",), ("offers",), problems)
    offers = mapping(values["offers"], problems) if "offers" in values else None
    found: dict[str, Offer] = {}
    for name, node in named(offers, "an offer", problems) if offers else ():
        one = mapping(node, problems)
        if one is not None:
            found[name] = _offer(name, values_of(one, _OFFER, ("text",), problems), locales, problems)
    return found


def _offer(name: str, values: Mapping[str, Yaml], locales: Collection[str], problems: Problems) -> Offer:
    texts: dict[str, str] = {}
    by_locale = mapping(values["text"], problems) if "text" in values else None
    for locale, entry in by_locale.entries.items() if by_locale else ():
        if locale not in locales:
            problems.add(entry.key.place, f"unknown locale {quoted(locale)}{hint(locale, locales)}")
        texts[locale] = shown_text(entry.value, problems) or ""
    return Offer(name, texts, _day(values["until"], problems) if "until" in values else None)


def _day(node: Yaml, problems: Problems) -> date | None:
    found = scalar(node, problems, "a day such as 2026-12-31")
    try:
        return date.fromisoformat(found.text) if found else None
    except ValueError:
        problems.add(node.place, f"{quoted(found.text if found else '')} is no day; write one such as 2026-12-31")
        return None


def read_phrases(path: Path, locales: Iterable[str], problems: Problems) -> dict[str, dict[str, str]]:
    """The template's own words by locale; one that the file does not have speaks as its language."""
    root = root_of(path, problems)
    found = {}
    for locale, entry in root.entries.items() if root else ():
        node = mapping(entry.value, problems)
        if node is not None:
            values = values_of(node, PHRASES, PHRASES, problems)
            found[locale] = {name: word(values, name, problems) for name in PHRASES}
    by_locale = {one: found.get(one) or found.get(one.split("-")[0]) for one in locales}
    lacking = [one for one, said in by_locale.items() if said is None]
    if root is not None and lacking:
        problems.add(root.place, f"no words in {', '.join(lacking)}, which voice.yaml has among its locales")
    return {one: said for one, said in by_locale.items() if said is not None}
