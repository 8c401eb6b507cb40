"""One step: events into rows, judged at each instant in order, also at boundaries that passed before it. Compiled."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from streams.engine.judge import judge
from streams.engine.lasting import keep_states, members_differ, room_to_remember
from streams.engine.reasons import (
    ASKING,
    COUNT_OUT,
    DUPLICATES,
    ERASED,
    FOR_CHANGES,
    LAST_EVENT,
    LOOKING,
    MEMBERS_OUT,
    O_AT,
    O_CAUSE,
    O_MEMBERS,
    O_MEMBERS_END,
    O_MODE,
    O_ROW,
    PENDING,
    Changes,
    copy_results,
    explain,
    list_members,
    room_to_tell,
)
from streams.engine.scratch import Scratch
from streams.engine.traffic import count_machine
from streams.rows.arena import BITS, CLOCK, DIRTY, EVALUATED, KNOWN, NEXT_DUE, OFF, SIZE, SWITCHED, Rows
from streams.rows.batch import B_AT, B_END, B_FIRST, B_REST, B_REST_END, B_ROW, Batch
from streams.rows.compiled import compiled, entry, spliced
from streams.rows.fold import CONFLICT, DUPLICATE, FOLDED, FORGOTTEN, fold_event, reserve
from streams.rows.layout import AT_SHIFT, NEVER, STALE
from streams.rows.places import facts_end
from streams.rules.code import Code

#: why ``run`` came back before its end: no more room for changes, for records or for states, or an event to decide on
DONE, OUT_FULL, ROWS_FULL, UNDECIDED = range(4)

#: records of a row that is judged as fast as most are
USUAL_RECORDS = 16

#: causes of a change that are not an event of the batch
BY_TIME, BY_RULES = -1, -2
#: a change by an event that lay in the row already, for its time to come: this number minus its place in the arena
BY_WAITING = -3


class Times(NamedTuple):
    """``wall``: 1, or 0 where events are the clock; ``now`` the instant; ``late`` the newest instant that is
    history."""

    wall: int
    now: int
    late: int
    max_facts: int


class Visit(NamedTuple):
    """Rows to judge, of so many customers at most ``most``, of whom one counts for more with many facts: at their
    boundaries up to ``clock_ms``, those that are STALE at ``stat[SWITCHED]`` first; or in a mode other than FOR_CHANGES
    each once, at their own latest instant or at ``clock_ms`` where that is later."""

    customers: int
    clock_ms: int
    most: int
    mode: int


@compiled
def waiting_at(rows: Rows, r: int, t: int) -> int:
    """The cause of a change at t: BY_WAITING of an event of that very instant, else BY_TIME."""
    for i in range(rows.head[r, OFF], facts_end(rows, r)):
        if rows.words[i, 0] >> AT_SHIFT == t:
            return BY_WAITING - i
    return BY_TIME


@spliced
def emit(rows: Rows, r: int, code: Code, s: Scratch, t: int, cause: int, mode: int, out: Changes) -> None:
    """Write down a change if the segments found differ from those published, or if the customer was erased."""
    same = mode != ERASED and mode != ASKING
    for w in range(s.bits.shape[0]):
        same = same and s.bits[w] == rows.head[r, BITS + w]
    if same and not members_differ(rows, r, s):
        return
    n = out.n[COUNT_OUT]
    if mode != LOOKING:
        explain(rows, r, code, s, t, mode)
        copy_results(s, out.value, n)
    out.heads[n, O_ROW] = r
    out.heads[n, O_AT] = t
    out.heads[n, O_CAUSE] = waiting_at(rows, r, t) if cause == BY_TIME else cause
    out.heads[n, O_MODE] = mode
    out.heads[n, O_MEMBERS] = out.n[MEMBERS_OUT]
    list_members(rows, r, code, s, t, mode, out)
    out.heads[n, O_MEMBERS_END] = out.n[MEMBERS_OUT]
    for w in range(s.bits.shape[0]):
        out.before[n, w] = rows.head[r, BITS + w]
        out.after[n, w] = s.bits[w]
        rows.head[r, BITS + w] = s.bits[w]
    out.n[COUNT_OUT] = n + 1
    rows.head[r, DIRTY] = 1


@compiled
def settle(rows: Rows, r: int, code: Code, s: Scratch, t: int, cause: int, mode: int, out: Changes) -> None:
    """Judge row r at t, set its next boundary, write down a change."""
    if t > rows.head[r, EVALUATED]:
        rows.head[r, EVALUATED] = t
        if cause != BY_RULES:  # else a new rule set would write every row
            rows.head[r, DIRTY] = 1
    rows.due[r] = judge(rows, r, code, s, t)
    rows.stat[NEXT_DUE] = min(rows.stat[NEXT_DUE], rows.due[r])
    emit(rows, r, code, s, t, cause, mode, out)
    if mode < LOOKING and keep_states(rows, r, s):
        rows.head[r, DIRTY] = 1


@spliced
def catch_up(rows: Rows, r: int, code: Code, s: Scratch, until_ms: int, out: Changes) -> bool:
    """Judge row r at its boundaries before an instant, under changed rules first; False where there is no room for more
    changes."""
    while rows.due[r] < until_ms:
        if not room_to_tell(rows, r, s, out):
            return False
        # plain integers: a literal argument would have the whole judgement compiled a second time
        at, cause = rows.due[r], np.int64(BY_TIME)
        if at == STALE:
            at, cause = max(rows.head[r, EVALUATED], rows.stat[SWITCHED]), np.int64(BY_RULES)
        settle(rows, r, code, s, at, cause, FOR_CHANGES, out)
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
    return room_to_remember(rows, r, more, code, s) and reserve(rows, r, more, code.retention_ms)


@spliced
def fold_group(
    rows: Rows, r: int, batch: Batch, order: np.ndarray, i: int, j: int, times: Times, code: Code, out: Changes
) -> int:
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
            if said == FOLDED:
                count_machine(rows, r, batch, e, code)
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
        if not room_to_remember(rows, r, 0, code, s):
            return i, ROWS_FULL
        history = times.wall != 0 and at <= times.late
        waits = times.wall != 0 and at > times.now and at > rows.head[r, EVALUATED]
        if not room_to_tell(rows, r, s, out):
            return i, OUT_FULL
        told = out.n[COUNT_OUT]
        if not catch_up(rows, r, code, s, STALE + 1 if history or waits else at, out):
            return i, OUT_FULL
        if waited(out, told):  # who waited is known by the place in the arena, so it is read before anything moves
            return i, OUT_FULL
        if not make_room(rows, r, batch, order, i, j, code, s):  # last, as catching up may have used the row's room
            return i, ROWS_FULL
        changed = fold_group(rows, r, batch, order, i, j, times, code, out)
        if changed == -CONFLICT:
            return i, UNDECIDED
        rows.stat[CLOCK] = max(rows.stat[CLOCK], at)
        mode = ERASED if changed == -FORGOTTEN else FOR_CHANGES
        if changed != 0:
            rows.head[r, DIRTY] = 1
        if waits and mode != ERASED:
            if changed > 0:
                rows.due[r] = min(rows.due[r], at)
                rows.stat[NEXT_DUE] = min(rows.stat[NEXT_DUE], at)
        elif changed != 0:
            instant = times.now if history or waits else at
            cause = e if mode == ERASED else changed - 1
            settle(rows, r, code, s, max(rows.head[r, EVALUATED], instant), cause, mode, out)
        i = j
    return i, DONE


@spliced
def visit_rows(rows: Rows, code: Code, s: Scratch, start: int, visit: Visit, out: Changes) -> tuple[int, int]:
    """Judge rows from ``start`` on.

    Returns the row to go on with, or ``visit.customers`` when all are done, and why; then ``stat[NEXT_DUE]`` is exact.
    """
    customers, clock_ms = visit.customers, visit.clock_ms
    looking = visit.mode != FOR_CHANGES
    if not looking and start == 0 and rows.stat[NEXT_DUE] > clock_ms:
        return customers, DONE
    visited = 0
    for r in range(start, customers):
        if (not looking and rows.due[r] > clock_ms) or (looking and rows.head[r, KNOWN] == NEVER):
            continue
        work = 1 + rows.head[r, SIZE] // USUAL_RECORDS
        if visited > 0 and visited + work > visit.most:
            return r, DONE
        if not room_to_remember(rows, r, 0, code, s):
            return r, ROWS_FULL
        if not room_to_tell(rows, r, s, out):
            return r, OUT_FULL
        if looking:
            settle(rows, r, code, s, max(rows.head[r, EVALUATED], clock_ms), np.int64(BY_RULES), visit.mode, out)
        elif not catch_up(rows, r, code, s, clock_ms + 1, out):
            return r, OUT_FULL
        visited += work
    due = NEVER
    for r in range(customers):
        due = min(due, rows.due[r])
    rows.stat[NEXT_DUE] = due
    return customers, DONE


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
        return visit_rows(rows, code, s, place, visit, out)
    return fold_events(rows, code, s, batch, order, place, times, out)
