"""A simulated shop in which groups of customers are hidden, to judge discovery by.

All customers buy, view, fill carts and take mail at a steady rate of their own, in categories of their own taste, so
that how often they did so tells all there is to tell. Hidden among them, at each of the three instants that discovery
looks at, are groups whose later behaviour is different:

- window: 7 to 14 views of accessories in 30 days, never bought them; then buy them
- speeding: three orders in 30 days after one in the quarter before; they go on at that pace
- promotion: five orders, all discounted, in two weeks of promotion; nothing between
- switcher: bought bags, then view shoes 5 to 9 times; then buy shoes
- wavering: 4 or 5 products of one category in the cart in 30 days, which they seldom viewed and never bought; then buy
  it. The category is another for each, so that this is a family (``for_each``) and in no one category large

and groups with a behaviour just as odd, after which nothing is different, which must not be found: 5 to 9 carts in 30
days (``carts``), and shoes viewed 5 to 9 times more by those who like shoes anyway (``decoy``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

CATEGORIES = (
    "Accessories",
    "Shoes",
    "Bags",
    "Dresses",
    "Coats",
    "Jewellery",
    "Home",
    "Beauty",
    "Sport",
    "Kids",
    "Gifts",
    "Outlet",
)
ACCESSORIES, SHOES, BAGS = 0, 1, 2
DAY_MS = 86_400_000
START_MS = 1_764_547_200_000  # 2025-12-01T00:00:00Z
DAYS = 180
HORIZON = 28
INSTANTS = (DAYS - 2 * HORIZON, DAYS - HORIZON, DAYS)
PLANTED = ("window", "speeding", "promotion", "switcher", "wavering")
NOISE = ("carts", "decoy")
_PROMOTIONS = (40.0, 100.0)
_COLOURS = ("red", "green", "blue", "grey")


class Shop(NamedTuple):
    """Events as lines, the instant of now (ms), and of each hidden group who is in it now and who ever was."""

    lines: list[bytes]
    asof_ms: int
    now: dict[str, set[str]]
    ever: dict[str, set[str]]


@dataclass(slots=True)
class _Acts:
    """What customers do, arrays of one length: who, when (days from the start), of which category, with a discount."""

    user: Ints
    at: Floats
    category: Ints
    discounted: Bools

    def plus(self, user: Ints, at: Floats, category: Ints, discounted: Bools) -> _Acts:
        """With more of them."""
        return _Acts(
            np.append(self.user, user),
            np.append(self.at, at),
            np.append(self.category, category),
            np.append(self.discounted, discounted),
        )

    def without(self, which: Bools) -> _Acts:
        """Without these."""
        kept = ~which
        return _Acts(self.user[kept], self.at[kept], self.category[kept], self.discounted[kept])


@dataclass(slots=True)
class _Making:
    """A shop that comes about."""

    customers: int
    rng: np.random.Generator
    noise: float
    joined: Floats = field(init=False)
    taste: Ints = field(init=False)
    views: _Acts = field(init=False)
    carts: _Acts = field(init=False)
    orders: _Acts = field(init=False)

    def __post_init__(self) -> None:
        """The customers with their steady ways."""
        rng, n = self.rng, self.customers
        self.joined = np.where(rng.random(n) < 0.7, 0.0, rng.uniform(0, 100, n))
        self.taste = np.argsort(rng.random((n, len(CATEGORIES))), axis=1)
        self.views = self._steady(1.5, 3.0)
        self.carts = self._steady(1.0, 0.4)
        self.orders = self._steady(1.2, 0.5)

    def _steady(self, shape: float, a_month: float) -> _Acts:
        """Acts at a rate that is gamma-distributed among customers, so many a month on average."""
        rng = self.rng
        rate = rng.gamma(shape, a_month / shape / 30, self.customers)
        user = np.repeat(np.arange(self.customers), rng.poisson(rate * (DAYS - self.joined)))
        at = self.joined[user] + rng.random(len(user)) * (DAYS - self.joined[user])
        return _Acts(user, at, self.liked(user), rng.random(len(user)) < 0.25)

    def liked(self, user: Ints) -> Ints:
        """A category for each, by their tastes."""
        found: Ints = self.taste[user, self.rng.geometric(0.5, len(user)).clip(1, 6) - 1]
        return found

    def some(self, users: Ints, low: int, high: int, begin: float, end: float) -> tuple[Ints, Floats]:
        """For each user from low to high instants between begin and end."""
        who = np.repeat(users, self.rng.integers(low, high + 1, len(users)))
        return who, self.rng.uniform(begin, end, len(who))

    def look(self, users: Ints, low: int, high: int, category: int, until: float) -> None:
        """Views of a category in the 28 days before an instant."""
        who, at = self.some(users, low, high, until - HORIZON, until)
        self.views = self.views.plus(who, at, np.full(len(who), category), np.zeros(len(who), np.bool_))

    def buy(
        self, users: Ints, low: int, high: int, span: tuple[float, float], category: int = -1, discount: bool = False
    ) -> None:
        """Orders between two instants; of a category below 0 by taste."""
        who, at = self.some(users, low, high, *span)
        which = self.liked(who) if category < 0 else np.full(len(who), category)
        self.orders = self.orders.plus(who, at, which, np.full(len(who), discount))

    def forget(self, users: Ints, begin: float, end: float) -> None:
        """Takes out their steady orders between two instants."""
        self.orders = self.orders.without(self._theirs(users, begin, end))

    def avoid(self, users: Ints, category: int, begin: float, end: float) -> None:
        """Their steady orders of a category between two instants are of another one that they like, so that they buy as
        often as before: of this group nothing shows at the other instants."""
        orders, others = self.orders, self.taste[users]
        which = np.flatnonzero(self._theirs(users, begin, end) & (orders.category == category))
        instead = np.zeros(self.customers, np.int64)
        instead[users] = np.where(others[:, 0] == category, others[:, 1], others[:, 0])
        orders.category[which] = instead[orders.user[which]]

    def _theirs(self, users: Ints, begin: float, end: float) -> Bools:
        orders = self.orders
        found: Bools = np.isin(orders.user, users) & (orders.at > begin) & (orders.at <= end)
        return found

    def true_ones(self, users: Ints, share: float) -> Ints:
        """Those who do what their group does, of whom ``share`` would with no noise."""
        return users[self.rng.random(len(users)) < share * (1 - self.noise)]


def shop(
    customers: int = 20_000,
    members: int = 200,
    noise: float = 0.0,
    seed: int = 1,
    kinds: Sequence[str] = (*PLANTED, *NOISE),
) -> Shop:
    """A shop with so many members of each hidden group (``kinds``) at each instant; of those the part ``noise`` goes on
    as if nothing were."""
    making = _Making(customers, np.random.default_rng(seed), noise)
    cohorts = _cohorts(making, {kind: members if kind in kinds else 0 for kind in (*PLANTED, *NOISE)})
    for number, until in enumerate(INSTANTS):
        _window(making, cohorts["window"][number], until)
        _speeding(making, cohorts["speeding"][number], until)
        _switcher(making, cohorts["switcher"][number], until)
        _carts(making, cohorts["carts"][number], until)
        making.look(cohorts["decoy"][number], 5, 9, SHOES, until)
        _wavering(making, cohorts["wavering"][number], until)
    _promotion(making, cohorts["promotion"][0])
    ever = {kind: {f"c{user}" for part in parts for user in part.tolist()} for kind, parts in cohorts.items()}
    now = {kind: {f"c{user}" for user in parts[-1].tolist()} for kind, parts in cohorts.items()}
    return Shop(_lines(making), START_MS + DAYS * DAY_MS, now, ever)


def _cohorts(making: _Making, members: dict[str, int]) -> dict[str, list[Ints]]:
    """Different customers for each group and instant; of ``promotion`` the same at each."""
    old = making.rng.permutation(np.flatnonzero(making.joined == 0))
    fond = making.taste[old, 0] == SHOES
    shoes, others = old[fond], old[~fond]
    found: dict[str, list[Ints]] = {}
    for kind in (*PLANTED, "carts"):
        parts = 1 if kind == "promotion" else len(INSTANTS)
        mine, others = np.split(others, [parts * members[kind]])
        found[kind] = np.array_split(mine, parts)
    each = min(members["decoy"], len(shoes) // len(INSTANTS))
    found["decoy"] = list(shoes[: each * len(INSTANTS)].reshape(len(INSTANTS), each))
    return found


def _window(making: _Making, users: Ints, until: float) -> None:
    making.avoid(users, ACCESSORIES, 0, until)
    making.look(users, 7, 14, ACCESSORIES, until)
    making.buy(making.true_ones(users, 0.5), 1, 1, (until, until + HORIZON), ACCESSORIES)


def _speeding(making: _Making, users: Ints, until: float) -> None:
    making.forget(users, 0, until)
    making.buy(users, 1, 1, (until - 110, until - 40))
    making.buy(users, 3, 4, (until - HORIZON, until))
    making.buy(making.true_ones(users, 0.95), 6, 8, (until, until + 2 * HORIZON))


def _switcher(making: _Making, users: Ints, until: float) -> None:
    making.avoid(users, SHOES, 0, until)
    making.avoid(users, BAGS, until - 60, until)
    making.buy(users, 3, 3, (until - 120, until - 65), BAGS)
    making.look(users, 5, 9, SHOES, until)
    making.buy(making.true_ones(users, 0.6), 1, 1, (until, until + HORIZON), SHOES)


def _wavering(making: _Making, users: Ints, until: float) -> None:
    for category in range(len(CATEGORIES)):
        mine = users[category :: len(CATEGORIES)]
        making.avoid(mine, category, 0, until)
        making.look(mine, 1, 3, category, until)
        who, at = making.some(mine, 4, 5, until - HORIZON, until)
        making.carts = making.carts.plus(who, at, np.full(len(who), category), np.zeros(len(who), np.bool_))
        making.buy(making.true_ones(mine, 0.6), 1, 1, (until, until + HORIZON), category)


def _promotion(making: _Making, users: Ints) -> None:
    silent = making.true_ones(users, 1.0)
    making.forget(users, 0, INSTANTS[0])
    making.forget(silent, INSTANTS[0], DAYS)
    for begin in _PROMOTIONS:
        making.buy(users, 2, 3, (begin, begin + 7), discount=True)


def _carts(making: _Making, users: Ints, until: float) -> None:
    who, at = making.some(users, 5, 9, until - HORIZON, until)
    making.carts = making.carts.plus(who, at, making.liked(who), np.zeros(len(who), np.bool_))


def _lines(making: _Making) -> list[bytes]:
    lines: list[str] = []
    for kind, acts in (("view", making.views), ("cart", making.carts)):
        for number, (user, at, category) in enumerate(_rows(acts)):
            product = f"{category}-{(number * 7) % 50}"
            lines.append(
                f'{{"id":"{kind[0]}{number}","type":"{kind}","user":"c{user}","at":{_ms(at)},'
                f'"product":"{product}","category":"{CATEGORIES[category]}","price":{10 + number % 90}}}'
            )
    discounted = making.orders.discounted.tolist()
    for number, (user, at, category) in enumerate(_rows(making.orders)):
        discount = ',"discount":3' if discounted[number] else ""
        lines.append(
            f'{{"id":"o{number}","type":"purchase","user":"c{user}","at":{_ms(at)},"order":"o{number}","items":'
            f'[{{"product":"{category}-1","category":"{CATEGORIES[category]}","price":{10 + number % 90}}}]{discount}}}'
        )
    lines += _mails(making)
    end_ms = START_MS + DAYS * DAY_MS
    return [line.encode() for line in lines if int(line.partition('"at":')[2].partition(",")[0]) <= end_ms]


def _rows(acts: _Acts) -> zip[tuple[int, float, int]]:
    return zip(acts.user.tolist(), acts.at.tolist(), acts.category.tolist(), strict=True)


def _ms(day: float) -> int:
    return START_MS + int(day * DAY_MS)


def _mails(making: _Making) -> list[str]:
    """A mail a month, opened and clicked by a steady share; and what customers say of themselves, which means
    nothing."""
    rng, lines = making.rng, []
    opens = rng.beta(2, 4, making.customers)
    colours = rng.integers(0, len(_COLOURS), making.customers).tolist()
    for user, day in enumerate(making.joined.tolist()):
        colour = _COLOURS[colours[user]]
        lines.append(
            f'{{"id":"p{user}","type":"profile","user":"c{user}","at":{_ms(day)},"set":{{"colour":"{colour}"}}}}'
        )
    for month in range(6):
        day = 10 + 28 * month
        drawn = rng.random((2, making.customers))
        for user in np.flatnonzero(making.joined < day).tolist():
            message = f'"user":"c{user}","message":"m{month}-{user}","campaign":"month-{month}"'
            lines.append(f'{{"id":"s{month}-{user}","type":"email","action":"sent","at":{_ms(day)},{message}}}')
            if drawn[0, user] < opens[user]:
                action = "clicked" if drawn[1, user] < 0.2 else "opened"
                lines.append(
                    f'{{"id":"a{month}-{user}","type":"email","action":"{action}","at":{_ms(day + 1)},{message}}}'
                )
    return lines
