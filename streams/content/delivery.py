"""What goes with a change: the approved copy of the segments that a customer entered, and products."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date

from streams.content.choice import approved, chosen, family_of, value_of
from streams.content.filling import filled
from streams.content.model import Copy, Library, Product, Variant

#: The products for a customer in a segment, the best first; None where nobody recommends any.
Products = Callable[[str, str], Sequence[Product] | None]


def no_products(user: str, segment: str) -> None:
    """Where nobody recommends anything."""


def label_of(segment: str, variant: Variant) -> str:
    """The name by which a variant is known outside, in mails' ``campaign`` too: ``cart-left-behind:a``."""
    return f"{family_of(segment)}:{variant.name}"


def content_of(
    library: Library, user: str, segments: Iterable[str], today: date, products: Products = no_products
) -> dict[str, dict[str, object]]:
    """The content of a customer by segment, as JSON has it.

    Of each locale the customer's own variant: ``label``, ``subject``, ``preheader``, ``opening``, ``action``; beside
    them ``link`` and, where somebody recommends, the ids of ``products``. A segment is left out that has no approved
    copy, or that also holds customers who may not be mailed.
    """
    found: dict[str, dict[str, object]] = {}
    for segment in segments:
        copy = _mailed(library, segment)
        locales = _locales(library, copy, segment, user, today) if copy else {}
        if copy and locales:
            found[segment] = {"locales": locales, "link": library.voice.links[copy.link]}
            some = products(user, segment)
            if some is not None:
                found[segment]["products"] = [one.id for one in some[: copy.products]]
    return found


def labels_of(library: Library, user: str, segments: Iterable[str], today: date) -> list[str]:
    """The labels of all variants that a customer may be shown, in any locale; sorted."""
    found = set()
    for segment in segments:
        copy = _mailed(library, segment)
        for locale in copy.locales if copy else ():
            variant = _own(library, copy, locale, user, today) if copy else None
            if variant is not None:
                found.add(f"{label_of(segment, variant)}:{locale}")
    return sorted(found)


def _mailed(library: Library, segment: str) -> Copy | None:
    rule = library.rules.get(family_of(segment))
    return None if rule is None or rule.everyone else library.copies.get(rule.name)


def _own(library: Library, copy: Copy, locale: str, user: str, today: date) -> Variant | None:
    return chosen(copy.segment, user, approved(copy, locale, library.offers, today))


def _locales(library: Library, copy: Copy, segment: str, user: str, today: date) -> dict[str, dict[str, str]]:
    found = {}
    for locale in copy.locales:
        variant = _own(library, copy, locale, user, today)
        if variant is not None:
            texts = filled(variant, value_of(segment), library.phrases[locale])
            found[locale] = {"label": label_of(segment, variant), **texts}
    return found
