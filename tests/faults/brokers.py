"""A broker that goes away under running workers, or is not there yet."""

from __future__ import annotations

import resource
import time
from itertools import islice

from tests.faults.judge import Outcome, judged
from tests.faults.shop_events import shop_events
from tests.faults.stage import Stage, stage

RATE = 400.0
FULL_SECONDS = 15.0  # a broker that can write no more ends by itself in less, mostly
#: A sender gives up after a minute: over longer outages the shop must keep its events itself.
LONG_SECONDS = 30.0


def broker_away(times: int, seconds: float, *, clean: bool) -> Outcome:
    """The broker is stopped, or killed, so many times, and is away for so long each time."""
    with stage() as at:
        feed = at.feed(RATE)
        worker = at.crew.join()
        at.begins()
        for _ in range(times):
            time.sleep(1)
            if seconds > LONG_SECONDS:
                feed.pause()
            _take_away(at, clean)
            time.sleep(seconds)
            at.broker.start()
            feed.go_on()
            at.flows(time.monotonic())
        feed.stop()
        at.curtain()
        at.notes.append(f"the worker ended {len(worker.ends)} times by itself")
        return judged(at, times)


def _take_away(at: Stage, clean: bool) -> None:
    if clean:
        at.broker.stop()
    else:
        at.kill_broker()


def broker_absent(seconds: float) -> Outcome:
    """The worker is started so long before its broker."""
    with stage() as at:
        at.send(islice(shop_events(), 500))
        at.broker.stop()
        at.crew.join()
        time.sleep(seconds)
        at.broker.start()
        at.flows(time.monotonic())
        at.curtain()
        return judged(at, 1)


def disk_full() -> Outcome:
    """The broker can write no more, as on a full disk, until it ends; then there is room again."""
    with stage() as at:
        feed = at.feed(RATE)
        worker = at.crew.join()
        at.begins()
        running = at.broker.status()
        assert running is not None
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (1, 1))
        if not at.watch.until(lambda: at.broker.status() is None, FULL_SECONDS):
            at.kill_broker()
            at.notes.append("the broker went on without writing")
        at.broker.start()
        at.flows(time.monotonic())
        feed.stop()
        at.curtain()
        at.notes.append(f"the worker ended {len(worker.ends)} times by itself")
        return judged(at, 1)
