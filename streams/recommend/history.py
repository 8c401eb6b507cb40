"""What one customer bought, gave back and looked at."""

from __future__ import annotations

from collections.abc import Iterable

#: views and carts within so much of each other are one session
SESSION_MS = 30 * 60_000
#: purchases within so much of each other go together
TOGETHER_MS = 28 * 86_400_000
#: so many products of a session, of the last purchases, and of views are remembered, the newest
SESSION_MOST = 24
TOGETHER_MOST = 64
VIEWED_MOST = 64


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
    """One customer. ``bought`` has the products of orders that stand, and in how many each is; ``viewed`` when a
    product was last looked at or put into the cart, the newest last; ``recent`` when one was last bought, of the
    newest."""

    __slots__ = ("bought", "erased_ms", "orders", "recent", "session", "session_ms", "viewed")

    def __init__(self) -> None:
        self.orders: dict[str, Order] = {}
        self.bought: dict[int, int] = {}
        self.viewed: dict[int, int] = {}
        self.recent: dict[int, int] = {}
        self.session: dict[int, None] = {}
        self.session_ms = -1
        self.erased_ms = -1

    def __bool__(self) -> bool:
        return bool(self.orders or self.viewed)

    # -- views and carts

    def look(self, product: int, at_ms: int) -> list[int] | None:
        """Takes in a view or cart. The other products of its session, where the product is new in it, else None.

        What comes later than the session that it belongs to is remembered as viewed, and in no session.
        """
        _newest_last(self.viewed, product, at_ms, VIEWED_MOST)
        if at_ms < self.session_ms - SESSION_MS:
            return None
        if at_ms > self.session_ms + SESSION_MS:
            self.session.clear()
        self.session_ms = max(self.session_ms, at_ms)
        if product in self.session:
            return None
        others = list(self.session)
        self.session[product] = None
        if len(self.session) > SESSION_MOST:
            del self.session[next(iter(self.session))]
        return others

    # -- orders

    def order(self, name: str) -> Order:
        """The order of a name, which may be known only by a refund, or not at all."""
        found = self.orders.get(name)
        if found is None:
            found = self.orders[name] = Order()
        return found

    def count(self, products: Iterable[int], by: int) -> list[int]:
        """Adds an order to those that have these products (by 1) or takes one away (by -1). The products for which it
        is the first or was the last."""
        bought, turned = self.bought, []
        for product in products:
            before = bought.get(product, 0)
            if before + by > 0:
                bought[product] = before + by
            else:
                bought.pop(product, None)
            if not before or before + by <= 0:
                turned.append(product)
        return turned

    def together(self, products: Iterable[int], at_ms: int) -> tuple[list[int], list[int]]:
        """Takes in products that were bought at an instant: those that were not bought within 28 days of it before, and
        those that were, others among the newest 64."""
        recent = self.recent
        fresh = [one for one in products if abs(recent.get(one, -TOGETHER_MS - 1) - at_ms) > TOGETHER_MS]
        mine = set(fresh)
        others = [one for one, then_ms in recent.items() if one not in mine and abs(then_ms - at_ms) <= TOGETHER_MS]
        for product in products:
            _newest_last(recent, product, at_ms, TOGETHER_MOST)
        return fresh, others

    def first_bought(self) -> dict[int, int]:
        """The instant at which each product of an order that stands was first bought."""
        found: dict[int, int] = {}
        for order in self.orders.values():
            if order.stands():
                for product in order.products:
                    found[product] = min(found.get(product, order.at_ms), order.at_ms)
        return found

    # -- forgetting and joining

    def forget(self, up_to_ms: int) -> None:
        """Forgets what happened up to an instant; refunds of orders that are not known are kept."""
        gone = [name for name, order in self.orders.items() if 0 <= order.at_ms <= up_to_ms]
        for name in gone:
            del self.orders[name]
        if gone:
            self._count_anew()
        for seen in (self.viewed, self.recent):
            for product in [one for one, at_ms in seen.items() if at_ms <= up_to_ms]:
                del seen[product]
        if self.session_ms <= up_to_ms:
            self.session.clear()

    def erase(self, up_to_ms: int) -> None:
        """Forgets what happened up to an instant, also what of it arrives later (``erased_ms`` says so)."""
        self.erased_ms = max(self.erased_ms, up_to_ms)
        self.orders = {name: order for name, order in self.orders.items() if order.at_ms >= 0}
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
        self._count_anew()
        for seen, told, most in ((self.viewed, other.viewed, VIEWED_MOST), (self.recent, other.recent, TOGETHER_MOST)):
            for product, at_ms in sorted(told.items(), key=lambda one: one[1]):
                _newest_last(seen, product, at_ms, most)

    def _count_anew(self) -> None:
        self.bought.clear()
        for order in self.orders.values():
            if order.stands():
                self.count(order.products, 1)


def _newest_last(seen: dict[int, int], product: int, at_ms: int, most: int) -> None:
    """Notes that a product was seen then; of more than ``most`` the one that was noted longest ago is forgotten."""
    at_ms = max(at_ms, seen.pop(product, at_ms))
    seen[product] = at_ms
    if len(seen) > most:
        del seen[next(iter(seen))]
