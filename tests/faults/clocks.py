"""Events of the wrong time, a machine whose clock is set, and the two days of a year that are not of 24 hours."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import chain, islice
from pathlib import Path
from zoneinfo import ZoneInfo

from streams.events.instants import instant_ms, stamp
from streams.worker.clock import WallClock
from tests.faults.judge import Outcome, judged
from tests.faults.shop_events import RULES, shop_events, view
from tests.faults.stage import Stage, stage

HURT = "tests.faults.hurt"
SECOND_MS, MINUTE_MS, HOUR_MS, DAY_MS = 1_000, 60_000, 3_600_000, 86_400_000
WINDOW_SECONDS = 4
HERE_NOW = {"here-now": f"when: {{count: views, last: {WINDOW_SECONDS}s, at_least: 1}}"}
ZONE = "Europe/Berlin"
CHANGES_OF_CLOCKS = ("2026-03-27T12:00:00Z", "2026-10-23T12:00:00Z")  # two days before each
DST_STEP_MS = 90_000


def clock_set_back(customers: int) -> Outcome:
    """The machine's clock goes back by two minutes and by an hour, also over a restart, and forth again."""
    with stage(course=False, rules={**RULES, **HERE_NOW}, clock="wall", worker="proof") as at:
        clock = Clock(at.ground.home / "clock")
        worker = at.crew.join(module=HURT, HURT_CLOCK=str(clock.file))
        worker.await_opening()
        _views(at, "a", customers, 0)
        clock.set(-2 * MINUTE_MS)
        _views(at, "b", customers, 0)  # stamped by a shop whose clock is right
        clock.set(-HOUR_MS)
        _views(at, "c", customers, -HOUR_MS)  # by one whose clock is wrong, too
        _views(at, "a", customers, -HOUR_MS)
        worker.kill()
        worker.await_opening(1)
        _views(at, "d", customers, -HOUR_MS)
        clock.set(0)
        _views(at, "e", customers, 0)
        return _judged_by_the_wall(at, 4)


def early_and_late(customers: int) -> Outcome:
    """Events two days ahead are refused, those of two days ago count as history."""
    with stage(course=False, rules={**RULES, **HERE_NOW}, clock="wall") as at:
        at.crew.join().await_opening()
        _views(at, "a", customers, -2 * DAY_MS)
        before = len(at.sent)
        _views(at, "a", customers, 2 * DAY_MS, awaited=False)
        at.poison += at.sent[before:]
        del at.sent[before:]
        _views(at, "a", customers, -2 * DAY_MS - HOUR_MS, awaited=False)
        _views(at, "b", customers, 0)
        return _judged_by_the_wall(at, 3 * customers)


def _judged_by_the_wall(at: Stage, injected: int) -> Outcome:
    """Waits until the short windows have passed, so that nothing changes while it is judged."""
    at.curtain()
    time.sleep(WINDOW_SECONDS + 1)
    at.watch.quiet()
    return judged(at, injected, until=stamp(WallClock().now_ms()))


class Clock:
    """The clock of a hurt worker."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.set(0)

    def set(self, ahead_ms: int) -> None:
        """Sets it so much ahead of the right time."""
        part = self.file.with_suffix(".part")
        part.write_text(str(ahead_ms))
        part.rename(self.file)


def _views(at: Stage, mark: str, customers: int, ahead_ms: int, *, awaited: bool = True) -> None:
    """A view of each of these customers, stamped with a clock that is so much ahead."""
    now_ms = WallClock().now_ms()
    users = [f"{mark}{number}" for number in range(customers)]
    at.send(view(user, now_ms + ahead_ms) for user in users)
    if awaited:
        at.watch.quiet()


def daylight_saving(events: int) -> Outcome:
    """Both changes of the clocks in a zone that has them: windows of calendar days end at local midnights."""
    with stage(timezone=ZONE) as at:
        at.crew.join()
        at.send(_around_the_changes(events))
        at.curtain()
        outcome = judged(at, len(CHANGES_OF_CLOCKS))
        changes = [one for course in at.watch.courses.values() for one in course if one]
        ends = {instant_ms(one["at"]) for one in changes if _ends_by_day(one)}
        outcome.faults += [f"a day ended at {stamp(one)}" for one in sorted(ends) if not _is_midnight(one)]
        outcome.notes.append(f"{len(ends)} local midnights")
        if len(ends) < len(CHANGES_OF_CLOCKS):
            outcome.faults.append("no window ended at the days of the changes, so nothing is proved")
        return outcome


def _around_the_changes(events: int) -> Iterator[bytes]:
    return chain.from_iterable(
        islice(shop_events(seed, 60, DST_STEP_MS, instant_ms(start)), events)
        for seed, start in enumerate(CHANGES_OF_CLOCKS)
    )


def _ends_by_day(change: dict[str, object]) -> bool:
    return change["exited"] == ["here-today"] and change["cause"] == {"kind": "time"}


def _is_midnight(at_ms: int) -> bool:
    local = datetime(1970, 1, 1, tzinfo=ZoneInfo("UTC")) + timedelta(milliseconds=at_ms)
    return local.astimezone(ZoneInfo(ZONE)).strftime("%H:%M:%S.%f") == "00:00:00.000000"
