"""Working memory of one judgement; made once a partition and used again for every row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.rows.layout import plain
from streams.rules.code import C_KIND, FACT_WIDTH, RATIO_COMPARE, SOURCE_NAMES, TIMES_END, Code

#: columns of ``Scratch.entries``: what an order or a message comes to, collected over its events
E_KEY, E_AT, E_CONTENT, E_BACK, E_WHOLE = map(plain, range(5))
E_OPENED, E_CLICKED, E_BOUNCED, E_FIRST, E_SECOND, E_DELIVERED, E_LINK, E_SCANNED = map(plain, range(2, 10))
ENTRY_WIDTH = 10
#: a fact has at most so many categories, and one product or campaign
MOST_VALUES = 8

#: columns of ``Scratch.results``: a measure is VALUE / DIVISOR (0: undefined); how many facts match; the earliest
#: instant at which the set of facts behind it changes with no event; the round for which all this was found. Of a
#: profile test VALUE is the text of the property, DIVISOR whether there is one
VALUE, DIVISOR, FOUND, CHANGE, ROUND_OF = range(5)

#: entries of ``Scratch.stamp``: uses of the marks and the table; rounds, of which each judgement is one and each value
#: of a family is one; the round of the judgement; when the first order is forgotten that a refund refers to; how many
#: lines of ``lasting`` and values of ``lasting`` there are; for which family the values were found in which judgement;
#: the stamp under which the customer's STATE records are in the table, 0: they are few; where the facts end; the place
#: of the value that is $each now, -1: none; how many links there are, -1: not all had room, so that none counts;
#: whether the views are copies of those by people
USES, ROUNDS, JUDGEMENT, FORGETS, STATES, VALUES, VALUES_BY, VALUES_ROUND, TABLED, FACTS_END, EACH, LINKS, COPIED = (
    range(13)
)
STAMPS = 13

#: columns of ``Scratch.lasting``, which holds three lists side by side: what the rules will remember of the customer
#: (the STATE record's words 1 and 2, when they entered or LONG_AGO, the place of the record that says so until now or
#: -1, the rule); the values of a family with the newest instant of a fact of each; the round in which the customer's
#: i-th STATE record was found to go on
L_KEY, L_HELD, L_ENTERED, L_OLD, L_RULE, L_VALUE, L_NEWEST, L_TAKEN = range(8)
LASTING_WIDTH = 8

#: columns of ``Scratch.stack``: whether a part of a rule holds, and the earliest instant at which that may change
HOLDS, FLIP = range(2)
#: columns of ``Scratch.links``: a fact, and the link of the next younger one with the same name, or -1
LINK_FACT, LINK_NEXT = range(2)
#: columns of ``Scratch.flips``
RULE_FLIP, STATES_FROM, STATES_TO = range(3)


class Scratch(NamedTuple):
    """Facts of one row by source: the rows ``span[source, 0] : span[source, 1]`` of ``facts``, oldest first; of views
    and
    carts they are the records themselves, in the arena (of views copies, where machines were there, too: ``COPIED``).

    ``entries``, ``table``, ``lists``: joining orders and messages by name. ``results[m]``: measure m. ``times``: the
    newest instants of matching facts, each measure in its own part. ``mark[name]``: when a name was last seen.
    ``flips[i]``: of rule i, and of a family where its members begin and end in ``lasting``. ``bits``: the segments
    found. ``stamp``: counters. ``heads[chain, v]``: the first link of the v-th value of a family.
    """

    facts: NDArray[np.int64]
    span: NDArray[np.int64]
    entries: NDArray[np.int64]
    table: NDArray[np.int64]
    lists: NDArray[np.int64]
    results: NDArray[np.int64]
    times: NDArray[np.int64]
    mark: NDArray[np.int64]
    stack: NDArray[np.int64]
    flips: NDArray[np.int64]
    bits: NDArray[np.int64]
    stamp: NDArray[np.int64]
    lasting: NDArray[np.int64]
    heads: NDArray[np.int64]
    links: NDArray[np.int64]


def new_scratch(code: Code, bit_words: int, names: int, records: int) -> Scratch:
    """Scratch for rows of fewer than ``records`` records and dictionaries of at most ``names`` names."""

    def table(*shape: int) -> NDArray[np.int64]:
        return np.zeros(shape, np.int64)

    lasting, chains = records + 1 + most_states(code, records, names), len(code.chains)
    return Scratch(
        # a record is at most a message, an open and a click; and behind all there is room for those of one source
        facts=table(4 * records + 16, FACT_WIDTH),
        span=table(len(SOURCE_NAMES), 2),
        entries=table(records + 1, ENTRY_WIDTH),
        table=table(1 << max(4, (2 * records).bit_length())),
        lists=table(3, records + 1),
        results=table(len(code.measures) + profile_tests(code), 5),
        times=table(int(code.measures[:, TIMES_END].max(initial=0))),
        mark=table(names + 1),
        stack=table(len(code.nodes) + 2, 2),
        flips=table(len(code.rules), 3),
        bits=table(bit_words),
        stamp=table(STAMPS),
        lasting=table(lasting, LASTING_WIDTH),
        heads=table(chains, lasting),
        links=table(2 * chains * records + 16, 2),
    )


def profile_tests(code: Code) -> int:
    """How many conditions are about a profile property."""
    return int((code.conditions[:, C_KIND] > RATIO_COMPARE).sum())


def most_states(code: Code, records: int, names: int) -> int:
    """How many STATE records a row of so many records can come to: a fact has at most MOST_VALUES values."""
    return code.lasting + code.families * min(MOST_VALUES * records, names)
