"""The demo of a trial: from the proposed rule over the mail of two arms to the decision and what follows from it."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn

from streams.clients.settings_file import plain_environment
from streams.clients.topics import prepare
from streams.demo.play import interruptible
from streams.demo.shop import DAY_MS, Shop
from streams.demo.trial.course import HISTORY_MS, Course
from streams.demo.trial.ground import BROAD, DAYS, MICRO, make_ground
from streams.demo.trial.mailing import Mailing
from streams.demo.trial.table import table_of
from streams.demo.worker import Worker
from streams.embedded.kafka import running_kafka
from streams.embedded.processes import free_port
from streams.errors import MicrosegError
from streams.events.instants import stamp
from streams.settings import Settings, load_settings

#: How likely a mail of either segment is clicked: the effect that is planted.
CLICKS = {MICRO: 0.36, BROAD: 0.12}
#: The day on which somebody looks how it stands.
LOOK = 7


@dataclass(frozen=True, slots=True)
class TrialPlan:
    """What to play: so many customers at the start, and seconds of shop time a second."""

    customers: int
    seed: int
    speed: float


def play_trial(plan: TrialPlan, home: Path, console: Console) -> bool:
    """Plays a trial in a folder of its own; returns whether its file was moved to active/.

    Raises:
        MicrosegError: a part does not start, ends before its time, or does not do what it should.
    """
    with interruptible(), suppress(KeyboardInterrupt), ExitStack() as parts:
        port = free_port()
        config, folder = make_ground(home, port)
        settings = load_settings(config, {})
        console.print(
            f"starting Kafka, a worker and microseg track (settings: {config}) ...", highlight=False, soft_wrap=True
        )
        # first what has much to load, and waits
        processes = [
            parts.enter_context(Worker(config, home / f"{command}.log", command)) for command in ("run", "track")
        ]
        parts.enter_context(running_kafka(home / "kafka", port))
        for process in processes:
            parts.callback(process.end)  # before Kafka ends, so that each can write what it has
        prepare(settings)
        return _Play(plan, settings, config, folder, console, processes).run()
    console.print("the demo was interrupted; nothing keeps running")
    return False


class _Play:
    """One trial on a ground that is there."""

    def __init__(
        self, plan: TrialPlan, settings: Settings, config: Path, folder: Path, console: Console, processes: list[Worker]
    ) -> None:
        self._plan, self._settings, self._config = plan, settings, config
        self._folder, self._console, self._processes = folder, console, processes
        self._start_ms = time.time_ns() // 1_000_000 // DAY_MS * DAY_MS
        self._days = DAYS + settings.conversion_days
        self._mailing = Mailing(CLICKS, plan.seed)

    def run(self) -> bool:
        shop = Shop(self._plan.customers, self._start_ms - HISTORY_MS, self._plan.seed, newsletter=False)
        with Course(self._settings, shop, self._mailing, self._start_ms, self._check) as course:
            events = course.history()
            self._say(f"the shop has {self._plan.customers:,} customers and {events:,} events behind it")
            self._microseg("start", MICRO, "--at", stamp(self._start_ms))
            course.until_drawn()
            self._live_through(course)
            totals = course.until_counted()
            over = stamp(self._start_ms + self._days * DAY_MS)
            self._microseg("decide", MICRO, "--at", over, "--apply")
            kept = (self._folder / "active" / f"{MICRO}.yaml").exists()
            if kept:
                course.until_released()
        self._console.print(table_of(totals, MICRO, BROAD, CLICKS))
        if kept:
            now = sum(MICRO in reader.mailed for reader in self._mailing.readers.values())
            self._say(f"the worker has picked the move up: nobody is in an arm, and {now:,} customers get its mail now")
        return kept

    def _live_through(self, course: Course) -> None:
        """The days of the trial, and those in which its last mail may still bring orders."""
        with self._shown() as show:
            for day in range(self._days):
                course.day(day, DAY_MS / 1000 / self._plan.speed if day else 0.0)
                show(day + 1)
                if day + 1 == LOOK:
                    self._microseg("status", "--at", stamp(self._start_ms + LOOK * DAY_MS))

    @contextmanager
    def _shown(self) -> Iterator[Callable[[int], None]]:
        """A bar on a terminal, a line a day elsewhere."""
        bar = Progress(TextColumn("{task.description}"), BarColumn(), console=self._console, transient=True)
        if not self._console.is_terminal:
            yield lambda day: self._say(self._day(day))
            return
        with bar:
            task = bar.add_task("", total=self._days)
            yield lambda day: bar.update(task, completed=day, description=self._day(day))

    def _day(self, day: int) -> str:
        arms = ", ".join(f"{count:,} in {arm}" for arm, count in self._mailing.arms().items())
        phase = "" if day <= DAYS else " (last orders)"
        return f"day {day} of {self._days}{phase}: {arms}, {self._mailing.sent.total():,} mails"

    def _microseg(self, action: str, *words: str) -> None:
        """A command as a person would give it, and what it says."""
        given = ["trial", action, *words]
        self._say(f"$ microseg {' '.join(given)}")
        command = [sys.executable, "-m", "streams.cli", *given, "--config", str(self._config)]
        done = subprocess.run(
            command, env=plain_environment(), capture_output=True, text=True, check=False, start_new_session=True
        )
        if done.returncode:
            raise MicrosegError(f"microseg trial {action} failed: {done.stderr.strip()}")
        self._say(done.stdout.rstrip())

    def _check(self) -> None:
        for process in self._processes:
            process.check()

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False, markup=False, soft_wrap=True)
