"""Which wording a customer reads: always the same, with no memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

from streams.content.model import Copy, Offer, Status, Variant
from streams.errors import SettingsError
from streams.trials.assignment import drawn


def approved(copy: Copy, locale: str, offers: Mapping[str, Offer], today: date) -> list[Variant]:
    """The variants of a locale that may be sent: a person approved them, and what they offer is not over."""
    return [
        one
        for one in copy.locales.get(locale, ())
        if one.status is Status.APPROVED and (one.offer is None or offers[one.offer].stands(today))
    ]


def chosen(segment: str, user: str, variants: Sequence[Variant]) -> Variant | None:
    """The variant of a customer; None of none.

    The one with the greatest draw (rendezvous hashing, as for trials): a variant that comes takes its share from all,
    and where one goes only its own readers move.
    """
    return max(variants, key=lambda one: (drawn(f"copy:{segment}:{one.name}", user), one.name), default=None)


def locale_of(wanted: str, available: Collection[str]) -> str | None:
    """The one of the locales that somebody who asks for ``wanted`` can read; None of none.

    ``de-AT`` is served by ``de-AT``, else by ``de``, else by any other German.
    """
    by_small = {one.lower(): one for one in available}
    language = wanted.lower().split("-")[0]
    same = sorted(one for one in by_small if one.split("-")[0] == language)
    found = next((one for one in (wanted.lower(), language, *same) if one in by_small), None)
    return None if found is None else by_small[found]


def asked_locale(wanted: str | None, locales: Sequence[str]) -> str:
    """The locale that somebody asked for, None: the first.

    Raises:
        SettingsError: none of them is in that language.
    """
    found = locale_of(wanted, locales) if wanted else locales[0]
    if found is None:
        raise SettingsError([f"voice.yaml has no locale for {wanted}; it has {', '.join(locales)}"])
    return found


def family_of(segment: str) -> str:
    """The rule's name of a segment: "window-shopper" of "window-shopper/shoes"."""
    return segment.partition("/")[0]


def value_of(segment: str) -> str:
    """The value of a segment of a family; empty of any other."""
    return segment.partition("/")[2]
