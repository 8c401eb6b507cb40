"""How speed goes with the number of customers, of their facts, of rules, and of partitions.

Measured in one process, on the partitions themselves: what a worker adds (fetching, transactions) is the same for an
event whatever these sizes are.
"""

from __future__ import annotations

import gc
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice

from streams.engine.api import Policy
from streams.engine.partition import Partition
from streams.proofs.bench.bench import Bench
from streams.proofs.bench.files import customers_with
from streams.proofs.bench.lab import PARTITIONS
from streams.proofs.bench.measured import Curve, Measured, Point, Result, Target
from streams.proofs.bench.shops import FACTS, next_events, shop_of
from streams.proofs.editions import Texts, texts_of
from streams.proofs.loaded_shop import Row
from streams.rules.compile import Program, compile_rules
from streams.rules.load import load_texts
from streams.worker.clock import WallClock

#: What is called flat: lesser differences mean little on a machine that others use, too.
FLAT = Target(0.75)
POLICY = Policy(clock="event")
#: Records of a partition that are folded at once, and records after which a checkpoint is taken.
CHUNK, CHECKPOINT = 4_000, 50_000
_MINUTES = {"m": 1, "h": 60, "d": 1_440, "w": 10_080}
_DURATION = re.compile(r"\b(\d+)([mhdw])\b")
#: Variants of a rule have so many hundredths of its durations.
_PARTS = (90, 75, 60, 45, 30)


@dataclass(frozen=True, slots=True)
class At:
    """A point: all the sizes."""

    customers: int
    rules: int
    facts: int = FACTS
    partitions: int = PARTITIONS

    def __str__(self) -> str:
        return f"{self.customers:,} customers, {self.facts} facts, {self.rules} rules, {self.partitions} partitions"


def measure(bench: Bench) -> Result:
    """A curve for each size, the others staying as they are, and a row that tells each curve's ends."""
    sizes = bench.sizes.growth
    base = At(sizes.customers[1], sizes.rules[0])
    plans = [
        ("customers", "customers", [replace(base, customers=one) for one in sizes.customers], sizes.customers),
        ("facts", "facts a customer", [replace(base, facts=one) for one in sizes.facts], sizes.facts),
        ("rules", "rules", [replace(base, rules=one) for one in sizes.rules], sizes.rules),
        ("partitions", "partitions", [replace(base, partitions=one) for one in sizes.partitions], sizes.partitions),
    ]
    known: dict[At, Point] = {}
    curves = []
    bench.say("growth: what is compiled at first use")
    _point(bench, replace(base, customers=min(sizes.customers)), _program(bench, base.rules))
    for name, label, points, values in plans:
        for at in points:
            if at not in known:
                bench.say(f"growth: {at}")
                known[at] = _point(bench, at, _program(bench, at.rules))
        curves.append(
            Curve(name, label, [known[at]._replace(size=value) for at, value in zip(points, values, strict=True)])
        )
    return Result([_row(curve) for curve in curves], curves)


def _row(curve: Curve) -> Measured:
    first, last = curve.points[0], curve.points[-1]
    costs = (f"{point.size:,}: {point.cpu_us:.1f} ({point.checkpoint_us:.1f})" for point in curve.points)
    note = f"µs of CPU an event (of these checkpoints): {', '.join(costs)}"
    what = f"growth, {last.size:,} ÷ {first.size:,} {curve.label}"
    target = FLAT if curve.name == "customers" else None
    return Measured(what, last.events_per_second, "events/s", f"{first.size:,}", first.events_per_second, target, note)


def _point(bench: Bench, at: At, program: Program) -> Point:
    now_ms = WallClock().now_ms()
    shop = shop_of(bench, at.customers, at.facts, now_ms, program, at.partitions, POLICY)
    partitions = shop.partitions(program, POLICY, now_ms)
    users = shop.users()
    del shop
    count = min(bench.sizes.growth.events, 4 * at.customers)
    lines = customers_with(bench.make_events, FACTS, bench.sizes.copied)
    homes = next_events(lines, users, at.customers + count, now_ms, at.facts, at.partitions)
    before = [len(rows) * at.customers // (at.customers + count) for rows in homes]
    # about an event a customer before: the first one after a restart finds the row without room for it
    _folded(partitions, [rows[:end] for rows, end in zip(homes, before, strict=True)])
    rest = [rows[end:] for rows, end in zip(homes, before, strict=True)]
    del homes
    gc.collect()
    gc.freeze()
    wall, cpu = time.perf_counter(), time.process_time()
    written_s = _folded(partitions, rest)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    gc.unfreeze()
    folded = max(1, sum(map(len, rest)))
    return Point(0, folded / wall, cpu / folded * 1e6, written_s / folded * 1e6)


def _folded(partitions: Sequence[Partition], homes: Sequence[Sequence[Row]]) -> float:
    """Folds records as a worker does that has a backlog: the partitions in turn, boundaries after each chunk. Returns
    the CPU seconds that went into what checkpoints write."""
    most, untaken, written_s = max(map(len, homes)), 0, 0.0
    for start in range(0, most, CHUNK):
        for partition, rows in zip(partitions, homes, strict=True):
            chunk = rows[start : start + CHUNK]
            if chunk:
                partition.fold("events", chunk, 0)
                while partition.advance(0):
                    pass
            untaken += len(chunk)
        if untaken >= CHECKPOINT:
            untaken, written_s = 0, written_s + _taken(partitions)
    return written_s + _taken(partitions)


def _taken(partitions: Sequence[Partition]) -> float:
    started = time.process_time()
    for partition in partitions:
        partition.take()
    return time.process_time() - started


def rule_texts(job: Texts, shipped: Texts, count: int) -> Texts:
    """So many rules: the job's where these suffice, else the shipped ones and variants of them with other durations."""
    chosen = job if count <= len(job) else _with_variants(shipped)
    return dict(islice(chosen.items(), count))


def _program(bench: Bench, count: int) -> Program:
    texts = rule_texts(texts_of(bench.rules), texts_of(bench.shipped), count)
    return compile_rules(load_texts(texts, POLICY.retention_ms), POLICY.retention_ms, POLICY.timezone)


def _with_variants(texts: Texts) -> Texts:
    found = dict(texts)
    for part in _PARTS:
        found |= {f"{name.removesuffix('.yaml')}-{part}.yaml": _scaled(text, part) for name, text in texts.items()}
    return found


def _scaled(text: str, part: int) -> str:
    return _DURATION.sub(lambda found: f"{max(1, round(int(found[1]) * _MINUTES[found[2]] * part / 100))}m", text)
