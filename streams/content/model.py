"""Copy and what it stands on, as plain values: what the loader yields and all else reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from streams.errors import MicrosegError
from streams.rules.model import Place, Rule

#: The texts of a variant, and how many characters each may have: what phones show of subject and preheader, and what
#: fits on a button.
SLOTS: Mapping[str, int] = {"subject": 60, "preheader": 90, "opening": 420, "action": 28}
#: Variants of a segment in a locale that are not retired, at least and at most.
FEWEST_VARIANTS, MOST_VARIANTS = 2, 4
#: Products of one mail at most.
MOST_PRODUCTS = 12
#: What stands for the category in the texts of a family of categories.
CATEGORY = "{category}"
#: The link of voice.yaml that every mail needs.
UNSUBSCRIBE = "unsubscribe"


class ContentError(MicrosegError):
    """Content that is refused; ``errors`` has a line each, where it can with ``file:line:column``."""

    exit_code = 1

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = list(errors)
        super().__init__("\n".join(self.errors))


class Status(StrEnum):
    """Where a variant is in its life: only a person approves."""

    DRAFT = "draft"
    APPROVED = "approved"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Variant:
    """One wording of a segment in a locale; ``offer`` names the offer that it speaks of."""

    name: str
    status: Status
    subject: str
    preheader: str
    opening: str
    action: str
    offer: str | None = None
    place: Place = field(compare=False, default=Place("", 0, 0))

    def texts(self) -> dict[str, str]:
        """The texts by slot."""
        return {slot: getattr(self, slot) for slot in SLOTS}


@dataclass(frozen=True, slots=True)
class Copy:
    """The copy of a segment, or of a family of segments: variants by locale, where the button leads (a name of
    voice.yaml's links), and how many products are shown at most."""

    segment: str
    link: str
    products: int
    locales: Mapping[str, tuple[Variant, ...]]


@dataclass(frozen=True, slots=True)
class Offer:
    """What the shop really offers, in words by locale; ``until`` is its last day, None: it stands."""

    name: str
    texts: Mapping[str, str]
    until: date | None = None

    def stands(self, today: date) -> bool:
        """Whether it is not over."""
        return self.until is None or today <= self.until


@dataclass(frozen=True, slots=True)
class Voice:
    """How the shop speaks, and what every mail needs of it.

    ``tone`` is for whoever writes; ``avoid`` are words that no copy may have; ``locales`` the languages of the shop,
    the first for everybody of whom nothing else is known; ``order`` says which segment comes first where a mail has
    room for one.
    """

    shop: str
    address: str
    tone: str
    locales: tuple[str, ...]
    links: Mapping[str, str]
    avoid: tuple[str, ...] = ()
    order: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Library:
    """Everything that was loaded: voice, the template's own words by locale, offers, the copy by segment, and the live
    rules by name."""

    voice: Voice
    phrases: Mapping[str, Mapping[str, str]]
    offers: Mapping[str, Offer]
    copies: Mapping[str, Copy]
    rules: Mapping[str, Rule]

    def ordered(self) -> list[Copy]:
        """The copy of live rules, those of ``order`` first."""
        place = {name: index for index, name in enumerate(self.voice.order)}
        live = [copy for name, copy in self.copies.items() if name in self.rules]
        return sorted(live, key=lambda copy: (place.get(copy.segment, len(place)), copy.segment))

    def mailed(self) -> list[Copy]:
        """The same without rules that also hold customers who may not be mailed."""
        return [copy for copy in self.ordered() if not self.rules[copy.segment].everyone]


class Product(NamedTuple):
    """A product to show; ``price`` as it is to be read ("39.90 EUR"). What is not known is empty."""

    id: str
    name: str
    price: str = ""
    url: str = ""
    image: str = ""
    category: str = ""
