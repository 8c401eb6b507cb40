"""The fields of plain events, as they lie in tokens, and what each may say. Compiled."""

from __future__ import annotations

import numpy as np

from streams.intake.digests import BLOCK, digest_of
from streams.intake.numbers import UNKNOWN, amount
from streams.intake.tokens import (
    ABSENT,
    FALSE,
    K_HASH,
    K_HIGH,
    K_KIND,
    K_LENGTH,
    K_START,
    NULL,
    NUMBER,
    STRING,
    TRUE,
    texts,
)
from streams.rows.compiled import compiled
from streams.rows.layout import LINK_MASK, NO_AMOUNT, plain
from streams.rows.tables import FREE, Table, look_up

_EVENT = (
    b"type",
    b"id",
    b"user",
    b"at",
    b"currency",
    b"product",
    b"category",
    b"price",
    b"action",
    b"message",
    b"campaign",
    b"segment",
    b"machine",
    b"soft",
    b"order",
    b"items",
    b"total",
    b"discount",
    b"coupon",
    b"link",
)
_ITEM = (b"product", b"category", b"price", b"quantity")
EVENT_KEYS, ITEM_KEYS = texts(*_EVENT), texts(*_ITEM)
EVENT_TOKENS, ITEM_TOKENS = len(_EVENT) + 2, len(_ITEM) + 2
TYPE, ID, USER, AT, CURRENCY, PRODUCT, CATEGORY, PRICE = map(plain, range(8))
ACTION, MESSAGE, CAMPAIGN, SEGMENT, MACHINE, SOFT, ORDER, ITEMS, TOTAL, DISCOUNT, COUPON, LINK = map(
    plain, range(8, 20)
)
ITEM_PRODUCT, ITEM_CATEGORY, ITEM_PRICE, ITEM_QUANTITY = map(plain, range(4))

TYPES = texts(b"view", b"cart", b"email", b"purchase", b"refund")
IS_VIEW, IS_CART, IS_EMAIL, IS_PURCHASE, IS_REFUND = map(plain, range(5))
#: in the order of ``native.ACTIONS``, whose places are the flags of a record
ACTION_TEXTS = texts(
    b"sent",
    b"delivered",
    b"opened",
    b"clicked",
    b"bounced",
    b"complained",
    b"unsubscribed",
    b"resubscribed",
)

#: a text of so many bytes is not too long, whatever it is written in (``native.MAX_TEXT`` characters)
LONG_TEXT = 10_000
NO_NAME = plain(0)
NO_LINK = plain(0)
HALF = plain((1 << 32) - 1)


@compiled
def is_missing(tokens: np.ndarray, token: int) -> bool:
    """Whether nothing is said, or null."""
    return tokens[token, K_KIND] == ABSENT or tokens[token, K_KIND] == NULL


@compiled
def is_text(tokens: np.ndarray, token: int) -> bool:
    """Whether there is a text that is not too long."""
    return tokens[token, K_KIND] == STRING and tokens[token, K_LENGTH] <= LONG_TEXT


@compiled
def name_of(data: np.ndarray, tokens: np.ndarray, token: int, names: Table) -> int:
    """The number of a name, NO_NAME where none is given; FREE where it is not known, or too long, or no text."""
    if is_missing(tokens, token):
        return NO_NAME
    if not is_text(tokens, token):
        return FREE
    return look_up(names, data, tokens[token, K_START], tokens[token, K_LENGTH], tokens[token, K_HASH])


@compiled
def amount_of(data: np.ndarray, tokens: np.ndarray, token: int) -> int:
    """An amount in ten-thousandths, NO_AMOUNT where none is given, or UNKNOWN."""
    if is_missing(tokens, token):
        return NO_AMOUNT
    if tokens[token, K_KIND] != NUMBER and tokens[token, K_KIND] != STRING:
        return UNKNOWN
    return amount(data, tokens[token, K_START], tokens[token, K_LENGTH])


@compiled
def flag_of(tokens: np.ndarray, token: int) -> int:
    """1 where it is true, 0 where it is not, UNKNOWN where it is neither."""
    if tokens[token, K_KIND] == TRUE:
        return 1
    return 0 if tokens[token, K_KIND] == FALSE or is_missing(tokens, token) else UNKNOWN


@compiled
def has_digest(tokens: np.ndarray, token: int) -> bool:
    """Whether there is a text that ``digest_of`` takes."""
    return tokens[token, K_KIND] == STRING and tokens[token, K_HIGH] == 0 and tokens[token, K_LENGTH] <= BLOCK


@compiled
def link_at(tokens: np.ndarray) -> int:
    """What tells the link of an e-mail from others (``rows.ids.link_mark``), 0 where none is given, or UNKNOWN."""
    if is_missing(tokens, LINK):
        return 0
    if not is_text(tokens, LINK) or tokens[LINK, K_HIGH] != 0:
        return UNKNOWN
    digest = tokens[LINK, K_HASH]
    digest ^= digest >> 32 & HALF
    return max((digest ^ digest >> 16) & LINK_MASK, NO_LINK + 1)


@compiled
def digest_at(data: np.ndarray, tokens: np.ndarray, token: int, s: np.ndarray) -> int:
    """The digest of an order's or a message's name (``rows.ids.key_digest``)."""
    return digest_of(data, tokens[token, K_START], tokens[token, K_LENGTH], s)
