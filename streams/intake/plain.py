"""Plain events straight from their bytes into a batch. Compiled.

What is not plain is left to ``events`` and ``rows.encode``, which say the same of plain ones: a law holds the two
against each other.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from streams.intake.fields import (
    ACTION,
    ACTION_TEXTS,
    AT,
    CAMPAIGN,
    CATEGORY,
    CURRENCY,
    EVENT_KEYS,
    ID,
    IS_CART,
    IS_EMAIL,
    IS_PURCHASE,
    IS_REFUND,
    IS_VIEW,
    MACHINE,
    MESSAGE,
    PRICE,
    PRODUCT,
    SEGMENT,
    SOFT,
    TYPE,
    TYPES,
    USER,
    amount_of,
    digest_at,
    flag_of,
    has_digest,
    is_missing,
    is_text,
    link_at,
    name_of,
)
from streams.intake.numbers import SHORT_ID, UNKNOWN, instant, is_uuid, uuid_word, word_of
from streams.intake.orders import put_purchase, put_refund
from streams.intake.tokens import (
    K_HASH,
    K_HIGH,
    K_KIND,
    K_LENGTH,
    K_START,
    STRING,
    behind_blanks,
    read_object,
    which,
)
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
    B_VERDICT,
    R_META,
    R_WORD3,
    R_WORD4,
    Batch,
)
from streams.rows.compiled import compiled, entry, spliced
from streams.rows.layout import (
    BOUNCED,
    CART,
    CONSENT,
    EMAIL,
    FLAG_SHIFT,
    ID_UUID,
    LINK_MASK,
    VIEW,
)
from streams.rows.layout import MACHINE as BY_MACHINE
from streams.rows.tables import FREE, Table, look_up

#: columns of ``Plain.places``: which record an event is, and where in the bytes its id and its user are
P_RECORD, P_ID, P_ID_LENGTH, P_USER, P_USER_LENGTH = range(5)
PLACES = 5


class Known(NamedTuple):
    """What events may name: rows of customers, and names of the dictionary."""

    users: Table
    names: Table


class Scratch(NamedTuple):
    """Tokens of an event and of an item, and what ``digest_of`` needs."""

    tokens: np.ndarray
    item_tokens: np.ndarray
    digest: np.ndarray


class Plain(NamedTuple):
    """The batch to be filled, and where its events come from: (n, PLACES)."""

    batch: Batch
    places: np.ndarray


@compiled
def put_product(data: np.ndarray, tokens: np.ndarray, names: Table, kind: int, records: np.ndarray, k: int) -> int:
    """The record of a view or a cart at k; returns the place behind it, or UNKNOWN."""
    product, category = name_of(data, tokens, PRODUCT, names), name_of(data, tokens, CATEGORY, names)
    price = amount_of(data, tokens, PRICE)
    if tokens[PRODUCT, K_KIND] != STRING or product == FREE or category == FREE or price == UNKNOWN:
        return UNKNOWN
    records[k, R_META], records[k, R_WORD3], records[k, R_WORD4] = kind, product << 32 | category, price
    return k + 1


@compiled
def put_email(data: np.ndarray, tokens: np.ndarray, names: Table, s: np.ndarray, records: np.ndarray, k: int) -> int:
    """The records of an e-mail's action from k on; returns the place behind them, or UNKNOWN."""
    if tokens[ACTION, K_KIND] != STRING or not has_digest(tokens, MESSAGE):
        return UNKNOWN
    action = which(data, tokens[ACTION, K_START], tokens[ACTION, K_LENGTH], ACTION_TEXTS)
    campaign, segment = name_of(data, tokens, CAMPAIGN, names), name_of(data, tokens, SEGMENT, names)
    machine, soft, link = flag_of(tokens, MACHINE), flag_of(tokens, SOFT), link_at(tokens)
    if (
        action == ACTION_TEXTS.lengths.shape[0]
        or campaign == FREE
        or segment == FREE
        or machine == UNKNOWN
        or soft == UNKNOWN
        or link == UNKNOWN
    ):
        return UNKNOWN
    records[k, R_META] = EMAIL | (action | (BY_MACHINE if machine != 0 else 0)) << FLAG_SHIFT
    records[k, R_WORD3] = digest_at(data, tokens, MESSAGE, s) & ~LINK_MASK | link
    records[k, R_WORD4] = campaign << 32 | segment
    k += 1
    if action > BOUNCED or (action == BOUNCED and soft == 0):  # BOUNCED, COMPLAINED, UNSUBSCRIBED, RESUBSCRIBED
        records[k, R_META] = CONSENT | action << FLAG_SHIFT
        records[k, R_WORD3] = records[k, R_WORD4] = 0
        k += 1
    return k


