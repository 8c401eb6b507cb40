"""Events in, counts out: what each customer did, what is popular, and what goes together.

What a customer did follows the contract: duplicates, order updates, refunds, merges and erasures, in any order of
arrival. What is counted of all customers together keeps no names:

- A product is popular by the orders that stand in which customers had it for the first time, and a little by the
  sessions in which it was seen; each weighs half as much every 60 days.
- Two products were seen together where they were in one session, bought together where a customer bought them within 28
  days; each time the second joins the first it counts once, and half as much every 180 days. What was given back was
  bought together all the same, and so was what an erased customer bought.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable
from typing import Any

from streams.events.native import Cart, Erase, Event, Merge, Purchase, Refund, View
from streams.recommend.catalogue import Catalogue
from streams.recommend.decay import Decay
from streams.recommend.history import History
from streams.recommend.pairs import Pairs
from streams.recommend.products import Feed

DAY_MS = 86_400_000
POPULAR_HALF_LIFE_MS = 60 * DAY_MS
PAIR_HALF_LIFE_MS = 180 * DAY_MS
#: of the new products of one order so many are put in pairs
FRESH_MOST = 64


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
        self._takers: dict[type, Callable[[History, Any], None]] = {
            View: self._look,
            Cart: self._look,
            Purchase: self._buy,
            Refund: self._give_back,
        }

    def take(self, event: Event) -> tuple[str, ...]:
        """Takes in a settled event, and returns the customers whose recommendations it may change."""
        kind = event.__class__
        user = self.home(str(event.user))
        if (taker := self._takers.get(kind)) is not None:
            history = self.histories.get(user)
            if history is None:
                history = self.histories[user] = History()
            at_ms = int(event.at)
            if at_ms <= history.erased_ms:
                return ()
            if at_ms > self.newest_ms:
                self.newest_ms = at_ms
            taker(history, event)
            return (user,)
        if kind is Erase:
            self._erase(self.histories.setdefault(user, History()), int(event.at))
            return (user,)
        return self._merge(self.home(str(event.source)), user) if isinstance(event, Merge) else ()

    def home(self, user: str) -> str:
        """The id that a customer has now: that of the survivor, where theirs was absorbed."""
        while user in self.absorbed:
            user = self.absorbed[user]
        return user

    def _erase(self, history: History, up_to_ms: int) -> None:
        for order in history.orders.values():
            if order.stands() and order.at_ms <= up_to_ms:
                self._stand(history, order.products, order.at_ms, -1)
        history.erase(up_to_ms)

    def _merge(self, source: str, user: str) -> tuple[str, ...]:
        if source == user:
            return ()
        self.absorbed[source] = user
        if (theirs := self.histories.pop(source, None)) is not None:
            self.histories.setdefault(user, History()).join(theirs)
        return user, source

    def _look(self, history: History, event: View) -> None:
        product = self._product(event)
        at_ms = int(event.at)
        others = history.look(product, at_ms)
        if others is not None:
            self.seen[product] += self.popular_decay.weight(at_ms)
            if others:
                self.seen_together.add((product,), others, self.pair_decay.weight(at_ms))

    def _buy(self, history: History, event: Purchase) -> None:
        order = history.order(str(event.order))
        at_ms = int(event.at) if order.at_ms < 0 else min(order.at_ms, int(event.at))
        newest = (int(event.at), str(event.id))
        stood, before, then_ms = order.stands(), order.products, order.at_ms
        order.at_ms = at_ms
        if newest > order.newest:
            order.newest, order.total = newest, int(event.total or 0)
            order.products = tuple(dict.fromkeys([self._product(item) for item in event.items]))
        if stood:
            self._stand(history, before, then_ms, -1)
        if order.stands():
            self._stand(history, order.products, at_ms, 1)
        if added := [product for product in order.products if product not in before]:
            fresh, others = history.together(added, at_ms)
            self.bought_together.add(fresh[:FRESH_MOST], others, self.pair_decay.weight(at_ms))

    def _give_back(self, history: History, event: Refund) -> None:
        order = history.order(str(event.order))
        stood = order.stands()
        order.refunds[str(event.id)] = event.total  # type: ignore[assignment]  # a settled amount is a number
        if stood and not order.stands():
            self._stand(history, order.products, order.at_ms, -1)

    def _stand(self, history: History, products: tuple[int, ...], at_ms: int, by: int) -> None:
        """An order stands from now on (by 1), or does not any more (by -1)."""
        weight = by * self.popular_decay.weight(at_ms)
        self.ordered += weight
        for product in products:
            self.sold[product] += weight
        for product in history.count(products, by):
            self.adopted[product] += weight

    def _product(self, fact: Any) -> int:
        """The number of the product of a view, a cart or an order line."""
        product = self.catalogue.product(fact.product, fact.category)
        while product >= len(self.sold):
            for sums in (self.sold, self.adopted, self.seen):
                sums.append(0.0)
        return product
