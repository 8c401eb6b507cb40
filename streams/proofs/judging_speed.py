"""How long changed rules take for loaded customers: the kernel's own pass, and everything that a worker does.

All seconds are of CPU, of the one thread that works, so that other programs on the machine count less.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

from streams.engine.api import Checkpoint
from streams.engine.partition import Partition
from streams.engine.reasons import COUNT_OUT
from streams.rows.layout import NEVER
from streams.rules.compile import Program
from streams.worker.slices import Slices

Passed = Callable[[], None]


class Pass(NamedTuple):
    """One judgement of all customers under other rules; ``switch_s`` is what it took to take the rules up.

    ``changes``: the customers that entered or left something. ``rows`` and ``bytes``: what went to the changelog, and
    all that was to be written. ``longest_s``: the longest slice.
    """

    seconds: float
    switch_s: float
    changes: int
    rows: int = 0
    bytes: int = 0
    longest_s: float = 0.0


def kernel_pass(partitions: Sequence[Partition], program: Program, now_ms: int) -> Pass:
    """All rows in one call of the kernel a partition; what it finds is only counted, and forgotten."""
    switch_s = _switch(partitions, program, now_ms)
    started = time.process_time()
    changes = sum(_judged(partition, now_ms) for partition in partitions)
    seconds = time.process_time() - started
    for partition in partitions:
        partition.take()
    return Pass(seconds, switch_s, changes)


def _judged(partition: Partition, now_ms: int) -> int:
    machine, changes = partition.machine, 0
    for found in machine.visit(0, now_ms, NEVER):
        changes += int(found.n[COUNT_OUT])
    return changes


def worker_pass(partitions: Sequence[Partition], program: Program, now_ms: int) -> Pass:
    """All rows as a worker judges them: in slices, the partitions in turn, with the change records and the rows of a
    checkpoint after each slice."""
    switch_s = _switch(partitions, program, now_ms)
    slices, longest_s, counted_s = Slices(), 0.0, 0.0
    written = Counter[str]()
    started = time.process_time()
    left = list(partitions)
    while left:
        for partition in list(left):
            before = time.process_time()
            more = partition.advance(now_ms, slices.most)
            after = time.process_time()
            if more:
                slices.took(after - before)
            else:
                left.remove(partition)
            longest_s = max(longest_s, after - before)
            taken, taken_at = partition.take(), time.process_time()
            written += _written(taken)
            counted_s += time.process_time() - taken_at
    seconds = time.process_time() - started - counted_s
    return Pass(seconds, switch_s, written["changes"], written["rows"], written["bytes"], longest_s)


def _written(taken: Checkpoint) -> Counter[str]:
    size = sum(len(value or b"") for pairs in (taken.changes, taken.rows) for _, value in pairs)
    return Counter(changes=len(taken.changes), rows=len(taken.rows), bytes=size)


def _switch(partitions: Sequence[Partition], program: Program, now_ms: int) -> float:
    started = time.process_time()
    for partition in partitions:
        partition.switch(program, now_ms)
    return time.process_time() - started


def compared(
    partitions: Sequence[Partition], before: Program, after: Program, now_ms: int, rounds: int, passed: Passed
) -> tuple[list[Pass], list[Pass]]:
    """The kernel's and the worker's passes from the rules ``before`` to those ``after``, in turn, so many of each.

    The customers are under the rules ``before`` at the start; ``passed`` is called after each pass.
    """
    kernel, worker = [], []
    for _ in range(rounds):
        kernel.append(kernel_pass(partitions, after, now_ms))
        passed()
        kernel_pass(partitions, before, now_ms)
        passed()
        worker.append(worker_pass(partitions, after, now_ms))
        passed()
        kernel_pass(partitions, before, now_ms)
        passed()
    return kernel, worker
