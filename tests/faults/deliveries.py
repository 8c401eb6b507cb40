"""Events that come twice, all again, or in the wrong order."""

from __future__ import annotations

import time
from itertools import islice

from tests.faults.judge import Outcome, judged
from tests.faults.shop_events import shop_events
from tests.faults.stage import stage

RATE = 2_000.0
REPEATS = 0.05


def duplicates(seconds: float) -> Outcome:
    """Of the events 5 % come a second time, somewhat later."""
    with stage() as at:
        at.crew.join()
        feed = at.feed(RATE, REPEATS)
        time.sleep(seconds)
        feed.stop()
        at.curtain()
        return judged(at, feed.repeated)


def replayed_topics(events: int) -> Outcome:
    """Everything is sent once more, while the worker is at work and after a restart of it."""
    with stage(course=False) as at:
        worker = at.crew.join()
        lines = list(islice(shop_events(), events))
        at.send(lines)
        at.send(lines, again=True)
        worker.await_opening()
        worker.kill()
        worker.await_opening(1)
        at.send(lines, again=True)
        at.curtain()
        at.watch.quiet()
        published = at.watch.subscriber.records
        at.send(lines, again=True)
        at.watch.quiet()
        if at.watch.subscriber.records != published:
            at.faults.append(f"{at.watch.subscriber.records - published} records were published of nothing but repeats")
        return judged(at, 3 * events)


def reverse_order(events: int) -> Outcome:
    """The newest event comes first."""
    with stage(course=False) as at:
        at.crew.join()
        at.send(list(islice(shop_events(), events))[::-1])
        at.curtain()
        return judged(at, events)
