"""One step: events into rows, judged at each instant in order, also at boundaries that passed before it. Compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.engine.judge import explain, judge
from streams.engine.scratch import DIVISOR, VALUE, Scratch
from streams.rows.arena import BITS, CLOCK, DIRTY, EVALUATED, KNOWN, NEXT_DUE, OFF, SIZE, Rows
from streams.rows.batch import B_AT, B_END, B_FIRST, B_REST, B_REST_END, B_ROW, Batch
from streams.rows.compiled import compiled, entry, spliced
from streams.rows.fold import CONFLICT, DUPLICATE, FORGOTTEN, fold_event, reserve
from streams.rows.layout import AT_SHIFT, NEVER
from streams.rules.code import Code

#: why ``fold_batch`` came back before the end of its events
DONE, OUT_FULL, ROWS_FULL, UNDECIDED = range(4)

#: causes of a change that are not an event of the batch
BY_TIME, BY_RULES = -1, -2
#: a change by an event that lay in the row already, for its time to come: this number minus its place in the arena
BY_WAITING = -3

#: entries of ``Changes.n``
COUNT_OUT, PENDING, LAST_EVENT, DUPLICATES = range(4)


#: columns of ``Changes.heads``: row, instant, the event of the batch or a BY_… number, whether the customer was erased
O_ROW, O_AT, O_CAUSE, O_ERASED = range(4)


class Changes(NamedTuple):
    """Changes of memberships, ``n[COUNT_OUT]`` of them: segments before and after, one bit each, and the measures'
    quotients."""

    heads: NDArray[np.int64]
    before: NDArray[np.int64]
    after: NDArray[np.int64]
    value: NDArray[np.int64]
    n: NDArray[np.int64]


def new_changes(code: Code, bit_words: int, room: int = 4096) -> Changes:
    """Room for so many changes."""
    return Changes(
        np.zeros((room, 4), np.int64),
        np.zeros((room, bit_words), np.int64),
        np.zeros((room, bit_words), np.int64),
        np.zeros((room, len(code.measures), 2), np.int64),
        np.zeros(4, np.int64),
    )


class Times(NamedTuple):
    """``wall``: 1, or 0 where events are the clock; ``now`` the instant; ``late`` the newest instant that is
    history."""

    wall: int
    now: int
    late: int
    max_facts: int


class Visit(NamedTuple):
    """Rows to judge, of so many customers at most ``most``: at their boundaries up to ``clock_ms``, or with ``anew``
    all of
    them, under changed rules, once, at their own latest instant or at ``clock_ms`` where that is later."""

    customers: int
    clock_ms: int
    most: int
    anew: int


@compiled
def waiting_at(rows: Rows, r: int, t: int) -> int:
    """The cause of a change at t: BY_WAITING of an event of that very instant, else BY_TIME."""
    for i in range(rows.head[r, OFF], rows.head[r, OFF] + rows.head[r, SIZE]):
        if rows.words[i, 0] >> AT_SHIFT == t:
            return BY_WAITING - i
    return BY_TIME


@spliced
def emit(rows: Rows, r: int, code: Code, s: Scratch, t: int, cause: int, erased: int, out: Changes) -> None:
    """Write down a change if the segments found differ from those published, or if the customer was erased."""
    same = True
    for w in range(s.bits.shape[0]):
        same = same and s.bits[w] == rows.head[r, BITS + w]
    if same and erased == 0:
        return
    explain(rows, r, code, s, t, erased)
    n = out.n[COUNT_OUT]
    out.heads[n, O_ROW] = r
    out.heads[n, O_AT] = t
    out.heads[n, O_CAUSE] = waiting_at(rows, r, t) if cause == BY_TIME else cause
    out.heads[n, O_ERASED] = erased
    for w in range(s.bits.shape[0]):
        out.before[n, w] = rows.head[r, BITS + w]
        out.after[n, w] = s.bits[w]
        rows.head[r, BITS + w] = s.bits[w]
    for m in range(s.results.shape[0]):
        out.value[n, m, 0] = s.results[m, VALUE]
        out.value[n, m, 1] = s.results[m, DIVISOR]
    out.n[COUNT_OUT] = n + 1
    rows.head[r, DIRTY] = 1


@compiled
def settle(rows: Rows, r: int, code: Code, s: Scratch, t: int, cause: int, erased: int, out: Changes) -> None:
    """Judge row r at t, set its next boundary, write down a change."""
    if t > rows.head[r, EVALUATED]:
        rows.head[r, EVALUATED] = t
        rows.head[r, DIRTY] = 1
    rows.due[r] = judge(rows, r, code, s, t)
    rows.stat[NEXT_DUE] = min(rows.stat[NEXT_DUE], rows.due[r])
    emit(rows, r, code, s, t, cause, erased, out)


@spliced
def catch_up(rows: Rows, r: int, code: Code, s: Scratch, until_ms: int, out: Changes) -> bool:
    """Judge row r at its boundaries before an instant; False where there is no room for more changes."""
    while rows.due[r] < until_ms:
        if out.n[COUNT_OUT] >= out.heads.shape[0] - 1:
            return False
        # plain integers: a literal argument would have the whole judgement compiled a second time
        settle(rows, r, code, s, rows.due[r], np.int64(BY_TIME), np.int64(0), out)
    return True


@compiled
def waited(out: Changes, first: int) -> bool:
    """Whether one of the changes from the first on is by an event that waited."""
    for n in range(first, out.n[COUNT_OUT]):
        if out.heads[n, O_CAUSE] <= BY_WAITING:
            return True
    return False


@spliced
def group_end(batch: Batch, order: np.ndarray, i: int, times: Times) -> int:
    """The end of the events from place i on that are one step: same customer and instant, or history of the
    customer."""
    first = order[i]
    j = i + 1
    history = times.wall != 0 and batch.events[first, B_AT] <= times.late
    while j < order.shape[0] and batch.events[order[j], B_ROW] == batch.events[first, B_ROW]:
        at = batch.events[order[j], B_AT]
        if at != batch.events[first, B_AT] and not (history and at <= times.late):
            break
        j += 1
    return j


@spliced
def make_room(rows: Rows, r: int, batch: Batch, order: np.ndarray, i: int, j: int, code: Code, s: Scratch) -> bool:
    """Room in row r and in the scratch for the events of places i:j; False where arrays must grow first."""
    more = np.int64(0)
    for k in range(i, j):
        e = order[k]
        more += batch.events[e, B_END] - batch.events[e, B_FIRST]
        more += batch.events[e, B_REST_END] - batch.events[e, B_REST]
    return rows.head[r, SIZE] + more < s.entries.shape[0] and reserve(rows, r, more, code.retention_ms)


@spliced
def fold_group(rows: Rows, r: int, batch: Batch, order: np.ndarray, i: int, j: int, times: Times, out: Changes) -> int:
    """Fold the events of places i:j into row r. Returns CONFLICT, else whether one was an erase (FORGOTTEN), changed
    the row
    (1 + its number), or none did (0)."""
    changed, erased = out.n[PENDING], False
    for k in range(i, j):
        e = order[k]
        said = fold_event(rows, r, batch, e, times.max_facts)
        if said == CONFLICT:
            out.n[PENDING] = changed
            out.n[LAST_EVENT] = e
            return -CONFLICT
        if said == DUPLICATE:
            out.n[DUPLICATES] += 1
        else:
            changed = e + 1
            erased = erased or said == FORGOTTEN
    out.n[PENDING] = 0
    return -FORGOTTEN if erased else changed


@spliced
def fold_events(
    rows: Rows, code: Code, s: Scratch, batch: Batch, order: np.ndarray, i: int, times: Times, out: Changes
) -> tuple[int, int]:
    """Fold and judge the events from place i of ``order`` on, which is sorted by row and instant.

    Returns the place where it stopped and why: all done, no more room for changes or for records, or an event to decide
    on (``out.n[LAST_EVENT]``); it goes on from that place.
    """
    while i < order.shape[0]:
        e = order[i]
        r, at = batch.events[e, B_ROW], batch.events[e, B_AT]
        j = group_end(batch, order, i, times)
        if not make_room(rows, r, batch, order, i, j, code, s):
            return i, ROWS_FULL
        history = times.wall != 0 and at <= times.late
        waits = times.wall != 0 and at > times.now and at > rows.head[r, EVALUATED]
        if out.n[COUNT_OUT] >= out.heads.shape[0] - 1:
            return i, OUT_FULL
        told = out.n[COUNT_OUT]
        if not (history or waits) and not catch_up(rows, r, code, s, at, out):
            return i, OUT_FULL
        if waited(out, told):  # who waited is known by the place in the arena, so it is read before anything moves
            return i, OUT_FULL
        changed = fold_group(rows, r, batch, order, i, j, times, out)
        if changed == -CONFLICT:
            return i, UNDECIDED
        rows.stat[CLOCK] = max(rows.stat[CLOCK], at)
        erased = np.int64(changed == -FORGOTTEN)
        if changed != 0:
            rows.head[r, DIRTY] = 1
        if waits and erased == 0:
            if changed > 0:
                rows.due[r] = min(rows.due[r], at)
                rows.stat[NEXT_DUE] = min(rows.stat[NEXT_DUE], at)
        elif changed != 0:
            instant = times.now if history or waits else at
            cause = e if erased != 0 else changed - 1
            settle(rows, r, code, s, max(rows.head[r, EVALUATED], instant), cause, erased, out)
        i = j
    return i, DONE


@spliced
def visit_rows(rows: Rows, code: Code, s: Scratch, start: int, visit: Visit, out: Changes) -> int:
    """Judge rows from ``start`` on.

    Returns the row to go on with, or ``visit.customers`` when all are done; then ``stat[NEXT_DUE]`` is exact.
    """
    customers, clock_ms, most, anew = visit.customers, visit.clock_ms, visit.most, visit.anew
    if anew == 0 and start == 0 and rows.stat[NEXT_DUE] > clock_ms:
        return customers
    visited = 0
    for r in range(start, customers):
        if rows.due[r] > clock_ms and (anew == 0 or rows.head[r, KNOWN] == NEVER):
            continue
        if visited >= most or out.n[COUNT_OUT] >= out.heads.shape[0] - 1:
            return r
        if anew != 0:
            settle(rows, r, code, s, max(rows.head[r, EVALUATED], clock_ms), np.int64(BY_RULES), np.int64(0), out)
        elif not catch_up(rows, r, code, s, clock_ms + 1, out):
            return r
        visited += 1
    due = NEVER
    for r in range(customers):
        due = min(due, rows.due[r])
    rows.stat[NEXT_DUE] = due
    return customers


@entry
def run(
    rows: Rows,
    code: Code,
    s: Scratch,
    batch: Batch,
    order: np.ndarray,
    place: int,
    times: Times,
    visit: Visit,
    out: Changes,
) -> tuple[int, int]:
    """``fold_events`` from ``place`` on, or where ``visit.customers`` is not 0 ``visit_rows`` from that row on.

    One entry for both, as each would hold the judgement's code once more and compile as long.
    """
    if visit.customers > 0:
        return visit_rows(rows, code, s, place, visit, out), DONE
    return fold_events(rows, code, s, batch, order, place, times, out)
