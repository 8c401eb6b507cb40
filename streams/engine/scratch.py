"""Working memory of one judgement; made once a partition and used again for every row."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.rows.layout import plain
from streams.rules.code import FACT_WIDTH, SOURCE_NAMES, TIMES_END, Code

#: columns of ``Scratch.entries``: what an order or a message comes to, collected over its events
E_KEY, E_AT, E_CONTENT, E_BACK, E_WHOLE = map(plain, range(5))
E_OPENED, E_CLICKED, E_BOUNCED, E_FIRST, E_SECOND = map(plain, range(2, 7))
ENTRY_WIDTH = 7

#: columns of ``Scratch.results``: a measure is VALUE / DIVISOR (0: undefined); how many facts match; the earliest
#: instant at which the set of facts behind it changes with no event; the judgement for which all this was found
VALUE, DIVISOR, FOUND, CHANGE, JUDGEMENT = range(5)

#: entries of ``Scratch.stamp``: uses of the marks and the table, judgements, and when the first order is forgotten that
#: a refund refers to
USES, JUDGEMENTS, FORGETS = range(3)

#: columns of ``Scratch.stack``: whether a part of a rule holds, and the earliest instant at which that may change
HOLDS, FLIP = range(2)


class Scratch(NamedTuple):
    """Facts of one row by source: the rows ``span[source, 0] : span[source, 1]`` of ``facts``, oldest first; of views
    and
    carts they are the records themselves, in the arena.

    ``entries``, ``table``, ``lists``: joining orders and messages by name. ``results[m]``: measure m. ``times``: the
    newest instants of matching facts, each measure in its own part. ``mark[name]``: when a name was last seen.
    ``flips[i]``: of rule i. ``bits``: the segments found. ``stamp``: counters of uses of the marks and the table, and
    of judgements.
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


def new_scratch(code: Code, bit_words: int, names: int, records: int) -> Scratch:
    """Scratch for rows of fewer than ``records`` records and dictionaries of at most ``names`` names."""

    def table(*shape: int) -> NDArray[np.int64]:
        return np.zeros(shape, np.int64)

    return Scratch(
        facts=table(3 * records + 16, FACT_WIDTH),  # a record is at most a message, an open and a click
        span=table(len(SOURCE_NAMES), 2),
        entries=table(records + 1, ENTRY_WIDTH),
        table=table(1 << max(4, (2 * records).bit_length())),
        lists=table(3, records + 1),
        results=table(len(code.measures), 5),
        times=table(int(code.measures[:, TIMES_END].max(initial=0))),
        mark=table(names + 1),
        stack=table(len(code.nodes) + 2, 2),
        flips=table(len(code.rules)),
        bits=table(bit_words),
        stamp=table(3),
    )
