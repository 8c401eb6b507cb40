"""What one customer bought, gave back and looked at."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterator

from streams.recommend.runs import SESSION_MS, Run, Session, bought_runs, newest_last, view_runs

#: so many products that were viewed are candidates, the newest
VIEWED_MOST = 64
#: so many views and carts are remembered, the newest; of more than that the oldest are forgotten, so many at once
VIEWS_MOST, VIEWS_FORGOTTEN = 512, 64
NEVER = 1 << 62


class Order:
    """An order: when it was first heard of, its newest content, and what was given back."""

    __slots__ = ("at_ms", "newest", "products", "refunds", "total")

    def __init__(self) -> None:
        self.at_ms = -1
        self.newest: tuple[int, str] = (-1, "")  # instant and id of what gave the content
        self.products: tuple[int, ...] = ()
        self.total = 0
        self.refunds: dict[str, int | None] = {}

    def stands(self) -> bool:
        """Whether it is known and not given back in full; amounts are ten-thousandths, a refund of None is of all."""
        if not self.refunds:
            return self.at_ms >= 0
        back = self.refunds.values()
        whole = any(amount is None for amount in back) or sum(amount or 0 for amount in back) >= self.total
        return self.at_ms >= 0 and not whole


class History:
    """One customer. ``bought`` has the products of orders that stand, with the instant of the first of them;
    ``viewed`` when a product was last looked at or put into the cart, the newest last; ``recent`` when one was last
    bought, of the newest."""

    __slots__ = ("_at_ms", "_looked", "bought", "last_order", "oldest_ms", "orders", "recent", "session", "viewed")

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        self.bought: dict[int, int] = {}
        self.viewed: dict[int, int] = {}
        self.recent: dict[int, int] = {}
        self.session = Session()
        self.last_order: tuple[int, str] = (-1, "")
        self.oldest_ms = NEVER
        self._at_ms, self._looked = array("q"), array("i")  # views and carts in order of instant and product

    def __bool__(self) -> bool:
        return bool(self.orders or self._at_ms)

    # -- views and carts

    def look(self, product: int, at_ms: int) -> tuple[list[Run], list[Run]]:
        """Takes in a view or cart; the runs that are no longer there, and those that are there now."""
        if self._at_ms:
            newest = self._at_ms[-1], self._looked[-1]
            if (at_ms, product) == newest:
                return [], []
            if (at_ms, product) < newest:
                return self._look_late(product, at_ms)
        gone, there = self._without_oldest() if len(self._at_ms) >= VIEWS_MOST else ([], [])
        self._at_ms.append(at_ms)
        self._looked.append(product)
        self.oldest_ms = min(self.oldest_ms, at_ms)
        newest_last(self.viewed, product, at_ms, VIEWED_MOST)
        run = self.session.look(product, at_ms)
        return gone, [*there, run] if run else there

    def _look_late(self, product: int, at_ms: int) -> tuple[list[Run], list[Run]]:
        """It takes its place in time, as if it had come in time; of all views that matters to two sessions at most."""
        place = bisect_left(range(len(self._at_ms)), (at_ms, product), key=self._view)
        if self._view(place) == (at_ms, product):
            return [], []
        first, end = self._session_of(place)
        before = view_runs(self._views(first, end))
        self._at_ms.insert(place, at_ms)
        self._looked.insert(place, product)
        self.oldest_ms = min(self.oldest_ms, at_ms)
        self._look_anew()
        return before, view_runs(self._views(first, end + 1))

    def _without_oldest(self) -> tuple[list[Run], list[Run]]:
        """Forgets the oldest views; of the session that this cuts, runs are others then."""
        _, end = self._session_of(VIEWS_FORGOTTEN)
        before = view_runs(self._views(0, end))
        del self._at_ms[:VIEWS_FORGOTTEN], self._looked[:VIEWS_FORGOTTEN]
        after = view_runs(self._views(0, end - VIEWS_FORGOTTEN))
        self._look_anew()
        return before, after

    def _session_of(self, place: int) -> tuple[int, int]:
        """From where to where the sessions lie to which the views at this place and before it belong."""
        at_ms, first, end = self._at_ms, max(place - 1, 0), min(place + 1, len(self._at_ms))
        while first > 0 and at_ms[first] - at_ms[first - 1] <= SESSION_MS:
            first -= 1
        while end < len(at_ms) and at_ms[end] - at_ms[end - 1] <= SESSION_MS:
            end += 1
        return first, end

    def _view(self, place: int) -> tuple[int, int]:
        return self._at_ms[place], self._looked[place]

    def _views(self, first: int, end: int) -> Iterator[tuple[int, int]]:
        return zip(self._at_ms[first:end], self._looked[first:end], strict=True)

    def _look_anew(self) -> None:
        self.session, self.viewed = Session(), {}
        if not self._at_ms:
            return
        first, end = self._session_of(len(self._at_ms) - 1)
        for at_ms, product in self._views(first, end):
            self.session.look(product, at_ms)
        for at_ms, product in self._views(0, end):
            newest_last(self.viewed, product, at_ms, VIEWED_MOST)

    # -- orders

    def order(self, name: str) -> Order:
        """The order of a name, which may be known only by a refund, or not at all."""
        found = self.orders.get(name)
        if found is None:
            found = self.orders[name] = Order()
        return found

    def first_bought(self, product: int) -> int | None:
        """The instant of the first order that stands and has the product; None where there is none."""
        found = [order.at_ms for order in self.orders.values() if order.stands() and product in order.products]
        return min(found, default=None)

    def runs_of_orders(self) -> list[Run]:
        """The runs of all orders that are known: what was given back was bought together all the same."""
        self.recent = {}
        known = sorted((order.at_ms, name) for name, order in self.orders.items() if order.at_ms >= 0)
        self.last_order = known[-1] if known else (-1, "")
        return list(bought_runs(((at_ms, self.orders[name].products) for at_ms, name in known), self.recent))

    def runs_of_views(self) -> list[Run]:
        """The runs of all views and carts."""
        return view_runs(self._views(0, len(self._at_ms)))

    # -- forgetting and joining; all that follows from facts is found anew by ``anew``

    def forget(self, up_to_ms: int) -> None:
        """Forgets what happened up to an instant; refunds of orders that are not known are kept."""
        self.orders = {name: order for name, order in self.orders.items() if not 0 <= order.at_ms <= up_to_ms}
        place = bisect_left(self._at_ms, up_to_ms + 1)
        del self._at_ms[:place], self._looked[:place]

    def erase(self, up_to_ms: int) -> None:
        """Forgets what happened up to an instant, refunds of orders that are not known, too."""
        self.orders = {name: order for name, order in self.orders.items() if order.at_ms > up_to_ms}
        self.forget(up_to_ms)

    def join(self, other: History) -> None:
        """Takes over all of another's facts; that one is not to be used any more."""
        for name, theirs in other.orders.items():
            mine = self.order(name)
            if theirs.newest > mine.newest:
                mine.products, mine.total, mine.newest = theirs.products, theirs.total, theirs.newest
            known = [one.at_ms for one in (mine, theirs) if one.at_ms >= 0]
            mine.at_ms = min(known, default=-1)
            mine.refunds.update(theirs.refunds)
        views = sorted({*self._views(0, len(self._at_ms)), *other._views(0, len(other._at_ms))})[-VIEWS_MOST:]
        self._at_ms = array("q", [at_ms for at_ms, _ in views])
        self._looked = array("i", [product for _, product in views])

    def anew(self) -> None:
        """Finds anew what follows from the facts."""
        self._look_anew()
        self.runs_of_orders()
        self.bought = {}
        for order in self.orders.values():
            if order.stands():
                for product in order.products:
                    self.bought[product] = min(self.bought.get(product, order.at_ms), order.at_ms)
        self.find_oldest()

    def find_oldest(self) -> None:
        """Finds anew the oldest instant of which anything is known."""
        known = [order.at_ms for order in self.orders.values() if order.at_ms >= 0]
        self.oldest_ms = min([*known, *self._at_ms[:1]], default=NEVER)
