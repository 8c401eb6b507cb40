"""What a rule remembers of a customer from one judgement to the next: ``for``, ``keep_for``, members of families.

Compiled. A judgement only reads the STATE records of the row and collects those to come in ``Scratch.lasting``;
``keep_states`` puts them into the row.
"""

from __future__ import annotations

from streams.engine.joining import FEW, new_stamp
from streams.engine.scratch import (
    FLIP,
    HOLDS,
    JUDGEMENT,
    L_ENTERED,
    L_HELD,
    L_KEY,
    L_NEWEST,
    L_OLD,
    L_RULE,
    L_TAKEN,
    L_VALUE,
    MOST_VALUES,
    STATES,
    TABLED,
    Scratch,
)
from streams.rows.arena import BITS, COUNTS, GARBAGE, OFF, ROOM, SIZE, TAIL, Rows
from streams.rows.compiled import compiled, inlined
from streams.rows.layout import (
    AT_SHIFT,
    FLAG_SHIFT,
    G_STATE,
    LONG_AGO,
    MEMBER,
    NAME_MASK,
    STATE,
    WORDS,
    plain,
)
from streams.rows.places import states_start
from streams.rules.code import EVERYONE, FAMILY, FOR, KEEP_FOR, RULE_NAME, SLOT, Code

NONE, NOWHERE, NEVER_ENTERED = plain(0), plain(-1), plain(LONG_AGO)


@inlined
def most_new_states(rows: Rows, r: int, more: int, code: Code, s: Scratch) -> int:
    """How many STATE records row r can come to with so many more records."""
    if code.families == 0:
        return code.lasting
    return code.lasting + code.families * min(MOST_VALUES * (rows.head[r, SIZE] + more), s.mark.shape[0])


@inlined
def room_to_remember(rows: Rows, r: int, more: int, code: Code, s: Scratch) -> bool:
    """Whether scratch and arena have room for row r with so many more records and whatever is to be remembered."""
    size = rows.head[r, SIZE] + more
    if size >= s.entries.shape[0]:
        return False
    if code.families == 0 and code.lasting == 0:
        return True
    # twice, as folding may move the row before it is moved for its states, and a quarter for growth each time
    most = size + most_new_states(rows, r, more, code, s)
    return rows.stat[TAIL] + 2 * (most + (most >> 2) + 2) <= rows.words.shape[0]


@compiled
def begin_states(rows: Rows, r: int, s: Scratch) -> None:
    """Make the STATE records of row r ready to be looked up."""
    s.stamp[STATES] = 0
    s.stamp[TABLED] = 0
    if rows.head[r, COUNTS + G_STATE] <= FEW:
        return
    stamp = s.stamp[TABLED] = new_stamp(s)
    mask = s.table.shape[0] - 1
    for j in range(states_start(rows, r), rows.head[r, OFF] + rows.head[r, SIZE]):
        key = rows.words[j, 1]
        slot = (key ^ (key >> 31)) & mask
        while s.table[slot] >> 32 == stamp:
            slot = (slot + 1) & mask
        s.table[slot] = stamp << 32 | (j - states_start(rows, r))


@compiled
def old_state(rows: Rows, r: int, s: Scratch, key: int) -> int:
    """Where in the arena the row's STATE record of that word 1 lies, or -1."""
    start = states_start(rows, r)
    stamp = s.stamp[TABLED]
    if stamp == 0:
        for j in range(start, rows.head[r, OFF] + rows.head[r, SIZE]):
            if rows.words[j, 1] == key:
                return j
        return NOWHERE
    mask = s.table.shape[0] - 1
    slot = (key ^ (key >> 31)) & mask
    while s.table[slot] >> 32 == stamp:
        j = start + (s.table[slot] & 0xFFFFFFFF)
        if rows.words[j, 1] == key:
            return j
        slot = (slot + 1) & mask
    return NOWHERE


@inlined
def is_member(rows: Rows, j: int) -> bool:
    """Whether the STATE record at j says that the customer is in the segment; -1: there is none."""
    return j >= 0 and rows.words[j, 0] >> FLAG_SHIFT & MEMBER != 0


