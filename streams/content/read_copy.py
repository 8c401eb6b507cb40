"""The copy of one segment: ``content/SEGMENT.yaml``."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from streams.content.fields import mapping, named, one_of, root_of, values_of, word
from streams.content.guard import Allowed, faults
from streams.content.model import MOST_PRODUCTS, MOST_VARIANTS, SLOTS, Copy, Offer, Status, Variant, Voice
from streams.rules.errors import Problems, quoted
from streams.rules.model import Rule
from streams.rules.nearest import hint
from streams.rules.scalars import scalar
from streams.rules.yaml_nodes import Yaml, YamlMap

_KEYS = ("link", "products", "copy")
_OF_A_VARIANT = ("status", *SLOTS, "offer")


class Ground(NamedTuple):
    """What a file is read against: the segment's rule, None where it is not live, the voice and the offers."""

    rule: Rule | None
    voice: Voice
    offers: Mapping[str, Offer]


def allowed_of(ground: Ground, offer: str = "") -> Allowed:
    """What copy may do that names an offer of these words."""
    of_a_category = ground.rule is not None and ground.rule.for_each == "category"
    return Allowed(offer, of_a_category, ground.voice.avoid)


def read_copy(path: Path, ground: Ground, problems: Problems) -> Copy | None:
    """The copy in a file; None where it cannot be read."""
    root = root_of(path, problems)
    return None if root is None else copy_in(root, path.stem, ground, problems)


def copy_in(root: YamlMap, segment: str, ground: Ground, problems: Problems) -> Copy:
    """The same of a text that has been read."""
    values = values_of(root, _KEYS, ("link", "copy"), problems)
    link = one_of(values["link"], ground.voice.links, "link", problems) if "link" in values else None
    products = _products(values["products"], problems) if "products" in values else 0
    locales = mapping(values["copy"], problems) if "copy" in values else None
    found: dict[str, tuple[Variant, ...]] = {}
    for locale, entry in locales.entries.items() if locales else ():
        if locale not in ground.voice.locales:
            known = hint(locale, ground.voice.locales)
            problems.add(entry.key.place, f"{quoted(locale)} is none of the locales of voice.yaml{known}")
        variants = mapping(entry.value, problems)
        if variants is not None:
            found[locale] = tuple(_variants(variants, locale, ground, problems))
    return Copy(segment, link or "", products, found)


def _products(node: Yaml, problems: Problems) -> int:
    found = scalar(node, problems, "a whole number")
    if found is None:
        return 0
    if found.text.isascii() and found.text.isdigit() and len(found.text) < 4 and int(found.text) <= MOST_PRODUCTS:
        return int(found.text)
    problems.add(node.place, f"{quoted(found.text)} is no number of products; write one from 0 to {MOST_PRODUCTS}")
    return 0


def _variants(node: YamlMap, locale: str, ground: Ground, problems: Problems) -> list[Variant]:
    found = []
    for name, value in named(node, "a variant", problems):
        variant = mapping(value, problems)
        if variant is not None:
            found.append(_variant(name, variant, locale, ground, problems))
    living = [one for one in found if one.status is not Status.RETIRED]
    if len(living) > MOST_VARIANTS:
        problems.add(node.place, f"{len(living)} variants; at most {MOST_VARIANTS} can be drafts or approved")
    return found


def _variant(name: str, node: YamlMap, locale: str, ground: Ground, problems: Problems) -> Variant:
    values = values_of(node, _OF_A_VARIANT, ("status", *SLOTS), problems)
    status = one_of(values["status"], tuple(Status), "status", problems) if "status" in values else None
    offer = one_of(values["offer"], ground.offers, "offer", problems) if "offer" in values else None
    texts = {slot: word(values, slot, problems) for slot in SLOTS if slot in values}
    said = ground.offers[offer].texts.get(locale) if offer is not None else ""
    if said is None:
        problems.add(values["offer"].place, f"the offer {offer} has no text in {locale}; see offers.yaml")
    for slot, fault in faults(texts, allowed_of(ground, said or "")):
        problems.add(values[slot].place, f"{slot}: {fault}")
    full = {slot: texts.get(slot, "") for slot in SLOTS}
    return Variant(name, Status(status or Status.DRAFT), **full, offer=offer, place=node.place)
