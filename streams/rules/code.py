"""A rule set as flat arrays for the kernel, and the numbers that the arrays are made of."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

VIEWS, CARTS, PURCHASES, ITEMS, REFUNDS, EMAILS, OPENS, CLICKS = range(8)
SOURCE_NAMES = ("views", "carts", "purchases", "items", "refunds", "emails", "opens", "clicks")

#: columns of a fact (``scratch.Scratch.facts``): two names, two amounts, a whole number, flags, the instant, and of an order
#: where its lines lie
FIRST, SECOND, AMOUNT, DISCOUNTED_BY, WHOLE, FLAGS, AT, LINE, LINE_END = range(9)
FACT_WIDTH = 9
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
#: columns of ``Code.measures``; LAST and BEFORE and AGAINST in ms, DAYS calendar days (0: none), LATEST 0: none,
#: PER the other source of a ratio; TIMES, TIMES_END: the part of ``Scratch.times`` for the newest matching instants
OP, SOURCE, COLUMN, LAST, BEFORE, DAYS, LATEST, AGAINST, PER, MATCH, MATCH_END, TIMES, TIMES_END = range(13)
MEASURE_WIDTH = 13

#: columns of ``Code.matches``: KIND is TEXT (one of ``values``), RANGE (within a pair of ``values``) or FLAG (bits set)
M_COLUMN, M_KIND, M_VALUES, M_VALUES_END, M_BIT, M_WANTED = range(6)
MATCH_WIDTH = 6
TEXT, RANGE, FLAG = range(3)

#: columns of ``Code.conditions``; SUBJECT is the measure, or the property's name; LOW, HIGH in the measure's whole units
#: (COMPARE), or ten-thousandths (RATIO_COMPARE), or as ``amounts.profile_number`` (PROFILE_NUMBER)
C_KIND, SUBJECT, LOW, HIGH, LOW_OPEN, HIGH_OPEN, NEGATED, C_VALUES, C_VALUES_END = range(9)
CONDITION_WIDTH = 9
COMPARE, RATIO_COMPARE, PROFILE_TEXT, PROFILE_NUMBER, PROFILE_MISSING = range(5)

#: ops of ``Code.nodes``, in postfix: a condition, the result of an earlier rule, or the last n results joined
NODE_CONDITION, NODE_SEGMENT, NODE_ALL, NODE_ANY, NODE_NONE = range(5)

#: stands for an open end of a bound
UNBOUNDED = 1 << 62


#: columns of ``Code.sources``: whether any measure reads the source, and the widest window over it in ms
USED, REACH = range(2)
#: columns of ``Code.rules``: the rule's nodes, the bit of its segment, whether it admits who may not be mailed
NODES, NODES_END, SLOT, EVERYONE = range(4)


class Code(NamedTuple):
    """Rules come after those that they refer to. ``set_ends``, ``set_members``: ``names.Names.set_table``. ``midnights``: local
    midnights in ms, for DAYS."""

    sources: NDArray[np.int64]
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
