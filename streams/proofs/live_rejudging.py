"""A worker with loaded customers and live events, whose rule folder is edited."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from streams.embedded.processes import free_port
from streams.engine.api import Checkpoint
from streams.proofs.editions import Texts, write_rules
from streams.proofs.ground import Ground, fresh_ground
from streams.proofs.live_traffic import Latency, Traffic
from streams.proofs.loaded_shop import LoadedShop
from streams.proofs.watch import Watch
from streams.proofs.worker_runs import running
from streams.rules.compile import compile_rules
from streams.rules.load import load_texts
from streams.worker.drained import RSS_UNIT_BYTES
from streams.worker.ledger import Ledger
from streams.worker.topics import TopicNames
from streams.worker.warm import collect_rarely

TOPIC = "events"
#: What was sent before a phase ends arrives within this time, if the worker keeps its word.
AFTER_SECONDS = 3.0
_ROWS_A_TRANSACTION = 20_000

Say = Callable[[str], None]
Left = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Rejudging:
    """One edit: seconds until it was live, until all rows were judged from then on, and the latencies of the time in
    which each of the two lasted."""

    live_s: float
    judging_s: float
    going_live: Latency
    judging: Latency


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was seen of a worker; ``quiet`` is the latency before the first edit, ``opening_s`` from the process' start
    to the open gate."""

    opening_s: float
    quiet: Latency
    edits: list[Rejudging]
    peak_memory_bytes: int


@contextmanager
def shop_ground(home: Path, texts: Texts, partitions: int) -> Iterator[Ground]:
    """A ground whose worker goes by the wall clock, tells its health, and has these rules in a folder of its own."""
    folder = write_rules(home / "rules", texts)
    with fresh_ground(folder, TOPIC, clock="wall", partitions=partitions, http=f"127.0.0.1:{free_port()}") as ground:
        yield ground


def write_changelogs(ground: Ground, shop: LoadedShop) -> None:
    """Puts the loaded customers where a worker would have put them, by the same transactions."""
    for number, rows in enumerate(shop.rows):
        ledger = Ledger(ground.settings, TopicNames.of(ground.settings), number)
        ledger.open()
        left = iter([*shop.inner, *rows])
        while some := [(row.key, row.value) for row in islice(left, _ROWS_A_TRANSACTION)]:
            ledger.write(Checkpoint(rows=some))
        ledger.close()


def rejudge_live(
    ground: Ground, users: Sequence[str], editions: list[Texts], rate: int, quiet_s: float, say: Say, left: Left
) -> Outcome:
    """Runs a worker under live events of these customers, whose folder gets each of the editions in turn after
    ``quiet_s`` seconds.

    ``left`` is told how many rows are still to be judged.

    Raises:
        ProofError: the worker ended, or did not come to an end of something within ten minutes.
    """
    collect_rarely()  # a search for garbage among a million customers would hold up the events for a second
    with running(ground) as process:
        watch = Watch(ground, process)
        say("opening the worker")
        started = time.monotonic()
        watch.until(lambda health: health["status"] == "ok" and health["customers"] >= len(users))
        opening_s = time.monotonic() - started
        with Traffic(ground.settings, users, rate) as traffic:
            watch.traffic = traffic
            say("live events before an edit")
            watch.wait(quiet_s / 4)  # what a first event brings about is over then
            quiet_from = time.monotonic()
            watch.wait(quiet_s)
            quiet = quiet_from, time.monotonic()
            spans = [_edit(ground, watch, texts, say, left) for texts in editions]
            told = [_told(traffic, *span) for span in spans]
            found = Outcome(opening_s, traffic.latency(*quiet), told, 0)
        return Outcome(found.opening_s, found.quiet, found.edits, _peak_memory(process))


Span = tuple[float, float, float]


def _edit(ground: Ground, watch: Watch, texts: Texts, say: Say, left: Left) -> Span:
    """When the folder was edited, when its rules were live, and when all rows were judged under them."""
    say("an edit goes live")
    wanted = _digest(ground, texts)
    edited = time.monotonic()
    write_rules(ground.settings.rules, texts)
    watch.until(lambda health: health["rules"]["digest"] == wanted)
    live = watch.asked
    say("judging")
    watch.until(lambda health: _none_left(health, left))
    judged = time.monotonic()
    watch.wait(AFTER_SECONDS)
    return edited, live, judged


def _none_left(health: dict[str, Any], left: Left) -> bool:
    rows = int(health["rules"]["rows_to_judge"])
    left(rows)
    return rows == 0


def _told(traffic: Traffic, edited: float, live: float, judged: float) -> Rejudging:
    return Rejudging(
        round(live - edited, 2),
        round(judged - live, 2),
        traffic.latency(edited, live),
        traffic.latency(live, judged),
    )


def _digest(ground: Ground, texts: Texts) -> str:
    settings = ground.settings
    return compile_rules(load_texts(texts, settings.retention_ms), settings.retention_ms, settings.timezone).digest


def _peak_memory(process: subprocess.Popen[bytes]) -> int:
    """Ends the worker; how much it had at most, in bytes."""
    process.send_signal(signal.SIGTERM)
    used = os.wait4(process.pid, 0)[2]
    return used.ru_maxrss * RSS_UNIT_BYTES
