"""Workers that are killed without a warning, some of them inside an open transaction."""

from __future__ import annotations

import random
import time
from contextlib import closing

from streams.proofs.worker_runs import drain
from tests.faults.judge import Outcome, judged
from tests.faults.shop_events import START_MS, view
from tests.faults.stage import stage
from tests.faults.transactions import TransactionEye, aborted

RATE = 600.0


def kill_9(kills: int) -> Outcome:
    """kill -9 at random moments; every second one as soon as a transaction is seen to be open."""
    chance = random.Random(9)
    with stage() as at, closing(TransactionEye(at.ground)) as eye:
        feed = at.feed(RATE)
        worker = at.crew.join()
        at.begins()
        for number in range(kills):
            time.sleep(chance.uniform(0.1, 0.5))
            before = worker.openings
            if number % 2 == 0:
                eye.freeze_inside(worker.pid)
            killed_at = time.monotonic()
            worker.kill()
            at.recovers(worker, killed_at, before)
        feed.stop()
        at.curtain()
        inside = aborted(at.ground)
        at.notes.append(f"{inside} transactions were open at a kill, by the log")
        if not inside:
            at.faults.append("no kill landed inside an open transaction, so nothing is proved")
        return judged(at, kills)


def kill_9_with_rows(kills: int, customers: int) -> Outcome:
    """kill -9 of a worker that has many customers to restore."""
    with stage() as at:
        at.send(view(f"row-{number}", START_MS - customers + number) for number in range(customers))
        drain(at.ground)
        feed = at.feed(RATE)
        worker = at.crew.join()
        at.begins()
        for _ in range(kills):
            before, killed_at = worker.openings, time.monotonic()
            worker.kill()
            at.recovers(worker, killed_at, before)
        feed.stop()
        at.curtain()
        return judged(at, kills)
