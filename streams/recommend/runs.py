"""What goes together in one customer's history: a pure function of what is remembered of it.

A run is of products that came new at an instant, and of those that were there already: each new one makes a pair with
the other new ones and with those that were there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

#: views and carts within so much of each other are one session
SESSION_MS = 30 * 60_000
#: purchases within so much of each other go together
TOGETHER_MS = 28 * 86_400_000
#: so many products of a session, and of the last purchases, are in pairs, the newest
SESSION_MOST = 24
TOGETHER_MOST = 64
#: of the new products of one order so many are put in pairs
FRESH_MOST = 64


class Run(NamedTuple):
    """Products that are new at an instant, and those that were there."""

    fresh: tuple[int, ...]
    others: tuple[int, ...]
    at_ms: int


class Session:
    """The products of the session that goes on, in the order in which they came, and its newest instant."""

    __slots__ = ("at_ms", "products")

    def __init__(self) -> None:
        self.products: dict[int, None] = {}
        self.at_ms = -1

    def look(self, product: int, at_ms: int) -> Run | None:
        """Takes in a view or cart that is not older than the one before; None where the session has the product."""
        if at_ms > self.at_ms + SESSION_MS:
            self.products.clear()
        self.at_ms = at_ms
        if product in self.products:
            return None
        run = Run((product,), tuple(self.products), at_ms)
        self.products[product] = None
        if len(self.products) > SESSION_MOST:
            del self.products[next(iter(self.products))]
        return run


def view_runs(views: Iterable[tuple[int, int]]) -> list[Run]:
    """The runs of views (instant, product), which are in order and begin with a session."""
    session = Session()
    return [run for at_ms, product in views if (run := session.look(product, at_ms)) is not None]


def together(recent: dict[int, int], products: Sequence[int], at_ms: int) -> Run:
    """Takes in products that were bought at an instant: new are those that were not bought within 28 days before it.

    Args:
        recent: when each product was last bought, the newest last, of the newest 64; it is changed.
        products: of an order that is not older than the one before.
        at_ms: the order's instant.
    """
    since_ms = at_ms - TOGETHER_MS
    fresh = [one for one in products if recent.get(one, -1) < since_ms]
    mine = set(fresh)
    others = tuple([one for one, then_ms in recent.items() if then_ms >= since_ms and one not in mine])
    for product in products:
        newest_last(recent, product, at_ms, TOGETHER_MOST)
    return Run(tuple(fresh[:FRESH_MOST]), others, at_ms)


def bought_runs(orders: Iterable[tuple[int, Sequence[int]]], recent: dict[int, int]) -> Iterator[Run]:
    """The runs of orders (instant, products), which are in order; ``recent`` as for ``together``."""
    for at_ms, products in orders:
        yield together(recent, products, at_ms)


def newest_last(seen: dict[int, int], product: int, at_ms: int, most: int) -> None:
    """Notes that a product was seen then; of more than ``most`` the one that was noted longest ago is forgotten."""
    seen.pop(product, None)
    seen[product] = at_ms
    if len(seen) > most:
        del seen[next(iter(seen))]
