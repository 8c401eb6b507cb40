"""Where a scenario plays: a broker that can be hurt, a crew of workers, a feed of events, and a watch on what comes."""

from __future__ import annotations

import os
import signal
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from streams.clients.sender import Sender
from streams.embedded.kafka import KafkaBroker
from streams.events.instants import stamp
from streams.proofs.ground import Ground, fresh_ground
from tests.faults.crew import Crew, Member, crew_on
from tests.faults.feed import Feed, sending
from tests.faults.shop_events import COURSE_RULES, RULES, Event, curtains, shop_events, write_rules
from tests.faults.watch import Watch

TOPIC = "events"
PATIENCE_SECONDS = 90.0
#: Where the workers keep their customers, unless a scenario says so; few of them warm.
STORES: Mapping[str, Mapping[str, str | int]] = {"memory": {}, "rocksdb": {"store": "rocksdb", "cache_customers": 20}}
STORE = "memory"  # set by ``scripts/faults --store``


@dataclass
class Stage:
    """One scenario's ground.

    ``sent`` are the events that count, ``poison`` the raw values that must be refused. ``course``: one topic gives the
    order of the events, so that all that is published is known beforehand, not just where it ends.
    """

    ground: Ground
    watch: Watch
    crew: Crew
    rules: Path
    course: bool
    end_ms: int = 0
    sent: list[bytes] = field(default_factory=list)
    poison: list[bytes] = field(default_factory=list)
    recoveries: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    # -- events

    def feed(self, rate: float, repeats: float = 0.0, seed: int = 1) -> Feed:
        """Events of the shop from now on."""
        return Feed(self.ground.settings, shop_events(seed), rate, self.sent, repeats)

    def send(self, lines: Iterable[bytes], *, again: bool = False) -> None:
        """Sends events; ``again``: they were sent before."""
        with Sender(self.ground.settings) as sender:
            send = sending(sender, self.ground.settings)
            for line in lines:
                send(line)
                if not again:
                    self.sent.append(line)

    def curtain(self, seconds: float = PATIENCE_SECONDS) -> None:
        """Sends the last events and waits until the workers have come to them in every partition of every topic."""
        self.end_ms = max((orjson.loads(line)["at"] for line in self.sent), default=0) + 1
        self.draw(curtains(self.end_ms, self.ground.partitions), seconds)

    def draw(self, last: list[Event], seconds: float = PATIENCE_SECONDS) -> None:
        """Sends events that each enter a segment, and waits for all of those changes."""
        self.send(orjson.dumps(event) for event in last)
        self.awaits([event["user"] for event in last], seconds)

    def awaits(self, users: list[str], seconds: float = PATIENCE_SECONDS) -> None:
        """Waits until something of each of these customers was published."""
        if not self.watch.until(lambda: not self.watch.missing(users), seconds):
            self.faults.append(f"the workers did not come to {', '.join(self.watch.missing(users)[:8])} ...")

    @property
    def end(self) -> str:
        """The instant of the last events."""
        return stamp(self.end_ms)

    # -- workers

    def begins(self) -> None:
        """Waits until something is published; a first start, which may compile the kernel, is no recovery."""
        self.crew.first.await_opening()
        self.flows(time.monotonic())
        self.recoveries.clear()

    def recovers(self, member: Member, since: float, openings: int, seconds: float = PATIENCE_SECONDS) -> float:
        """Waits until a worker has opened its partitions again and published something; the seconds from ``since``."""
        member.await_opening(openings, seconds)
        return self.flows(since, seconds)

    def flows(self, since: float, seconds: float = PATIENCE_SECONDS) -> float:
        """Waits until something more is published; notes and returns the seconds from ``since`` until then."""
        now = time.monotonic()
        if not self.watch.came_after(now, seconds):
            last = [f"{one.name}: {one.said[-1_000:]}" for one in self.crew.members.values()]
            self.faults.append(f"nothing was published within {seconds:g} s; the workers said last: {last}")
            return seconds
        self.recoveries.append(self.watch.last_at - since)
        return self.recoveries[-1]

    # -- the broker

    @property
    def broker(self) -> KafkaBroker:
        """The broker, to be started and stopped."""
        return self.ground.broker

    def kill_broker(self) -> None:
        """kill -9."""
        running = self.broker.status()
        assert running is not None
        os.kill(running.pid, signal.SIGKILL)


@contextmanager
def stage(
    partitions: int = 4, *, course: bool = True, rules: Mapping[str, str] = RULES, **settings: str | int
) -> Iterator[Stage]:
    """A stage with a broker and topics of its own, and nobody on it yet."""
    with tempfile.TemporaryDirectory(prefix="microseg-rules-") as name:
        folder = write_rules(Path(name), {**rules, **(COURSE_RULES if course else {})})
        wanted = {"partitions": partitions, "checkpoint_every": "50ms", **STORES[STORE], **settings}
        with (
            fresh_ground(folder, TOPIC if course else None, **wanted) as ground,
            Watch(ground.settings) as watch,
            crew_on(ground) as crew,
        ):
            yield Stage(ground, watch, crew, folder, course)