@spliced
def put_facts(data: np.ndarray, names: Table, s: Scratch, records: np.ndarray, k: int) -> int:
    """The records of an event from k on; returns the place behind them, or UNKNOWN."""
    tokens = s.tokens
    if tokens[TYPE, K_KIND] != STRING:
        return UNKNOWN
    kind = which(data, tokens[TYPE, K_START], tokens[TYPE, K_LENGTH], TYPES)
    if kind <= IS_CART:  # IS_VIEW, IS_CART
        return put_product(data, tokens, names, VIEW if kind == IS_VIEW else CART, records, k)
    if kind == IS_EMAIL:
        return put_email(data, tokens, names, s.digest, records, k)
    if kind == IS_PURCHASE:
        return put_purchase(data, tokens, s.item_tokens, names, s.digest, records, k)
    if kind == IS_REFUND:
        return put_refund(data, tokens, s.digest, records, k)
    return UNKNOWN


@compiled
def has_plain_head(data: np.ndarray, tokens: np.ndarray) -> bool:
    """Whether id and user are texts as they mostly are, and no currency is named."""
    if not is_text(tokens, USER) or tokens[USER, K_LENGTH] == 0 or not is_missing(tokens, CURRENCY):
        return False
    if tokens[ID, K_KIND] != STRING or tokens[ID, K_HIGH] != 0 or tokens[ID, K_LENGTH] == 0:
        return False
    return tokens[ID, K_LENGTH] <= SHORT_ID or is_uuid(data, tokens[ID, K_START], tokens[ID, K_LENGTH])


@spliced
def put_head(data: np.ndarray, tokens: np.ndarray, events: np.ndarray, n: int, row: int, at: int) -> None:
    """Row, instant and id of event n."""
    start, length = tokens[ID, K_START], tokens[ID, K_LENGTH]
    events[n, B_ROW], events[n, B_AT] = row, at
    if length > SHORT_ID:
        events[n, B_FORM] = ID_UUID
        events[n, B_ID], events[n, B_ID + 1] = uuid_word(data, start, 0), uuid_word(data, start, 16)
    else:
        events[n, B_FORM] = 0
        events[n, B_ID], events[n, B_ID + 1] = word_of(data, start, length), word_of(data, start + 8, length - 8)
    events[n, B_REST] = events[n, B_REST_END] = events[n, B_ERASE] = events[n, B_VERDICT] = 0


@spliced
def put_event(data: np.ndarray, known: Known, s: Scratch, i: int, n: int, k: int, out: Plain) -> int:
    """Event n of the batch, of record i, with its records from k on; returns the place behind them, or UNKNOWN."""
    tokens, places = s.tokens, out.places
    if not has_plain_head(data, tokens):
        return UNKNOWN
    at = instant(data, tokens[AT, K_KIND], tokens[AT, K_START], tokens[AT, K_LENGTH])
    row = look_up(known.users, data, tokens[USER, K_START], tokens[USER, K_LENGTH], tokens[USER, K_HASH])
    if at == UNKNOWN or (row == FREE and tokens[USER, K_HIGH] != 0) or k + 2 > out.batch.records.shape[0]:
        return UNKNOWN
    end = put_facts(data, known.names, s, out.batch.records, k)
    if end == UNKNOWN:
        return UNKNOWN
    put_head(data, tokens, out.batch.events, n, row, at)
    out.batch.events[n, B_FIRST], out.batch.events[n, B_END] = k, end
    places[n, P_RECORD], places[n, P_ID], places[n, P_ID_LENGTH] = i, tokens[ID, K_START], tokens[ID, K_LENGTH]
    places[n, P_USER], places[n, P_USER_LENGTH] = tokens[USER, K_START], tokens[USER, K_LENGTH]
    return end


@entry
def read_plain(data: np.ndarray, ends: np.ndarray, known: Known, s: Scratch, out: Plain) -> tuple[int, int]:
    """Read the values of records, which lie one behind the other in ``data``; record i ends at ``ends[i]``.

    Returns how many are plain, and how many records of facts they make. The row of a customer whom ``users`` does not
    have is FREE.
    """
    n, k, start = 0, 0, 0
    for i in range(ends.shape[0]):
        end = ends[i]
        behind = read_object(data, start, end, EVENT_KEYS, s.tokens)
        if behind >= 0 and behind_blanks(data, behind, end) == end:
            behind = put_event(data, known, s, i, n, k, out)
            if behind != UNKNOWN:
                n, k = n + 1, behind
        start = end
    return n, k
