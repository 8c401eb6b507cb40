"""A rule set as flat arrays for the kernel, and the numbers that the arrays are made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.events.traffic import Traffic
from streams.rows.layout import plain

VIEWS, CARTS, PURCHASES, ITEMS, REFUNDS, EMAILS, OPENS, CLICKS = map(plain, range(8))
SOURCE_NAMES = ("views", "carts", "purchases", "items", "refunds", "emails", "opens", "clicks")

#: columns of a fact, in the form of a row's records, so that views and carts are read where they lie: instant and flags
#: as in word 0; two amounts and a whole number; two names; and of an order where its lines lie
STAMP, DISCOUNTED_BY, WHOLE, NAMES, AMOUNT, LINE, LINE_END = range(7)
FACT_WIDTH = 7
#: the two names in NAMES, as the column of a field
FIRST, SECOND, FLAGS = range(7, 10)
#: source -> field -> column; of a flag the column is FLAGS and the bit is in ``FLAG_BITS``
COLUMNS = {
    "views": {"product": FIRST, "category": SECOND, "price": AMOUNT},
    "carts": {"product": FIRST, "category": SECOND, "price": AMOUNT},
    "purchases": {
        "product": FIRST,
        "category": SECOND,
        "total": AMOUNT,
        "discount": DISCOUNTED_BY,
        "units": WHOLE,
        "discounted": FLAGS,
    },
    "items": {"product": FIRST, "category": SECOND, "price": AMOUNT, "quantity": WHOLE},
    "refunds": {"total": AMOUNT},
    "emails": {"campaign": FIRST, "segment": SECOND, "opened": FLAGS, "clicked": FLAGS, "bounced": FLAGS},
    "opens": {"campaign": FIRST, "segment": SECOND},
    "clicks": {"campaign": FIRST, "segment": SECOND},
}
FLAG_BITS = {"discounted": 1, "opened": 1, "clicked": 2, "bounced": 4}

#: ops of a measure
COUNT, DISTINCT, SUM, AVERAGE, HIGHEST, LOWEST, SHARE, SINCE_LAST, SINCE_FIRST, TREND, OVERDUE, RATIO = range(12)
#: columns of ``Code.measures``; LAST and BEFORE and AGAINST in ms, DAYS calendar days (0: none), LATEST 0: none, PER
#: the other source of a ratio; TIMES, TIMES_END: the part of ``Scratch.times`` for the newest matching instants;
#: ENOUGH: a count from which on every condition on it says the same
OP, SOURCE, COLUMN, LAST, BEFORE, DAYS, LATEST, AGAINST, PER, MATCH, MATCH_END, TIMES, TIMES_END, ENOUGH = range(14)
#: whether the measure says $each, so that each value of a family has its own; and the chain in which the facts lie that
#: $each can match (NO_CHAIN: all must be looked at)
OF_EACH, CHAIN = 14, 15
MEASURE_WIDTH = 16
NO_CHAIN = -1
#: columns of ``Code.chains``: a source and one of its names; and for which families they are wanted, a bit each
CHAIN_SOURCE, CHAIN_COLUMN, CHAIN_BYS = range(3)
CHAIN_WIDTH = 3

#: columns of ``Code.matches``: KIND is TEXT (one of ``values``), RANGE (within a pair of ``values``) or FLAG (bits set)
M_COLUMN, M_KIND, M_VALUES, M_VALUES_END, M_BIT, M_WANTED = range(6)
MATCH_WIDTH = 6
TEXT, RANGE, FLAG = range(3)

#: columns of ``Code.conditions``; SUBJECT is the measure, or the property's name; LOW, HIGH in the measure's whole
#: units (COMPARE), or ten-thousandths (RATIO_COMPARE), or as ``amounts.profile_number`` (PROFILE_NUMBER); RESULT the
#: place in ``Scratch.results`` of what was found: the measure, or behind all measures the property's value
C_KIND, SUBJECT, LOW, HIGH, LOW_OPEN, HIGH_OPEN, NEGATED, C_VALUES, C_VALUES_END, RESULT = range(10)
CONDITION_WIDTH = 10
COMPARE, RATIO_COMPARE, PROFILE_TEXT, PROFILE_NUMBER, PROFILE_MISSING = range(5)

#: ops of ``Code.nodes``, in postfix: a condition, the result of an earlier rule, the last n results joined; and after
#: each part of a group but its last a look whether that part alone decides the group
NODE_CONDITION, NODE_SEGMENT, NODE_ALL, NODE_ANY, NODE_NONE, NODE_CUT = range(6)
#: columns of ``Code.nodes``: ARGUMENT is the condition, the place of the rule referred to, or of a CUT the group's op;
#: FIRST_PART where the group's results begin on the stack; NEXT of a CUT the node behind the group, of a SEGMENT the
#: place in ``values`` of the value of a family, or ANY_VALUE
NODE_OP, ARGUMENT, FIRST_PART, NEXT = range(4)
ANY_VALUE = -1

#: stands for an open end of a bound
UNBOUNDED = 1 << 62


#: columns of ``Code.rules``: the rule's nodes, the bit of its segment (of a family NO_SLOT), whether it admits who may
#: not be mailed; whether it remembers anything of a customer, its ``for`` and ``keep_for`` in ms (0: none), the
#: number of its name, what it makes a family of, and where in ``values`` the places of its $each lie, which are places
#: there too
NODES, NODES_END, SLOT, EVERYONE, LASTING, FOR, KEEP_FOR, RULE_NAME, FAMILY, EACHES, EACHES_END = range(11)
RULE_WIDTH = 11
NO_SLOT = -1
#: what a family is made of: of the two names of a fact the FIRST or SECOND of views, carts and items, or of e-mails
BY_PRODUCT, BY_CATEGORY, BY_CAMPAIGN = range(1, 4)


class Code(NamedTuple):
    """``uses[source]``: whether any rule reads it. Rules come after those that they refer to. ``set_ends``,
    ``set_members``: ``names.Names.set_table``. ``midnights``: local midnights in ms, for DAYS. ``families``,
    ``lasting``: how many rules make a family, and how many others remember something of a customer. ``chains``: by
    which names facts are chained, so that a value of a family need not look at all facts."""

    uses: NDArray[np.int64]
    measures: NDArray[np.int64]
    matches: NDArray[np.int64]
    values: NDArray[np.int64]
    conditions: NDArray[np.int64]
    nodes: NDArray[np.int64]
    rules: NDArray[np.int64]
    midnights: NDArray[np.int64]
    set_ends: NDArray[np.int64]
    set_members: NDArray[np.int64]
    retention_ms: int
    families: int
    lasting: int
    chains: NDArray[np.int64]
    traffic: Traffic
