"""Each measurement, as small as it can be, against a real Kafka: that it comes to a sane figure, not to which."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest

from streams.proofs.bench import bot, cold, growth, job, latency, memory, raw, recovery, replay
from streams.proofs.bench.bench import Bench
from streams.proofs.bench.measured import Measured
from streams.proofs.bench.sizes import QUICK, Growth

ROOT = Path(__file__).parents[2]
RULES = ROOT / "segment_rules"
GROWTH = Growth(customers=(100, 200), facts=(3, 5), rules=(12, 31), partitions=(1, 2), events=600)
TINY = replace(
    QUICK,
    name="tiny",
    events=3_000,
    users=150,
    rate=200,
    seconds=2.0,
    live_customers=200,
    bot_facts=500,
    bot_rate=50,
    memory_customers=300,
    recovery_customers=300,
    copied=20,
    growth=GROWTH,
)
#: Writes events as the script of the benchmark does: every customer views, and buys now and then.
SCRIPT = """
import argparse, json
parser = argparse.ArgumentParser()
parser.add_argument("--events", type=int)
parser.add_argument("--users", type=int)
asked = parser.parse_args()
for n in range(asked.events):
    event = {"id": f"e{n}", "type": "view", "user": f"u{n * 7 % asked.users}", "at": 1767225600000 + n * 60000}
    thing = {"product": f"p{n % 9}", "category": ("bags", "accessories")[n % 2], "price": 5 + n % 50}
    if n % 5 == 0:
        print(json.dumps({**event, "type": "purchase", "order": f"o{n}", "items": [thing]}, separators=(",", ":")))
    else:
        print(json.dumps({**event, **thing}, separators=(",", ":")))
"""


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """A small bench whose files lie in a directory of its own."""
    monkeypatch.chdir(tmp_path)
    script = tmp_path / "make_events.py"
    script.write_text(SCRIPT)
    with ExitStack() as stack:
        yield Bench(TINY, RULES, script, RULES, lambda name, done, of: None, stack)


def by_name(rows: list[Measured]) -> dict[str, Measured]:
    """The rows by what they tell; all of them have a sane value."""
    assert all(row.value is not None and row.value > 0 for row in rows)
    return {row.what: row for row in rows}


def test_the_job_and_what_is_held_against_it(bench: Bench) -> None:
    rows = by_name(job.measure(bench).rows)
    assert bench.faults == []
    assert bench.lab.loaded == {bench.job_file(): TINY.events}
    assert "equal to the replay" in rows["job, two workers"].note
    assert rows["job ÷ Kafka Streams stock"].reached is None  # no peers are given
    assert sorted(bench.workers) == [1, 2]
    assert all(run.events_per_second < run.events / 0.01 for runs in bench.workers.values() for run in runs)

    (reading,) = raw.measure(bench).rows
    assert reading.ratio is not None
    (again,) = replay.measure(bench).rows
    assert again.ratio is not None
    assert sorted(bench.workers) == [1, 2]  # measured once


def test_recovery(bench: Bench) -> None:
    (row,) = recovery.measure(bench).rows
    assert row.ratio is not None
    assert row.note == "300 rows of 10 facts"


def test_latency_and_a_bot(bench: Bench) -> None:
    p50, p99 = latency.measure(bench).rows
    assert p50.value is not None
    assert p99.value is not None
    assert 0 < p50.value <= p99.value
    (others,) = bot.measure(bench).rows
    assert others.value is not None
    assert others.value > 0


def test_memory(bench: Bench) -> None:
    bench.sizes = replace(TINY, runs=2)
    each, whole = memory.measure(bench).rows
    assert each.note.count(" to ") == 1
    assert whole.note.startswith("reckoned from 300")
    assert whole.value is not None
    assert whole.value > 0.05


def test_cold_start(bench: Bench) -> None:
    (row,) = cold.measure(bench).rows
    assert row.value is not None
    assert 0.2 < row.value < 60


def test_growth(bench: Bench) -> None:
    result = growth.measure(bench)
    assert [[point.size for point in curve.points] for curve in result.curves] == [[100, 200], [3, 5], [12, 31], [1, 2]]
    assert all(point.cpu_us > 0 for curve in result.curves for point in curve.points)
    assert len(by_name(result.rows)) == 4
