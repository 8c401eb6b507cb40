"""What a change says beside itself: the values behind it, and the members of families. Compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.engine.conditions import property_at
from streams.engine.families import bind_each
from streams.engine.lasting import is_member, was_dropped
from streams.engine.measures import measure_exactly
from streams.engine.scratch import DIVISOR, L_ENTERED, L_KEY, L_OLD, L_RULE, STATES, VALUE, Scratch
from streams.rows.arena import BITS, COUNTS, Rows
from streams.rows.compiled import compiled, spliced
from streams.rows.layout import G_STATE, LONG_AGO, NAME_MASK, plain
from streams.rows.places import states_start
from streams.rules.code import (
    ARGUMENT,
    C_KIND,
    FAMILY,
    NODE_CONDITION,
    NODE_OP,
    NODES,
    NODES_END,
    RATIO_COMPARE,
    RESULT,
    RULE_NAME,
    SLOT,
    SUBJECT,
    Code,
)

#: entries of ``Changes.n``
COUNT_OUT, PENDING, LAST_EVENT, DUPLICATES, MEMBERS_OUT, REASONS_OUT = range(6)
#: columns of ``Changes.heads``: row, instant, the event of the batch or a BY_… number, how it was judged (``MODES``),
#: and where the members of families begin and end
O_ROW, O_AT, O_CAUSE, O_MODE, O_MEMBERS, O_MEMBERS_END = range(6)
#: how a row is judged: for its changes, with their reasons; after an erasure, which is published as leaving all;
#: only looking, with no reasons and nothing put into the row; likewise, with all reasons whether it changed or not
FOR_CHANGES, ERASED, LOOKING, ASKING = map(plain, range(4))
#: columns of ``Changes.members``: word 1 of the STATE record; STAYS, ENTERED or EXITED; place in ``reasons`` or -1
O_KEY, O_KIND, O_REASON = range(3)
STAYS, ENTERED, EXITED = map(plain, range(3))
NO_REASON = plain(-1)


class Changes(NamedTuple):
    """Changes of memberships, ``n[COUNT_OUT]`` of them: segments before and after, one bit each.

    ``value``: dividend and divisor of each result (``Scratch.results``). ``members``: those of families, of whom those
    that entered or left have results of their own in ``reasons``.
    """

    heads: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    value: NDArray[np.int64]
    members: NDArray[np.int64]
    reasons: NDArray[np.int64]
    n: NDArray[np.int64]


def new_changes(scratch: Scratch, room: int = 4096) -> Changes:
    """Room for so many changes, and for those of a row with as many states as the scratch has room for."""
    results, bit_words = len(scratch.results), len(scratch.bits)
    return Changes(
        np.zeros((room, 6), np.int64),
        np.zeros((room, bit_words), np.int64),
        np.zeros((room, bit_words), np.int64),
        np.zeros((room, results, 2), np.int64),
        np.zeros((room + 4 * len(scratch.lasting), 3), np.int64),  # two changes of a row, of old and new states
        np.zeros((room, results, 2), np.int64),
        np.zeros(6, np.int64),
    )


@spliced
def room_to_tell(rows: Rows, r: int, s: Scratch, out: Changes) -> bool:
    """Whether there is room for two changes of row r."""
    if out.n[COUNT_OUT] + 2 > out.heads.shape[0] or 2 * out.n[REASONS_OUT] > out.reasons.shape[0]:
        return False
    if out.n[MEMBERS_OUT] == 0:
        return True
    return out.n[MEMBERS_OUT] + 2 * (s.lasting.shape[0] + rows.head[r, COUNTS + G_STATE]) <= out.members.shape[0]


@compiled
def explain_rule(rows: Rows, r: int, code: Code, s: Scratch, i: int, t: int) -> None:
    """Make the results behind rule i exact."""
    for node in range(code.rules[i, NODES], code.rules[i, NODES_END]):
        if code.nodes[node, NODE_OP] != NODE_CONDITION:
            continue
        c = code.nodes[node, ARGUMENT]
        if code.conditions[c, C_KIND] <= RATIO_COMPARE:
            measure_exactly(rows, code, s, code.conditions[c, SUBJECT], t)
        else:
            found = property_at(rows, r, code.conditions[c, SUBJECT], t)
            result = code.conditions[c, RESULT]
            s.results[result, DIVISOR] = found >= 0
            s.results[result, VALUE] = rows.words[found, 3] & NAME_MASK if found >= 0 else 0


@compiled
def explain(rows: Rows, r: int, code: Code, s: Scratch, t: int, mode: int) -> None:
    """Make the results exact behind the plain segments in which ``s.bits``, just found, differ from the published;
    after an erasure, which is published as leaving all, also behind all that hold."""
    for i in range(code.rules.shape[0]):
        slot = code.rules[i, SLOT]
        if slot < 0:
            continue
        changed = s.bits[slot >> 6] ^ rows.head[r, BITS + (slot >> 6)]
        if mode == ERASED:
            changed |= s.bits[slot >> 6]
        if mode == ASKING or changed >> (slot & 63) & 1:
            explain_rule(rows, r, code, s, i, t)


@compiled
def copy_results(s: Scratch, into: np.ndarray, place: int) -> None:
    """Dividends and divisors of all results."""
    for m in range(s.results.shape[0]):
        into[place, m, 0] = s.results[m, VALUE]
        into[place, m, 1] = s.results[m, DIVISOR]


@compiled
def put_member(
    rows: Rows, r: int, code: Code, s: Scratch, i: int, key: int, kind: int, t: int, mode: int, out: Changes
) -> None:
    """Write down one member of a family; i is the rule, or -1 where there is none any more."""
    n, reason = out.n[MEMBERS_OUT], out.n[REASONS_OUT]
    out.members[n, O_KEY] = key
    out.members[n, O_KIND] = kind
    out.members[n, O_REASON] = NO_REASON
    out.n[MEMBERS_OUT] = n + 1
    told = kind != STAYS or mode == ERASED
    if told and i >= 0 and mode != LOOKING and reason < out.reasons.shape[0]:
        bind_each(code, s, i, key & NAME_MASK)
        explain_rule(rows, r, code, s, i, t)
        copy_results(s, out.reasons, reason)
        out.members[n, O_REASON] = reason
        out.n[REASONS_OUT] = reason + 1


@compiled
def family_of(code: Code, name: int) -> int:
    """The rule of that name that makes a family, or -1."""
    for i in range(code.rules.shape[0]):
        if code.rules[i, RULE_NAME] == name and code.rules[i, FAMILY] != 0:
            return i
    return -1


@compiled
def list_members(rows: Rows, r: int, code: Code, s: Scratch, t: int, mode: int, out: Changes) -> None:
    """Write down the members of families: who stays, enters and leaves."""
    for n in range(s.stamp[STATES]):
        key, now, before = (
            s.lasting[n, L_KEY],
            s.lasting[n, L_ENTERED] != LONG_AGO,
            is_member(rows, s.lasting[n, L_OLD]),
        )
        if key & NAME_MASK != 0 and (now or before):
            kind = EXITED if not now else STAYS if before else ENTERED
            put_member(rows, r, code, s, s.lasting[n, L_RULE], key, kind, t, mode, out)
    start = states_start(rows, r)
    for j in range(rows.head[r, COUNTS + G_STATE]):
        if was_dropped(rows, s, start, j):
            key = rows.words[start + j, 1]
            put_member(rows, r, code, s, family_of(code, key >> 32), key, EXITED, t, mode, out)
