"""The native vocabulary as typed structs.

A struct comes out of the JSON decoder with the types that a shop may send; ``settle()`` checks it and brings it into
its exact form in place: ``at`` in milliseconds, amounts in ten-thousandths, texts as text. It raises ValueError with
a reason that begins with the field's name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Union

import msgspec

from streams.events.amounts import MAX_UNITS, quantity, units
from streams.events.instants import YEAR_2000_MS, YEAR_9999_MS, instant_ms
from streams.events.text import as_text

Text = Union[str, int, float]
Amount = Union[int, float, str]
Category = Union[str, int, float, list[Union[str, int, float, None]], None]
Scalar = Union[str, int, float, bool, None]

MAX_CATEGORIES = 8
MAX_ITEMS = 1_000
MAX_PROPERTIES = 1_000
MAX_TEXT = 10_000
ACTIONS = ("sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed", "resubscribed")


class Common(msgspec.Struct, gc=False, kw_only=True):
    """What every event has; ``id`` and ``user`` are filled in by the decoder where they are absent."""

    at: Union[int, str]
    id: Union[Text, None] = None
    user: Union[Text, None] = None
    currency: Union[str, None] = None

    def settle(self) -> None:
        """Check and bring into exact form; raises ValueError."""
        if self.at.__class__ is not int or not YEAR_2000_MS <= self.at <= YEAR_9999_MS:
            self.at = _checked("at", instant_ms, self.at)
        if self.id.__class__ is not str and self.id is not None:
            self.id = as_text(self.id)


class View(Common, tag="view", gc=False, kw_only=True):
    """A customer looked at a product."""

    product: Text
    category: Category = None
    price: Union[Amount, None] = None

    def settle(self) -> None:
        """Check and bring into exact form; raises ValueError."""
        # most events are views in plain form: this way they cost 0.3 instead of 0.8 microseconds
        if self.at.__class__ is not int or not YEAR_2000_MS <= self.at <= YEAR_9999_MS or self.id.__class__ is not str:
            Common.settle(self)
        product, category, price = self.product, self.category, self.price
        if (
            product.__class__ is str
            and category.__class__ is str
            and price is not None
            and len(product) <= MAX_TEXT >= len(category)
        ):
            self.price = _price(price)
        else:
            _settle_product(self)


class Cart(View, tag="cart", gc=False, kw_only=True):
    """A customer put a product into the cart."""


class Item(msgspec.Struct, gc=False, kw_only=True):
    """One line of an order."""

    product: Text
    category: Category = None
    price: Union[Amount, None] = None
    quantity: Amount = 1


class Purchase(Common, tag="purchase", gc=False, kw_only=True):
    """An order, or a newer state of one; ``total`` is filled in where it is absent."""

    order: Text
    items: list[Item] = []
    total: Union[Amount, None] = None
    discount: Union[Amount, None] = None
    coupon: Union[Text, None] = None

    def settle(self) -> None:
        """Check and bring into exact form; raises ValueError."""
        Common.settle(self)
        self.order = _short("order", self.order)
        self.discount = _checked("discount", units, 0 if self.discount is None else self.discount)
        if len(self.items) > MAX_ITEMS:
            raise ValueError(f"items: more than {MAX_ITEMS}")
        gross = sum(_settle_item(number, item) for number, item in enumerate(self.items))
        if self.total is not None:
            self.total = _checked("total", units, self.total)
        elif gross > MAX_UNITS:
            raise ValueError("items: their sum is too large")
        else:
            self.total = max(0, gross - self.discount)


class Refund(Common, tag="refund", gc=False, kw_only=True):
    """Money given back for an order; ``total`` of None is the whole order."""

    order: Text
    total: Union[Amount, None] = None

    def settle(self) -> None:
        """Check and bring into exact form; raises ValueError."""
        Common.settle(self)
        self.order = _short("order", self.order)
        if self.total is not None:
            self.total = _checked("total", units, self.total)


class Email(Common, tag="email", gc=False, kw_only=True):
    """Something happened to one message to one customer."""

    action: str
    message: Text
    campaign: Union[Text, None] = None
    segment: Union[Text, None] = None
    link: Union[Text, None] = None
    machine: Union[bool, None] = None
    soft: Union[bool, None] = None

    def settle(self) -> None:
        """Check and bring into exact form; raises ValueError."""
        Common.settle(self)
        if self.action not in ACTIONS:
            raise ValueError(f"action: {self.action[:40]!r} is none of {', '.join(ACTIONS)}")
        self.message = _short("message", self.message)
        if self.campaign is not None:
            self.campaign = _short("campaign", self.campaign)
        if self.segment is not None:
            self.segment = _short("segment", self.segment)
        if self.link is not None:
            self.link = _short("link", self.link)


class Profile(Common, tag="profile", gc=False, kw_only=True):
    """Properties of a customer; None removes one."""

    set: dict[str, Scalar]

    def settle(self) -> None:
        """Check and bring into exact form; raises ValueError."""
        Common.settle(self)
        if len(self.set) > MAX_PROPERTIES:
            raise ValueError(f"set: more than {MAX_PROPERTIES} properties")
        for name, value in self.set.items():
            if len(name) > MAX_TEXT or (isinstance(value, str) and len(value) > MAX_TEXT):
                raise ValueError(f"set: a name or value longer than {MAX_TEXT} characters")


class Merge(Common, tag="merge", gc=False, kw_only=True):
    """The facts of the id ``source`` (in JSON: ``from``) now belong to ``user``."""

    source: Text = msgspec.field(name="from")

    def settle(self) -> None:
        """Check and bring into exact form; raises ValueError."""
        Common.settle(self)
        self.source = _short("from", self.source)
        if not self.source or self.source[0] == "\0":
            raise ValueError("from: is empty, or begins with NUL")


class Erase(Common, tag="erase", gc=False, kw_only=True):
    """Forget the customer."""


Event = Union[View, Cart, Purchase, Refund, Email, Profile, Merge, Erase]


def _checked(name: str, check: Callable[[Any], int], value: Any) -> int:
    try:
        return check(value)
    except ValueError as error:
        raise ValueError(f"{name}: {_shown(value)} {error}") from None


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _short(name: str, value: Text) -> str:
    text = value if type(value) is str else as_text(value)
    if len(text) > MAX_TEXT:
        raise ValueError(f"{name}: longer than {MAX_TEXT} characters")
    return text


def _settle_product(fact: View | Item) -> None:
    """Product, category and price of a view, a cart or an order line."""
    if fact.product.__class__ is not str or len(fact.product) > MAX_TEXT:
        fact.product = _short("product", fact.product)
    category = fact.category
    if type(category) is list:
        if len(category) > MAX_CATEGORIES:
            raise ValueError(f"category: more than {MAX_CATEGORIES}")
        fact.category = [_short("category", one) for one in category if one is not None]
    elif category is not None and (type(category) is not str or len(category) > MAX_TEXT):
        fact.category = _short("category", category)  # type: ignore[arg-type]
    if fact.price is not None:
        fact.price = _price(fact.price)


def _price(price: Amount) -> int:
    try:
        return units(price)
    except ValueError as error:
        raise ValueError(f"price: {_shown(price)} {error}") from None


def _settle_item(number: int, item: Item) -> int:
    """The line's price times quantity, in ten-thousandths."""
    try:
        _settle_product(item)
        item.quantity = _checked("quantity", quantity, item.quantity)
    except ValueError as error:
        raise ValueError(f"items[{number}].{error}") from None
    return int(item.price or 0) * int(item.quantity)
