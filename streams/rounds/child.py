"""A round as a process of its own, which the leading worker starts: ``python -m streams.rounds.child``.

The order comes on standard input, which the worker keeps open: when it is closed, or the worker dies, the round ends.
What is done is said in JSON lines on standard output.
"""

from __future__ import annotations

import contextlib
import json
import os
import pickle
import sys
import threading
from typing import Any

from streams.discovery.errors import RoundRunning
from streams.discovery.start import facts_of
from streams.errors import MicrosegError
from streams.rounds.live import Order, live_round
from streams.worker.clock import WallClock

#: The priority of all its threads: live events come first.
NICE = 15
#: In the environment of the process, before numpy is there: its other threads would have begun at the usual priority.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
BUSY = 3


def main() -> int:
    """Runs the round; 0: it is done, BUSY: another one is running, 1 or 2: it could not be done."""
    os.nice(NICE)
    order: Order = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_owner, daemon=True).start()
    try:
        done = live_round(order, os.environ, WallClock().now_ms, _tell)
    except MicrosegError as error:
        _say(error=str(error))
        return BUSY if isinstance(error, RoundRunning) else error.exit_code
    _say(proposals=[one["name"] for one in facts_of(done)["proposals"]], fault=done.report.fault)
    return 0


def _tell(stage: str, *_: int) -> None:
    """Says how far the round is: it has its place in the consumer group by now, so the threads that keep this, which a
    machine that is never idle must not stop, have begun at NICE."""
    only_when_idle()
    _say(stage=stage)


def only_when_idle() -> None:
    """From now on this thread runs only when nothing else wants the processor, where the system knows such a thing."""
    if hasattr(os, "SCHED_IDLE"):  # Linux
        with contextlib.suppress(OSError):  # some containers do not allow it
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def _say(**said: Any) -> None:
    print(json.dumps(said), flush=True)


def _end_with_owner() -> None:
    while os.read(0, 4096):
        pass
    os._exit(2)


if __name__ == "__main__":
    sys.exit(main())
