"""Events in, counts out: what each customer did, what is popular, and what goes together.

What a customer did follows the contract: duplicates, order updates, refunds, merges and erasures, in any order of
arrival. What is counted of all customers together keeps no names:

- A product is popular by the orders that stand in which customers had it for the first time, and a little by the
  sessions in which it was seen; each weighs half as much every 60 days.
- Two products were seen together where they were in one session, bought together where a customer bought them within 28
  days; each time the second joins the first it counts once, and half as much every 180 days. What was given back was
  bought together all the same.

All sums are those of what is remembered of customers now: where a history changes other than by what is new in it (what
is late, an update, a merge, an erasure, what is too old), what followed from it before is taken out again.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from streams.events.native import Cart, Erase, Event, Merge, Purchase, Refund, View
from streams.recommend.catalogue import Catalogue
from streams.recommend.decay import Decay
from streams.recommend.history import History, Order
from streams.recommend.pairs import Pairs
from streams.recommend.products import Feed
from streams.recommend.runs import Run, together

DAY_MS = 86_400_000
POPULAR_HALF_LIFE_MS = 60 * DAY_MS
PAIR_HALF_LIFE_MS = 180 * DAY_MS


class _Told(NamedTuple):
    """What follows from a history: orders that stand and first orders of products, as (products, instant), and runs."""

    orders: list[tuple[tuple[int, ...], int]]
    firsts: list[tuple[tuple[int, ...], int]]
    bought: list[Run]
    seen: list[Run]

    @classmethod
    def of(cls, *histories: History) -> _Told:
        """What follows from all of these."""
        standing = [order for one in histories for order in one.orders.values() if order.stands()]
        return cls(
            [(order.products, order.at_ms) for order in standing],
            [((product,), at_ms) for one in histories for product, at_ms in one.bought.items()],
            [run for one in histories for run in one.runs_of_orders()],
            [run for one in histories for run in one.runs_of_views()],
        )


class Counting:
    """Takes events one by one. ``sold``, ``adopted`` and ``seen`` are decayed sums by product (``popular_decay``):
    orders that stand, those of them that brought the product to a customer, and sessions; ``ordered`` is that of all
    orders."""

    def __init__(self, feed: Feed | None = None) -> None:
        self.catalogue = Catalogue(feed)
        self.histories: dict[str, History] = {}
        self.absorbed: dict[str, str] = {}
        self.popular_decay = Decay(POPULAR_HALF_LIFE_MS)
        self.pair_decay = Decay(PAIR_HALF_LIFE_MS)
        self.sold, self.adopted, self.seen = array("d"), array("d"), array("d")
        self.ordered = 0.0
        self.bought_together, self.seen_together = Pairs(), Pairs()
        self.newest_ms = 0
        self._made_of: dict[str, list[str]] = {}  # which ids a customer absorbed
        self._erased: dict[str, int] = {}  # up to when what an id did is forgotten, also what arrives later
        self._takers: dict[type, Callable[[History, Any], None]] = {
            View: self._look,
            Cart: self._look,
            Purchase: self._buy,
            Refund: self._give_back,
        }

    def take(self, event: Event) -> tuple[str, ...]:
        """Takes in a settled event, and returns the customers whose recommendations it may change."""
        kind = event.__class__
        said = str(event.user)
        user = self.home(said)
        if (taker := self._takers.get(kind)) is not None:
            at_ms = int(event.at)
            if at_ms <= self._erased.get(said, -1):
                return ()
            history = self.histories.get(user)
            if history is None:
                history = self.histories[user] = History()
            if at_ms > self.newest_ms:
                self.newest_ms = at_ms
            taker(history, event)
            return (user,)
        if kind is Erase:
            self._erase(user, int(event.at))
            return (user,)
        return self._merge(self.home(str(event.source)), user) if isinstance(event, Merge) else ()

    def home(self, user: str) -> str:
        """The id that a customer has now: that of the survivor, where theirs was absorbed."""
        while user in self.absorbed:
            user = self.absorbed[user]
        return user

    def forget(self, history: History, up_to_ms: int) -> None:
        """Forgets what a customer did up to an instant."""
        if history.oldest_ms <= up_to_ms:
            self._changed(history, lambda: history.forget(up_to_ms))

    def _erase(self, user: str, up_to_ms: int) -> None:
        for one in (user, *self._made_of.get(user, ())):
            self._erased[one] = max(self._erased.get(one, -1), up_to_ms)
        if (history := self.histories.get(user)) is not None:
            self._changed(history, lambda: history.erase(up_to_ms))
            if not history:
                del self.histories[user]

    def _merge(self, source: str, user: str) -> tuple[str, ...]:
        if source == user:
            return ()
        self.absorbed[source] = user
        self._made_of.setdefault(user, []).extend((source, *self._made_of.pop(source, ())))
        theirs = self.histories.pop(source, None)
        if theirs is not None and (mine := self.histories.setdefault(user, theirs)) is not theirs:
            self._changed(mine, lambda: mine.join(theirs), theirs)
        return user, source

    def _changed(self, history: History, change: Callable[[], None], *more: History) -> None:
        """Changes a history in whatever way; what followed from it, and from others that go into it, is taken out."""
        before = _Told.of(history, *more)
        change()
        history.anew()
        after = _Told.of(history)
        for (products, at_ms), by in _difference(before.orders, after.orders):
            self._add(self.sold, products, at_ms, by)
            self.ordered += by * self.popular_decay.weight(at_ms)
        for (products, at_ms), by in _difference(before.firsts, after.firsts):
            self._add(self.adopted, products, at_ms, by)
        self._pair(self.bought_together, _difference(before.bought, after.bought))
        self._see(_difference(before.seen, after.seen))

    def _look(self, history: History, event: View) -> None:
        gone, there = history.look(self._product(event), int(event.at))
        self._see(_difference(gone, there) if gone else [(run, 1) for run in there])

    def _see(self, runs: Iterable[tuple[Run, int]]) -> None:
        for run, by in runs:
            self._add(self.seen, run.fresh, run.at_ms, by)
            self._pair(self.seen_together, ((run, by),))

    def _pair(self, pairs: Pairs, runs: Iterable[tuple[Run, int]]) -> None:
        for run, by in runs:
            pairs.add(run.fresh, run.others, by * self.pair_decay.weight(run.at_ms))

    def _buy(self, history: History, event: Purchase) -> None:
        name, newest = str(event.order), (int(event.at), str(event.id))
        order, at_ms = history.order(name), int(event.at)
        products = tuple(dict.fromkeys([self._product(item) for item in event.items]))
        if order.at_ms < 0 and (at_ms, name) > history.last_order:
            order.at_ms, order.newest, order.total, order.products = at_ms, newest, int(event.total or 0), products
            history.oldest_ms, history.last_order = min(history.oldest_ms, at_ms), (at_ms, name)
            self._pair(self.bought_together, [(together(history.recent, products, at_ms), 1)])
            if order.stands():
                self._stand(history, order, 1)
            return
        first_ms = at_ms if order.at_ms < 0 else min(order.at_ms, at_ms)
        content = (products, int(event.total or 0)) if newest > order.newest else (order.products, order.total)
        if (first_ms, content) == (order.at_ms, (order.products, order.total)):
            order.newest = max(order.newest, newest)
            return

        def change() -> None:
            order.at_ms, order.newest = first_ms, max(order.newest, newest)
            order.products, order.total = content

        self._changed(history, change)

    def _give_back(self, history: History, event: Refund) -> None:
        order = history.order(str(event.order))
        stood = order.stands()
        order.refunds[str(event.id)] = event.total  # type: ignore[assignment]  # a settled amount is a number
        if order.stands() != stood:
            self._stand(history, order, -1 if stood else 1)

    def _stand(self, history: History, order: Order, by: int) -> None:
        """An order stands from now on (by 1), or does not any more (by -1)."""
        self.ordered += by * self.popular_decay.weight(order.at_ms)
        self._add(self.sold, order.products, order.at_ms, by)
        for product in order.products:
            before = history.bought.get(product)
            after = history.first_bought(product) if by < 0 else min(order.at_ms, before or order.at_ms)
            for at_ms, turned in ((before, -1), (after, 1)) if before != after else ():
                if at_ms is not None:
                    self._add(self.adopted, (product,), at_ms, turned)
            if after is None:
                del history.bought[product]
            else:
                history.bought[product] = after

    def _add(self, sums: array[float], products: Sequence[int], at_ms: int, by: int) -> None:
        weight = by * self.popular_decay.weight(at_ms)
        for product in products:
            sums[product] += weight

    def _product(self, fact: Any) -> int:
        """The number of the product of a view, a cart or an order line."""
        product = self.catalogue.product(fact.product, fact.category)
        while product >= len(self.sold):
            for sums in (self.sold, self.adopted, self.seen):
                sums.append(0.0)
        return product


def _difference(before: Iterable[Any], after: Iterable[Any]) -> list[tuple[Any, int]]:
    """What is no longer there, with how many (below 0), and then what is new."""
    there = Counter(before)
    new = Counter(after)
    new.subtract(there)
    return sorted(((one, by) for one, by in new.items() if by), key=lambda found: found[1])
