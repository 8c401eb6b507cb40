"""Workers that join, leave and die while their group is at work; a zombie among them."""

from __future__ import annotations

import signal
import time
from contextlib import closing

from streams.events.instants import instant_ms, stamp
from streams.worker.clock import WallClock
from tests.faults.clocks import HURT
from tests.faults.crew import Member
from tests.faults.feed import Feed
from tests.faults.judge import Outcome, judged
from tests.faults.shop_events import RULES, view
from tests.faults.stage import Stage, stage
from tests.faults.transactions import TransactionEye

RATE = 1_000.0
WINDOW_SECONDS = 20  # longer than a session, after which partitions move


def join_and_leave(partitions: int, commit_seconds: float = 0.0) -> Outcome:
    """A second and a third worker join; one leaves, one is killed and comes back, one is killed for good.

    Transactions of the first stay open for ``commit_seconds``: with some, every rebalance comes in the middle of one.
    """
    with stage(partitions) as at:
        feed = at.feed(RATE)
        first = at.crew.join(module=HURT, HURT_COMMIT_SECONDS=str(commit_seconds))
        at.begins()
        _joins(at, "w2")
        _joins(at, "w3")
        _leaves(at, "w2", signal.SIGTERM)
        third = at.crew.members["w3"]
        before, killed_at = third.openings, time.monotonic()
        third.kill()
        at.recovers(third, killed_at, before)
        _joins(at, "w4")
        _leaves(at, "w3", signal.SIGKILL)
        _leaves(at, "w4", signal.SIGTERM)
        feed.stop()
        at.curtain()
        at.notes.append(f"the first worker opened {first.openings} times")
        return judged(at, 7)


def _joins(at: Stage, name: str) -> Member:
    member = at.crew.join(name)
    member.await_opening()
    at.flows(time.monotonic())
    return member


def _leaves(at: Stage, name: str, number: signal.Signals) -> None:
    """A worker goes, and its partitions go on elsewhere."""
    started, openings = time.monotonic(), {one.name: one.openings for one in at.crew.members.values()}
    at.crew.leave(name, number)
    at.crew.first.await_opening(openings[at.crew.first.name])
    at.flows(started)


def timers_move(customers: int) -> Outcome:
    """Short windows pass by the wall clock after their partitions have moved away from a worker that died."""
    rules = {**RULES, "here-now": f"when: {{count: views, last: {WINDOW_SECONDS}s, at_least: 1}}"}
    with stage(course=False, rules=rules, clock="wall") as at:
        at.crew.join("w2").await_opening()
        stays = at.crew.join()
        stays.await_opening()
        at.watch.until(lambda: at.crew.members["w2"].openings > 1, 30)
        now_ms = WallClock().now_ms()
        at.send(view(f"u{number}", now_ms) for number in range(customers))
        at.awaits([f"u{number}" for number in range(customers)])
        openings = stays.openings
        at.crew.leave("w2", signal.SIGKILL)
        stays.await_opening(openings)
        if WallClock().now_ms() > now_ms + WINDOW_SECONDS * 1000:
            at.notes.append("the partitions moved after the windows had passed")
        if not at.watch.until(lambda: at.watch.subscriber.records >= 2 * customers, 2 * WINDOW_SECONDS):
            at.faults.append("not all windows passed")
        _check_exits(at, now_ms + WINDOW_SECONDS * 1000)
        at.curtain()
        time.sleep(WINDOW_SECONDS + 1)
        at.watch.quiet()
        return judged(at, 1, until=stamp(WallClock().now_ms()))


def _check_exits(at: Stage, due_ms: int) -> None:
    """Each exit tells the very instant at which its window passed."""
    exits = [one for course in at.watch.courses.values() for one in course if one and one["exited"]]
    wrong = [one for one in exits if instant_ms(one["at"]) != due_ms]
    at.faults += [f"left at {one['at']} instead of {stamp(due_ms)}: {one['user']}" for one in wrong[:3]]
    at.notes.append(f"{len(exits):,} windows passed")


def zombie(partitions: int, *, busy: bool) -> Outcome:
    """A worker sleeps until another has its partitions, then it wakes; ``busy``: inside an open transaction."""
    with stage(partitions) as at, closing(TransactionEye(at.ground)) as eye:
        feed = at.feed(RATE)
        sleeper = at.crew.join("w2")
        sleeper.await_opening()
        other = at.crew.join()
        other.await_opening()
        at.begins()
        before, slept_at = other.openings, time.monotonic()
        inside = _put_to_sleep(at, sleeper, eye if busy else None, feed)
        other.await_opening(before)
        feed.go_on()
        at.flows(slept_at)
        sleeper.send_signal(signal.SIGCONT)
        if not at.watch.until(lambda: bool(sleeper.ends), 30):
            at.faults.append("the zombie went on")
        sleeper.await_opening(1)  # the supervisor's next one gets the partitions back
        at.flows(time.monotonic())
        feed.stop()
        at.curtain()
        at.notes.append(f"it slept {'inside' if inside else 'outside'} a transaction; {_last_line(sleeper)}")
        return judged(at, 1)


def _put_to_sleep(at: Stage, sleeper: Member, eye: TransactionEye | None, feed: Feed) -> bool:
    """Stops a worker; without an eye one that has nothing to write. Returns whether it had a transaction open."""
    if eye and eye.freeze_inside(sleeper.pid):
        return True
    feed.pause()
    at.watch.quiet()
    sleeper.send_signal(signal.SIGSTOP)
    return False


def _last_line(worker: Member) -> str:
    lines = [line for line in worker.said.splitlines() if line.startswith("microseg: ")]
    return lines[0] if lines else "it said nothing at its end"
