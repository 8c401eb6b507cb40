"""What all measurements share: the rules, the sizes, the broker of the job, and how fast our worker drained it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from streams.proofs.bench.files import event_file
from streams.proofs.bench.lab import Lab, lab
from streams.proofs.bench.measured import median
from streams.proofs.bench.ours import Drained
from streams.proofs.bench.peers import Peers
from streams.proofs.bench.sizes import Sizes
from streams.rules.compile import Program, compile_rules
from streams.rules.load import load_rules
from streams.settings import Settings

Tell = Callable[[str, int, int], None]
#: A run in which broker and others took more than this share of all cores is repeated.
DISTURBED = 0.3


@dataclass(slots=True)
class Bench:
    """One call of the script; ``workers`` are the runs of the job by how many workers shared it."""

    sizes: Sizes
    rules: Path
    make_events: Path
    shipped: Path
    tell: Tell
    stack: ExitStack
    peers: Peers | None = None
    check: bool = True
    disturbed: float = DISTURBED
    workers: dict[int, list[Drained]] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    _lab: Lab | None = None

    def say(self, text: str) -> None:
        """Tells what is being done."""
        self.tell(text, 0, 0)

    @property
    def lab(self) -> Lab:
        """The broker of the job, started when it is first asked for."""
        if self._lab is None:
            self.say("starting a broker")
            self._lab = self.stack.enter_context(lab(self.rules, self.check, self.say))
        return self._lab

    def job_file(self) -> Path:
        """The job's events."""
        return event_file(self.make_events, self.sizes.events, self.sizes.users)

    def program(self) -> Program:
        """The rules, compiled."""
        settings = Settings()
        return compile_rules(load_rules(self.rules), settings.retention_ms, settings.timezone)

    def drain(self, workers: int) -> Drained:
        """One more run of the job by so many workers, held against the replay; a disturbed one is repeated."""
        for left in reversed(range(self.sizes.retries + 1)):
            found, faults = self.lab.drain(self.job_file(), workers)
            self.faults += [f"{workers} at work: {fault}" for fault in faults]
            if found.others_share <= self.disturbed or not left:
                break
            self.say(f"disturbed ({found.others_share:.0%} of the CPU went elsewhere), again")
        self.workers.setdefault(workers, []).append(found)
        return found

    def worker_speed(self) -> float:
        """Events a second of one worker on the job: the median of its runs, of which one is made where there is
        none."""
        if 1 not in self.workers:
            self.say("draining the job with one worker")
            self.drain(1)
        return median([one.events_per_second for one in self.workers[1]]) or 0.0

    def best(self) -> list[Drained]:
        """The runs of our best configuration so far."""
        self.worker_speed()
        return max(self.workers.values(), key=lambda runs: median([one.events_per_second for one in runs]) or 0.0)
