"""How facts lie in a row: records of five 64-bit words, in groups, each group in order of (instant, id, line).

word 0   instant in ms << 12 | flags << 5 | kind
word 1,2 the event's id (``ids``; flags: ID_UUID, ID_LONG); of an ITEM or DISCOUNT the line within its event, and its
         quantity
word 3,4 by kind:
         VIEW, CART   product << 32 | category,  price or NO_AMOUNT
         ORDER        digest of the order's name, total;      its lines follow as ITEM: product << 32 | category, price
                      and a DISCOUNT record: 0, discount;     where there was one
         REFUND       digest of the order's name, total or NO_AMOUNT (the whole order's)
         EMAIL        digest of the message's name with the mark of the link in its last LINK_BITS (0: none),
                      campaign << 32 | segment; flags: ACTION_*, MACHINE
         PROFILE      property << 32 | text of the value, number of the value (``amounts.profile_number``) or NO_AMOUNT
         CONSENT      0, 0; flags: ACTION_*
An ID_REST record goes on with an id of more than 16 bytes: word 1 is word 2 of the event, words 2 to 4 are 24 bytes of
text; its group is in order of (instant, word 1).
A STATE record is no fact: it is what a rule remembers of the customer, with ``for``, ``keep_for`` or ``for_each``. Its
instant is when they entered, where MEMBER is set; word 1: name of the segment << 32 | value of a family (0: none); word
2: since when the rule's ``when`` has held, or LONG_AGO.
Names are 32-bit numbers of the partition's dictionary (``names.Names``), 0 is none. Amounts are ten-thousandths.
"""

from __future__ import annotations

import numpy as np

WORDS = 5
AT_SHIFT = 12
FLAG_SHIFT = 5
KIND_MASK = (1 << FLAG_SHIFT) - 1
FLAG_MASK = (1 << (AT_SHIFT - FLAG_SHIFT)) - 1
NAME_MASK = (1 << 32) - 1
#: a name's number with this bit is a set of names: a fact with several categories
SET_BIT = 1 << 31


def plain(number: int) -> int:
    """A constant that numba passes on as a plain integer: a literal has the function that gets it compiled once a
    value."""
    return np.int64(number)  # type: ignore[return-value]


VIEW, CART, ORDER, ITEM, DISCOUNT, REFUND, EMAIL, PROFILE, CONSENT, ID_REST, STATE = range(11)

#: the groups of a row, in their order; the last two hold no facts, and STATE nothing that was said by an event
G_VIEW, G_CART, G_ORDER, G_REFUND, G_EMAIL, G_PROFILE, G_CONSENT, G_REST, G_STATE = map(plain, range(9))
GROUPS = 9
SAID_GROUPS = 8
GROUP_OF_KIND = (G_VIEW, G_CART, G_ORDER, G_ORDER, G_ORDER, G_REFUND, G_EMAIL, G_PROFILE, G_CONSENT, G_REST, G_STATE)

#: flags of every record that carries an id: it is a UUID, packed; it goes on in ID_REST records. Neither: it is whole
ID_UUID, ID_LONG = map(plain, (16, 32))
ID_FORMS = ID_UUID | ID_LONG
#: how many words of text an ID_REST record has, and how many such records an event at most
REST_WORDS = 3
MOST_RESTS = 11

#: flags of an ORDER
COUPON = 1
#: flags of an EMAIL or CONSENT: the action's place in ``native.ACTIONS`` and MACHINE
ACTION_MASK = 7
SENT, DELIVERED, OPENED, CLICKED, BOUNCED, COMPLAINED, UNSUBSCRIBED, RESUBSCRIBED = range(8)
MACHINE = 8
#: of an EMAIL's word 3 the bits that tell links of one message apart; those above them are the message's
LINK_BITS = 16
LINK_MASK = (1 << LINK_BITS) - 1
#: flag of a PROFILE: the property was removed
REMOVED = 1
#: flag of a STATE: the customer is in the segment
MEMBER = 1

NO_AMOUNT = -(1 << 63)
NEVER = 1 << 62
LONG_AGO = -1
#: in place of a row's next boundary: the rules changed since it was judged
STALE = -NEVER

ROW_VERSION = 2
HEAD_WORDS = 4 + (GROUPS + 1) // 2
#: bit of a row's flags: some order of it was updated
ORDERS_UPDATED = 1