@compiled
def remember(rows: Rows, r: int, code: Code, s: Scratch, i: int, v: int, t: int, shut: bool) -> None:
    """From whether ``when`` of rule i holds at t, on the stack, to whether the customer is in its segment; of a family
    that of value v. ``shut``: they may not be mailed."""
    family, slot = code.rules[i, FAMILY] != 0, code.rules[i, SLOT]
    key = code.rules[i, RULE_NAME] << 32 | (s.lasting[v, L_VALUE] if family else NONE)
    old = old_state(rows, r, s, key)
    held = entered = NEVER_ENTERED
    if old >= 0:
        held = rows.words[old, 2]
        if is_member(rows, old):
            entered = rows.words[old, 0] >> AT_SHIFT
    if slot >= 0:  # what was published is the bit; the state may be that of an older rule, or not be there yet
        if rows.head[r, BITS + (slot >> 6)] >> (slot & 63) & 1 == 0:
            entered = NEVER_ENTERED
        elif entered == LONG_AGO:
            entered = t
    true, flip = s.stack[0, HOLDS] != 0, s.stack[0, FLIP]
    if family:  # with its last fact the value goes, and the segment with it
        flip = min(flip, s.lasting[v, L_NEWEST] + code.retention_ms)
    if not true:
        held = NEVER_ENTERED
    elif held == LONG_AGO:
        held = t
    leaves_at, enters_at = entered + code.rules[i, KEEP_FOR], held + code.rules[i, FOR]
    stays = entered != LONG_AGO and (true or t < leaves_at)
    member = (not shut or code.rules[i, EVERYONE] != 0) and (stays or (true and t >= enters_at))
    if not member:
        entered = NEVER_ENTERED
    elif entered == LONG_AGO:
        entered = t
    if member and not true:
        flip = min(flip, leaves_at)
    if true and enters_at > t:
        flip = min(flip, enters_at)
    s.stack[0, HOLDS], s.stack[0, FLIP] = member, flip
    if code.rules[i, FOR] == 0:
        held = NEVER_ENTERED
    if entered != LONG_AGO or held != LONG_AGO:
        put_state(s, key, held, entered, old, i)
        if old >= 0:
            s.lasting[old - states_start(rows, r), L_TAKEN] = s.stamp[JUDGEMENT]


@inlined
def put_state(s: Scratch, key: int, held: int, entered: int, old: int, i: int) -> None:
    """One more state to be remembered."""
    n = s.stamp[STATES]
    s.lasting[n, L_KEY] = key
    s.lasting[n, L_HELD] = held
    s.lasting[n, L_ENTERED] = entered
    s.lasting[n, L_OLD] = old
    s.lasting[n, L_RULE] = i
    s.stamp[STATES] = n + 1


@compiled
def is_family_member(s: Scratch, begin: int, end: int, value: int) -> bool:
    """Whether one of the states begin:end, those of one family, is that of a member: of a value, or 0: of any."""
    for n in range(begin, end):
        if s.lasting[n, L_ENTERED] != LONG_AGO and (value == 0 or s.lasting[n, L_KEY] & NAME_MASK == value):
            return True
    return False


@compiled
def members_differ(rows: Rows, r: int, s: Scratch) -> bool:
    """Whether the members of families just found differ from those of the row."""
    for n in range(s.stamp[STATES]):
        now = s.lasting[n, L_ENTERED] != LONG_AGO
        if s.lasting[n, L_KEY] & NAME_MASK != 0 and now != is_member(rows, s.lasting[n, L_OLD]):
            return True
    start = states_start(rows, r)
    for j in range(rows.head[r, COUNTS + G_STATE]):
        if was_dropped(rows, s, start, j):
            return True
    return False


@inlined
def was_dropped(rows: Rows, s: Scratch, start: int, j: int) -> bool:
    """Whether the row's j-th state is that of a member of a family of whom nothing is to be remembered any more."""
    family = rows.words[start + j, 1] & NAME_MASK != 0
    return family and is_member(rows, start + j) and s.lasting[j, L_TAKEN] != s.stamp[JUDGEMENT]


@inlined
def state_word0(s: Scratch, n: int) -> int:
    """Word 0 of the record of state n."""
    entered = s.lasting[n, L_ENTERED]
    return STATE if entered == LONG_AGO else entered << AT_SHIFT | MEMBER << FLAG_SHIFT | STATE


@compiled
def keep_states(rows: Rows, r: int, s: Scratch) -> bool:
    """Put the states found into row r; whether they differ from those that were there."""
    start, have, n = states_start(rows, r), rows.head[r, COUNTS + G_STATE], s.stamp[STATES]
    same = n == have
    for i in range(n):
        if not same:
            break
        j = start + i
        same = rows.words[j, 0] == state_word0(s, i) and rows.words[j, 1] == s.lasting[i, L_KEY]
        same = same and rows.words[j, 2] == s.lasting[i, L_HELD]
    if same:
        return False
    said = rows.head[r, SIZE] - have
    if said + n > rows.head[r, ROOM]:
        move_to_tail(rows, r, said, n)
        start = rows.head[r, OFF] + said
    for i in range(n):
        rows.words[start + i, 0] = state_word0(s, i)
        rows.words[start + i, 1] = s.lasting[i, L_KEY]
        rows.words[start + i, 2] = s.lasting[i, L_HELD]
        rows.words[start + i, 3] = 0
        rows.words[start + i, 4] = 0
    rows.head[r, SIZE] = said + n
    rows.head[r, COUNTS + G_STATE] = n
    return True


@compiled
def move_to_tail(rows: Rows, r: int, said: int, n: int) -> None:
    """Move what events said to the end of the arena, where there is room for n states behind it."""
    room, tail, old = said + n + ((said + n) >> 2) + 1, rows.stat[TAIL], rows.head[r, OFF]
    for i in range(said):
        for w in range(WORDS):
            rows.words[tail + i, w] = rows.words[old + i, w]
    rows.stat[GARBAGE] += rows.head[r, ROOM]
    rows.stat[TAIL] = tail + room
    rows.head[r, OFF], rows.head[r, ROOM] = tail, room
