"""Settled events as records of a row: the batch that the kernel folds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from streams.events.amounts import profile_number
from streams.events.native import ACTIONS, Cart, Email, Erase, Event, Item, Merge, Profile, Purchase, Refund, View
from streams.events.text import number_text
from streams.rows.batch import (
    B_AT,
    B_END,
    B_ERASE,
    B_FIRST,
    B_FORM,
    B_ID,
    B_REST,
    B_REST_END,
    B_ROW,
    EVENT_WIDTH,
    R_META,
    R_WORD3,
    R_WORD4,
    Batch,
)
from streams.rows.ids import key_digest, message_word, packed_ids
from streams.rows.layout import (
    AT_SHIFT,
    BOUNCED,
    CART,
    COMPLAINED,
    CONSENT,
    COUPON,
    DISCOUNT,
    EMAIL,
    FLAG_SHIFT,
    ITEM,
    MACHINE,
    NO_AMOUNT,
    ORDER,
    PROFILE,
    REFUND,
    REMOVED,
    RESUBSCRIBED,
    UNSUBSCRIBED,
    VIEW,
)

_ACTION = {name: number for number, name in enumerate(ACTIONS)}
_CONSENT_ACTIONS = frozenset((BOUNCED, COMPLAINED, UNSUBSCRIBED, RESUBSCRIBED))


class Dictionary(Protocol):
    """Numbers for names (``names.Names``)."""

    spellings: dict[str, int]

    def text(self, text: str) -> int:
        """The number of a text."""

    def exact(self, name: str) -> int:
        """The number of a name that is compared exactly."""

    def group(self, texts: list[str]) -> int:
        """The number of a list of texts, 0 of an empty one."""


class Encoder:
    """Turns events into records with the numbers of one dictionary."""

    def __init__(self, names: Dictionary) -> None:
        self._names = names
        self._meta: list[int] = []
        self._word3: list[int] = []
        self._word4: list[int] = []
        self._encoders: dict[type, Callable[[Any], None]] = {
            View: self._view,
            Cart: self._cart,
            Purchase: self._purchase,
            Refund: self._refund,
            Email: self._email,
            Profile: self._profile,
            Merge: lambda event: self._known(),
            Erase: lambda event: None,
        }

    def encode(self, events: list[Event], rows: list[int]) -> Batch:
        """The batch of settled events, where ``rows[i]`` is the row of the customer of ``events[i]``."""
        meta, encoders = self._meta, self._encoders
        number, text, word3, word4 = self._names.spellings.get, self._names.text, self._word3, self._word4
        first = [0]
        for event in events:
            if event.__class__ is View and event.category.__class__ is str and event.price is not None:
                # what most events are, written out: 0.5 instead of 0.9 microseconds
                product, category = event.product, event.category
                meta.append(VIEW)
                word3.append((number(product) or text(product)) << 32 | (number(category) or text(category)))  # type: ignore[arg-type]
                word4.append(event.price)  # type: ignore[arg-type]
            else:
                encoders[event.__class__](event)
            first.append(len(meta))
        ids, facts = packed_ids([event.id for event in events]), len(meta)  # type: ignore[misc]
        table = np.zeros((len(events), EVENT_WIDTH), np.int64)
        table[:, B_ROW] = rows
        table[:, B_AT] = [event.at for event in events]
        table[:, B_FORM], table[:, B_ID : B_ID + 2] = ids.forms, ids.words
        table[:, B_FIRST], table[:, B_END] = first[:-1], first[1:]
        table[:, B_REST], table[:, B_REST_END] = facts + ids.starts, facts + ids.ends
        table[:, B_ERASE] = [event.__class__ is Erase for event in events]
        records = np.empty((facts + len(ids.rests), 3), np.int64)
        records[:facts, R_META], records[:facts, R_WORD3], records[:facts, R_WORD4] = meta, self._word3, self._word4
        records[facts:] = ids.rests
        meta.clear()
        self._word3.clear()
        self._word4.clear()
        return Batch(table, records)

    def _put(self, meta: int, word3: int, word4: int) -> None:
        self._meta.append(meta)
        self._word3.append(word3)
        self._word4.append(word4)

    def _view(self, event: View, kind: int = VIEW) -> None:
        names, category, price = self._names, event.category, event.price
        number = 0 if category is None else names.text(category) if category.__class__ is str else names.group(category)  # type: ignore[arg-type]
        self._meta.append(kind)
        self._word3.append(names.text(event.product) << 32 | number)  # type: ignore[arg-type]
        self._word4.append(NO_AMOUNT if price is None else price)  # type: ignore[arg-type]

    def _cart(self, event: Cart) -> None:
        self._view(event, CART)

    def _purchase(self, event: Purchase) -> None:
        coupon = COUPON << FLAG_SHIFT if event.coupon not in (None, "") else 0
        self._put(ORDER | coupon, key_digest(event.order), event.total)  # type: ignore[arg-type]
        if event.discount:
            self._put(DISCOUNT, 0, event.discount)  # type: ignore[arg-type]
        for item in event.items:
            self._item(item)

    def _item(self, item: Item) -> None:
        self._view(item, ITEM | item.quantity << AT_SHIFT)  # type: ignore[arg-type, operator]

    def _refund(self, event: Refund) -> None:
        self._put(REFUND, key_digest(event.order), NO_AMOUNT if event.total is None else event.total)  # type: ignore[arg-type]

    def _email(self, event: Email) -> None:
        action, text = _ACTION[event.action], self._names.text
        flags = action | (MACHINE if event.machine else 0)
        campaign = 0 if event.campaign is None else text(event.campaign)  # type: ignore[arg-type]
        segment = 0 if event.segment is None else text(event.segment)  # type: ignore[arg-type]
        self._put(EMAIL | flags << FLAG_SHIFT, message_word(event.message, event.link), campaign << 32 | segment)  # type: ignore[arg-type]
        if action in _CONSENT_ACTIONS and not (action == BOUNCED and event.soft):
            self._put(CONSENT | action << FLAG_SHIFT, 0, 0)

    def _known(self) -> None:
        """The event says no more than that the customer is known, which a record of no property keeps."""
        self._put(PROFILE | REMOVED << FLAG_SHIFT, 0, NO_AMOUNT)

    def _profile(self, event: Profile) -> None:
        if not event.set:
            self._known()
        for name in sorted(event.set):
            value = event.set[name]
            prop = self._names.exact(name) << 32
            if value is None:
                self._put(PROFILE | REMOVED << FLAG_SHIFT, prop, NO_AMOUNT)
                continue
            number = None if isinstance(value, bool) else profile_number(value)
            text = value if isinstance(value, str) else profile_text(value)
            self._put(PROFILE, prop | self._names.text(text), NO_AMOUNT if number is None else number)


def profile_text(value: float | bool) -> str:
    """The text by which a property that is no text is compared: true, false, 35, 35.5."""
    return str(value).lower() if isinstance(value, bool) else number_text(value)
