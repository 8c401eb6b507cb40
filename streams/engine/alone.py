"""A machine with one customer of a partition alone, to look at their course; nothing of the partition changes."""

from __future__ import annotations

from collections.abc import Sequence

from streams.engine.machine import Machine
from streams.engine.partition import Partition
from streams.rows.arena import COUNTS, KNOWN, OFF, ROOM, ROW_FLAGS, SIZE, SWITCHED, TAIL, new_rows
from streams.rows.layout import G_STATE
from streams.rules.compile import Program, bit_words


def anew(partition: Partition, row: int, program: Program) -> Machine:
    """With their facts under any rules, before the first of them: nothing was judged, nothing is remembered."""
    head = partition.machine.rows.head[row]
    machine = _bound(partition, program, int(head[SIZE]))
    mine = machine.rows.head[0]
    mine[COUNTS : COUNTS + G_STATE] = head[COUNTS : COUNTS + G_STATE]
    mine[[KNOWN, ROW_FLAGS]] = head[[KNOWN, ROW_FLAGS]]
    machine.rows.due[0] = head[KNOWN]
    _lay(machine, partition, row, int(head[SIZE] - head[COUNTS + G_STATE]))
    return machine


def as_published(partition: Partition, row: int) -> Machine:
    """As they are under the partition's rules: with what was published and what is remembered."""
    live = partition.machine
    size = int(live.rows.head[row, SIZE])
    machine = _bound(partition, live.program, size, live.segments[len(live.program.names) :])
    machine.rows.head[0] = live.rows.head[row]
    machine.rows.due[0] = live.rows.due[row]
    machine.rows.stat[SWITCHED] = live.rows.stat[SWITCHED]
    _lay(machine, partition, row, size)
    return machine


def _bound(partition: Partition, program: Program, size: int, gone: Sequence[str] = ()) -> Machine:
    """A machine with the partition's names and room for one customer of so many records, and more to remember."""
    machine = Machine(program)
    machine.names = partition.machine.names
    machine.bind(gone)
    machine.rows = new_rows(bit_words(len(machine.segments)), 1, 4 * size + 4096)
    machine.customers = 1
    return machine


def _lay(machine: Machine, partition: Partition, row: int, size: int) -> None:
    """Lays the first ``size`` records of the row into the machine."""
    live, rows = partition.machine.rows, machine.rows
    start = int(live.head[row, OFF])
    rows.words[:size] = live.words[start : start + size]
    rows.head[0, [OFF, SIZE, ROOM]] = 0, size, size
    rows.stat[TAIL] = size
    machine.fit(size)
