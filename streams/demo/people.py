"""The customers of the simulated shop: kinds of people, and how one of them is made."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

from streams.demo.catalogue import CATEGORIES

_FIRST = (
    "Ana",
    "Ben",
    "Clara",
    "David",
    "Ella",
    "Felix",
    "Greta",
    "Hugo",
    "Ida",
    "Jonas",
    "Kira",
    "Leo",
    "Mia",
    "Noah",
)
_LAST = (
    "Adler",
    "Blanc",
    "Costa",
    "Dietz",
    "Eriksen",
    "Fabre",
    "Greco",
    "Horak",
    "Ivanov",
    "Jansen",
    "Keller",
    "Lopez",
)
_COUNTRIES = ("DE", "DE", "DE", "AT", "CH", "FR", "FR", "NL")
_CLUBS = (None, None, None, "silver", "silver", "gold")


@dataclass(frozen=True, slots=True)
class Kind:
    """How customers of one kind behave.

    Chances are per visit (``cart``, ``buy``), per order (``discount``) or per newsletter (``opens``, ``clicks`` of an
    opened one, ``leaves``); ``keen_days`` and ``quiet_days`` are the mean lengths of a customer's keen and quiet
    spells; ``quiet`` is the part of the keen visits that is left in a quiet one.
    """

    name: str
    weight: float
    visits_a_week: float
    views: int
    tastes: int
    cart: float
    buy: float
    discount: float
    opens: float
    clicks: float
    leaves: float = 0.002
    keen_days: float = 45
    quiet_days: float = 30
    quiet: float = 0.1


KINDS = (
    Kind("window shopper", 0.22, 2.0, 5, 2, 0.15, 0.0, 0.0, 0.35, 0.30),
    Kind("explorer", 0.16, 2.0, 7, 5, 0.25, 0.12, 0.2, 0.40, 0.40),
    Kind("promotion hunter", 0.16, 1.6, 4, 3, 0.35, 0.30, 0.93, 0.55, 0.50),
    Kind("loyal", 0.20, 1.6, 3, 2, 0.40, 0.40, 0.15, 0.50, 0.30, keen_days=60, quiet_days=20, quiet=0.3),
    Kind(
        "fading", 0.14, 1.5, 3, 2, 0.30, 0.35, 0.3, 0.15, 0.20, leaves=0.006, keen_days=40, quiet_days=150, quiet=0.02
    ),
    Kind("sleeper", 0.12, 0.3, 2, 2, 0.20, 0.20, 0.3, 0.04, 0.20, leaves=0.012),
)


@dataclass(slots=True)
class Customer:
    """One customer, and what the shop remembers of them."""

    user: str
    kind: Kind
    tastes: tuple[str, ...]
    profile: dict[str, str | None]
    private_mail: bool
    keen: bool = True
    mailable: bool = True


def make_customer(random: Random, number: str) -> Customer:
    """A customer whose id ends in ``number``; window shoppers also look at accessories."""
    kind = random.choices(KINDS, [kind.weight for kind in KINDS])[0]
    tastes = random.sample(CATEGORIES, kind.tastes)
    if kind.name == "window shopper" and "accessories" not in tastes:
        tastes[0] = "accessories"
    first, last = random.choice(_FIRST), random.choice(_LAST)
    profile = {"name": first, "country": random.choice(_COUNTRIES), "club": random.choice(_CLUBS)}
    private_mail = random.random() < 0.2
    return Customer(f"{first.lower()}.{last.lower()}.{number}", kind, tuple(tastes), profile, private_mail)
