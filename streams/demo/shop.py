"""A simulated shop: what its customers do, as events of the native vocabulary, in order of time.

A pure generator: the same arguments give the same events, and instants come in as arguments. Customers come for visits
at random, more often in a keen spell than in a quiet one; a visit is views, perhaps a cart, perhaps an order, which may
be given back. Every Tuesday a newsletter goes out, and newcomers arrive all the time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import Any

from streams.demo.catalogue import CATALOGUE, CATEGORIES, Product
from streams.demo.people import Customer, make_customer
from streams.events.instants import stamp

Event = dict[str, Any]

SECOND_MS = 1_000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
TUESDAY_MS = 5 * DAY_MS + 9 * HOUR_MS  # 09:00 UTC on the first Tuesday after the epoch
COUPONS = ("TREAT20", "SPRING20", "THANKYOU20")


class Shop:
    """The shop from ``start_ms`` (epoch milliseconds) on, with so many customers at the start; without its
    ``newsletter`` it mails nobody, as where others do."""

    def __init__(self, customers: int, start_ms: int, seed: int = 7, *, newsletter: bool = True) -> None:
        self._random = Random(seed)
        self._queue: list[tuple[int, int, Event | Callable[[int], None]]] = []
        self._tickets = count()
        self._ids = count()
        self._run = f"{start_ms // SECOND_MS:x}"  # ids of another run of the shop are others
        self._customers: list[Customer] = []
        self._newcomer_every_ms = 100 * 7 * DAY_MS / customers  # one in a hundred a week
        for _ in range(customers):
            self._welcome(start_ms + self._random.randrange(DAY_MS), str(len(self._customers)))
        if newsletter:
            self._plan(start_ms + (TUESDAY_MS - start_ms) % (7 * DAY_MS), self._newsletter)
        self._plan(start_ms + self._gap_ms(self._newcomer_every_ms), self._newcomer)

    def until(self, until_ms: int) -> Iterator[Event]:
        """The events before ``until_ms`` that were not handed out yet, by time; ``at`` is an RFC 3339 stamp."""
        while self._queue and self._queue[0][0] < until_ms:
            at_ms, _, what = heappop(self._queue)
            if isinstance(what, dict):
                yield what
            else:
                what(at_ms)

    # -- the course of time

    def _plan(self, at_ms: int, action: Callable[[int], None]) -> None:
        heappush(self._queue, (at_ms, next(self._tickets), action))

    def _say(self, at_ms: int, kind: str, customer: Customer, **fields: object) -> None:
        event = {"id": self._id("e"), "type": kind, "user": customer.user, "at": stamp(at_ms), **fields}
        heappush(self._queue, (at_ms, next(self._tickets), event))

    def _id(self, letter: str) -> str:
        return f"{letter}{self._run}-{next(self._ids):x}"

    def _gap_ms(self, mean_ms: float) -> int:
        return 1 + int(self._random.expovariate(1 / mean_ms))

    def _happens(self, chance: float) -> bool:
        return self._random.random() < chance

    # -- people come and change

    def _newcomer(self, at_ms: int) -> None:
        customer = self._welcome(at_ms, f"{self._run}-{len(self._customers)}")
        self._plan(at_ms + MINUTE_MS, partial(self._browse, customer))
        self._plan(at_ms + self._gap_ms(self._newcomer_every_ms), self._newcomer)

    def _welcome(self, at_ms: int, number: str) -> Customer:
        customer = make_customer(self._random, number)
        self._customers.append(customer)
        self._say(at_ms, "profile", customer, set=customer.profile)
        self._plan(at_ms + self._gap_ms(7 * DAY_MS / customer.kind.visits_a_week), partial(self._visit, customer))
        self._plan(at_ms + self._gap_ms(customer.kind.keen_days * DAY_MS), partial(self._change_mood, customer))
        return customer

    def _change_mood(self, customer: Customer, at_ms: int) -> None:
        customer.keen = not customer.keen
        days = customer.kind.keen_days if customer.keen else customer.kind.quiet_days
        self._plan(at_ms + self._gap_ms(days * DAY_MS), partial(self._change_mood, customer))

    # -- visits

    def _visit(self, customer: Customer, at_ms: int) -> None:
        """Visits are planned as of a keen customer; a quiet one leaves most of them out."""
        self._plan(at_ms + self._gap_ms(7 * DAY_MS / customer.kind.visits_a_week), partial(self._visit, customer))
        if customer.keen or self._happens(customer.kind.quiet):
            self._browse(customer, at_ms)

    def _browse(self, customer: Customer, at_ms: int) -> None:
        seen = []
        for _ in range(1 + int(self._random.expovariate(1 / customer.kind.views))):
            seen.append(self._pick(customer))
            self._say(at_ms, "view", customer, **_shown(seen[-1]))
            at_ms += self._random.randrange(10 * SECOND_MS, 4 * MINUTE_MS)
        if self._happens(customer.kind.cart):
            self._say(at_ms, "cart", customer, **_shown(seen[-1]))
        if self._happens(customer.kind.buy):
            self._buy(customer, seen, at_ms + self._random.randrange(MINUTE_MS, 10 * MINUTE_MS))

    def _pick(self, customer: Customer) -> Product:
        """A product, mostly of the customer's first tastes."""
        place = min(int(self._random.expovariate(0.7)), len(customer.tastes) - 1)
        category = self._random.choice(CATEGORIES) if self._happens(0.05) else customer.tastes[place]
        return self._random.choice(CATALOGUE[category])

    def _buy(self, customer: Customer, seen: list[Product], at_ms: int) -> None:
        bought = self._random.sample(seen, min(len(seen), self._random.randint(1, 3)))
        items = [{**_shown(one), "quantity": 2 if self._happens(0.1) else 1} for one in bought]
        order = self._id("o")
        self._say(at_ms, "purchase", customer, order=order, items=items, **self._reduction(customer, bought))
        if self._happens(0.06):
            part = {"total": bought[0].price_cents / 100} if len(bought) > 1 else {}
            back_ms = at_ms + self._random.randrange(3 * DAY_MS, 10 * DAY_MS)
            self._say(back_ms, "refund", customer, order=order, **part)

    def _reduction(self, customer: Customer, bought: list[Product]) -> dict[str, object]:
        """A fifth off one of each product, if the customer waited for it."""
        if not self._happens(customer.kind.discount):
            return {}
        discount = sum(one.price_cents for one in bought) // 5 / 100
        coupon = {"coupon": self._random.choice(COUPONS)} if self._happens(0.5) else {}
        return {"discount": discount, **coupon}

    # -- newsletters

    def _newsletter(self, at_ms: int) -> None:
        self._plan(at_ms + 7 * DAY_MS, self._newsletter)
        campaign = f"newsletter {datetime.fromtimestamp(at_ms // SECOND_MS, UTC):%G-W%V}"
        for customer in self._customers:
            if customer.mailable:
                self._mail(customer, campaign, at_ms + self._random.randrange(HOUR_MS))

    def _mail(self, customer: Customer, campaign: str, at_ms: int) -> None:
        def say(after_ms: int, action: str, **more: object) -> None:
            self._say(at_ms + after_ms, "email", customer, action=action, message=message, campaign=campaign, **more)

        message = self._id("m")
        say(0, "sent")
        if self._happens(0.01):
            say(MINUTE_MS, "bounced", soft=True)
            return
        if customer.private_mail:
            say(2 * SECOND_MS, "opened", machine=True)
        open_after_ms = int(self._random.lognormvariate(1, 1) * HOUR_MS)
        if self._happens(customer.kind.opens):
            say(open_after_ms, "opened")
            if self._happens(customer.kind.clicks):
                say(open_after_ms + MINUTE_MS, "clicked")
                self._plan(at_ms + open_after_ms + MINUTE_MS + 5 * SECOND_MS, partial(self._browse, customer))
        if self._happens(customer.kind.leaves):
            say(open_after_ms + 2 * MINUTE_MS, "complained" if self._happens(0.1) else "unsubscribed")
            self._plan(at_ms + open_after_ms + 2 * MINUTE_MS, partial(self._unsubscribed, customer, message))

    def _unsubscribed(self, customer: Customer, message: str, at_ms: int) -> None:
        """No newsletter from here on; some come back."""
        customer.mailable = False
        if self._happens(0.3):
            back_ms = at_ms + self._random.randrange(20 * DAY_MS, 60 * DAY_MS)
            self._say(back_ms, "email", customer, action="resubscribed", message=message)
            self._plan(back_ms, partial(self._resubscribed, customer))

    def _resubscribed(self, customer: Customer, _: int) -> None:
        customer.mailable = True


def _shown(product: Product) -> dict[str, object]:
    """A product as events name it."""
    return {"product": product.name, "category": product.category, "price": product.price_cents / 100}
