"""Several faults in one stream of events, one after the other: what the build server has time for."""

from __future__ import annotations

import time
from contextlib import closing

from tests.faults.clocks import HURT
from tests.faults.judge import Outcome, judged
from tests.faults.stage import stage
from tests.faults.transactions import TransactionEye, aborted

RATE = 400.0
REPEATS = 0.05
AWAY_SECONDS = 1.0


def together() -> Outcome:
    """Killed inside a transaction; the broker killed; a second worker that joins and dies; 5 % of events twice."""
    with stage(partitions=2) as at, closing(TransactionEye(at.ground)) as eye:
        feed = at.feed(RATE, REPEATS)
        # A transaction is open for a few milliseconds, too seldom to be met at once.
        worker = at.crew.join(module=HURT, HURT_COMMIT_SECONDS="0.05")
        at.begins()
        eye.freeze_inside(worker.pid)
        killed_at = time.monotonic()
        worker.kill()
        at.recovers(worker, killed_at, 1)
        at.kill_broker()
        time.sleep(AWAY_SECONDS)
        at.broker.start()
        at.flows(time.monotonic())
        second = at.crew.join("w2")
        second.await_opening()
        killed_at = time.monotonic()
        second.kill()
        at.recovers(second, killed_at, 1)
        feed.stop()
        at.curtain()
        if not aborted(at.ground):
            at.faults.append("no kill landed inside an open transaction, so nothing is proved")
        return judged(at, 3 + feed.repeated)
