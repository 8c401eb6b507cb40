"""The benchmark job: our workers and the peers in turn on one broker, medians of interleaved runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from streams.proofs.bench.bench import DISTURBED, Bench
from streams.proofs.bench.files import first_of
from streams.proofs.bench.measured import Measured, Result, Target, median
from streams.proofs.bench.peers import BEHIND, EXACT, FAUST, QUIX, SLOW_FAUST, SLOW_QUIX, STOCK, VARIANTS, Variant
from streams.proofs.ground import ProofError

WORKERS = (1, 2)
SPEED_TARGETS: dict[Variant, Target | None] = {
    EXACT: Target(1.0, goal=1.5),
    STOCK: Target(1.0, goal=1.2),
    BEHIND: None,
    SLOW_QUIX: Target(10),
    SLOW_FAUST: Target(40),
}
CPU_TARGET = Target(0.75, most=True)
MIB = 1 << 20

Runs = dict[Variant, list[dict[str, Any]]]


def measure(bench: Bench) -> Result:
    """Events a second and CPU of the job, ours and the peers'."""
    file, runs, faults = bench.job_file(), Runs(), []
    bench.say("loading the job's topic")
    bench.lab.load(file)
    if bench.peers:
        bench.say("building the peers (once)")
        bench.peers.prepare()
    for number in range(1, bench.sizes.runs + 1):
        for workers in WORKERS:
            bench.say(f"run {number}: {_workers(workers)}")
            bench.drain(workers)
        for variant in VARIANTS if bench.peers else ():
            bench.say(f"run {number}: {variant.name}")
            try:
                runs.setdefault(variant, []).append(_peer(bench, variant, file))
            except ProofError as error:  # of a peer that failed; the others are measured all the same
                faults.append(str(error))
    return Result([*_own_rows(bench), *_peer_rows(bench, runs)], faults=faults)


def _peer(bench: Bench, variant: Variant, file: Path) -> dict[str, Any]:
    assert bench.peers is not None
    fewer = {QUIX: bench.sizes.quix_events, FAUST: bench.sizes.faust_events}.get(variant.peer)
    if fewer is not None and fewer < bench.sizes.events:
        file = first_of(file, fewer)
    bench.lab.load(file)
    lab = bench.lab.ground
    return bench.peers.run(variant, lab.settings.broker, file.resolve(), lab.home / "peers", bench.disturbed)


def _own_rows(bench: Bench) -> list[Measured]:
    rows = []
    for workers, runs in sorted(bench.workers.items()):
        speeds = [one.events_per_second for one in runs]
        rows.append(Measured(f"job, {_workers(workers)}", median(speeds), "events/s", note=_own_note(bench, workers)))
    for workers, runs in sorted(bench.workers.items()):
        cpu = median([one.cpu_per_million for one in runs])
        memory = max(one.spent.peak_memory_bytes for one in runs) / MIB
        rows.append(
            Measured(f"job, {_workers(workers)}, CPU", cpu, "s per million", note=f"peak memory {memory:,.0f} MiB")
        )
    return rows


def _own_note(bench: Bench, workers: int) -> str:
    runs = bench.workers[workers]
    speeds = [one.events_per_second for one in runs]
    broker = median([one.broker_share for one in runs]) or 0.0
    checked = "equal to the replay" if bench.check and not bench.faults else "not checked"
    checked = "not equal to the replay" if bench.faults else checked
    spread = f"{min(speeds):,.0f} to {max(speeds):,.0f}, " if len(speeds) > 1 else ""
    return f"{spread}{checked}, broker {broker:.0%} of the CPU{_others([one.others_share for one in runs])}"


def _others(shares: list[float]) -> str:
    worst = max(shares)
    return f", disturbed: broker and others {worst:.0%}" if worst > DISTURBED else ""


def _peer_rows(bench: Bench, runs: Runs) -> list[Measured]:
    best = bench.best()
    speed = median([one.events_per_second for one in best])
    rows = []
    for variant, target in SPEED_TARGETS.items():
        told = runs.get(variant, [])
        peer = median([one["events_per_s"] for one in told])
        note = _peer_note(told, bench)
        rows.append(Measured(f"job ÷ {variant.name}", speed, "events/s", variant.name, peer, target, note))
    cpu, peer = median([one.cpu_per_million for one in best]), _cpu(runs.get(STOCK, []))
    note = "" if peer else "no peers"
    rows.append(Measured(f"job, CPU ÷ {STOCK.name}", cpu, "s per million", STOCK.name, peer, CPU_TARGET, note))
    return rows


def _cpu(told: list[dict[str, Any]]) -> float | None:
    return median([one["cpu_s_per_million"] for one in told])


def _peer_note(told: list[dict[str, Any]], bench: Bench) -> str:
    if not told:
        return "no peers"
    durable, cpu = median([one["events_per_s_durable"] for one in told]), _cpu(told)
    events = f"its {told[0]['events']:,} events: " if told[0]["events"] != bench.sizes.events else "its "
    return (
        f"{events}{durable:,.0f} until durable, {cpu:,.1f} CPU s per million"
        f"{_others([one['others_cpu_share'] for one in told])}"
    )


def _workers(count: int) -> str:
    return "one worker" if count == 1 else "two workers"
