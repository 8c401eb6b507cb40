"""Very many memberships that end at once, while events go on; a broker or a disk that takes its time."""

from __future__ import annotations

import os
import signal
import time
from itertools import islice

from streams.clients.sender import Sender
from streams.events.instants import instant_ms, stamp
from streams.worker.clock import WallClock
from tests.faults.clocks import HURT
from tests.faults.judge import Outcome, judged
from tests.faults.memory import Memory
from tests.faults.shop_events import RULES, shop_events, view
from tests.faults.stage import Stage, stage

WINDOW_SECONDS = 30
WAVE = {
    "wave": f"when: {{count: views, where: {{category: wave}}, last: {WINDOW_SECONDS}s, at_least: 1}}",
    "live": "when: {count: views, where: {category: live}, at_least: 1}",
}
LIVE_RATE = 1_000
TICK_SECONDS = 0.02
MOST_P99_SECONDS = 1.0
MOST_EXIT_SECONDS = 10.0
MOST_GROWTH_MIB = 150
#: What a worker may keep in memory of events that are not yet written, in MiB.
MOST_UNWRITTEN_MIB = 900


def wave(customers: int) -> Outcome:
    """So many windows pass within a second while 1,000 events a second arrive."""
    with stage(course=False, rules=WAVE | {n: t for n, t in RULES.items() if "curtain" in n}, clock="wall") as at:
        worker = at.crew.join()
        worker.await_opening()
        start_ms = WallClock().now_ms()
        at.send(view(f"w{n}", start_ms + n * 1000 // customers, "wave") for n in range(customers))
        at.watch.quiet()
        wave_at = start_ms / 1000 + WINDOW_SECONDS
        with Memory(lambda: worker.pid) as memory:
            lateness = _live(at, wave_at)
        at.watch.quiet()
        _check_wave(at, customers, lateness)
        at.notes.append(f"memory grew by {memory.growth_mib:.0f} MiB")
        if memory.growth_mib > MOST_GROWTH_MIB:
            at.faults.append(f"memory grew by {memory.growth_mib:.0f} MiB")
        at.curtain()
        return judged(at, customers, until=stamp(WallClock().now_ms()))


def _live(at: Stage, wave_at: float) -> list[float]:
    """Events of new customers around the wave, from 2 s before it; how late the change of each came, in seconds."""
    time.sleep(max(0.0, wave_at - 2 - WallClock().now_ms() / 1000))
    sent: dict[str, float] = {}
    with Sender(at.ground.settings) as sender:
        began = time.monotonic()
        while (passed := time.monotonic() - began) < 2 + 1 + MOST_EXIT_SECONDS:
            for _ in range(int(passed * LIVE_RATE) - len(sent)):
                user = f"l{len(sent)}"
                at.sent.append(view(user, WallClock().now_ms(), "live"))
                sender.send("views", user, at.sent[-1])
                sent[user] = time.monotonic()
            sender.serve()
            time.sleep(TICK_SECONDS)
    at.awaits(list(sent))
    return sorted(at.watch.first_at[user] - moment for user, moment in sent.items())


def _check_wave(at: Stage, customers: int, lateness: list[float]) -> None:
    """Every exit at its very instant and published soon; live events not kept waiting by them."""
    exits = {user: course for user, course in at.watch.courses.items() if user[0] == "w" and len(course) == 2}
    if len(exits) < customers:
        at.faults.append(f"{customers - len(exits)} customers did not leave")
        return
    offset_s = WallClock().now_ms() / 1000 - time.monotonic()
    late = max(at.watch.newest_at[u] + offset_s - instant_ms(c[1]["at"]) / 1000 for u, c in exits.items() if c[1])
    p99 = lateness[len(lateness) * 99 // 100]
    at.recoveries.append(late)
    at.notes.append(f"the last exit came {late:.1f} s after its instant, live events' p99 {p99 * 1000:.0f} ms")
    if late > MOST_EXIT_SECONDS:
        at.faults.append(f"an exit came {late:.1f} s after its instant")
    if p99 > MOST_P99_SECONDS:
        at.faults.append(f"p99 of live events was {p99:.2f} s")


def slow_writes(events: int, seconds: float) -> Outcome:
    """Every transaction takes so many seconds, while a long backlog is there to be read."""
    with stage(partitions=1) as at:
        at.send(islice(shop_events(customers=20_000, step_ms=30_000), events))
        worker = at.crew.join(module=HURT, HURT_WRITE_SECONDS=str(seconds))
        worker.await_opening()
        with Memory(lambda: worker.pid) as memory:
            at.curtain(600)
        at.notes.append(f"memory grew by {memory.growth_mib:.0f} MiB")
        if memory.growth_mib > MOST_UNWRITTEN_MIB:
            at.faults.append(f"memory grew by {memory.growth_mib:.0f} MiB")
        return judged(at, 1)


def broker_hangs(seconds: float, rate: float) -> Outcome:
    """The broker answers nothing for so long, with all its connections open."""
    with stage() as at:
        feed = at.feed(rate)
        worker = at.crew.join()
        at.begins()
        running = at.broker.status()
        assert running is not None
        with Memory(lambda: worker.pid) as memory:
            os.kill(running.pid, signal.SIGSTOP)
            time.sleep(seconds)
            os.kill(running.pid, signal.SIGCONT)
            at.flows(time.monotonic())
        feed.stop()
        at.curtain()
        at.notes.append(
            f"memory grew by {memory.growth_mib:.0f} MiB, the worker ended {len(worker.ends)} times by itself"
        )
        return judged(at, 1)
