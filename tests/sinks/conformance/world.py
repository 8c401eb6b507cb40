"""Time, the topic and the ledger in this process, so that hours pass at once and any step can fail."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence

from streams.clients.changes import Arrived, decode_change
from streams.sinks.delivery.book import Book, Row, Standing
from streams.sinks.delivery.ledger import Letter
from streams.sinks.feed import Run
from streams.sinks.patience import StoppedError

START_MS = 1_780_000_000_000


class CrashError(Exception):
    """The process is gone."""


class Steps:
    """Counts what touches the outside, and lets the process vanish at one of these steps."""

    def __init__(self, crash_at: int | None = None) -> None:
        self.crash_at = crash_at
        self.count = 0

    def step(self) -> None:
        self.count += 1
        if self.count == self.crash_at:
            raise CrashError


class Watch:
    """Time that passes only by waiting; ``each`` is called with the instant after each wait."""

    def __init__(self) -> None:
        self.ms = START_MS
        self.each: Callable[[int], None] = lambda _: None
        self.stop_at_ms: int | None = None

    def now_ms(self) -> int:
        return self.ms

    def sleep(self, seconds: float) -> None:
        assert seconds >= 0
        self.ms += round(seconds * 1000)
        self.each(self.ms)
        if self.stop_at_ms is not None and self.ms >= self.stop_at_ms:
            raise StoppedError


class Topic:
    """Records of memberships in partitions."""

    def __init__(self, watch: Watch, partitions: int = 3) -> None:
        self._watch = watch
        self.of: list[list[Arrived]] = [[] for _ in range(partitions)]
        self.begins = [0] * partitions
        self._at: dict[int, int] = {}
        self.steps = Steps()

    def publish(self, records: Sequence[tuple[str, bytes | None]]) -> None:
        self.add([Arrived(user, raw, None if raw is None else decode_change(raw)) for user, raw in records])

    def add(self, records: Sequence[Arrived]) -> None:
        for arrived in records:
            self.of[zlib.crc32(arrived.user.encode()) % len(self.of)].append(arrived)

    def start(self, positions: Mapping[int, int]) -> None:
        self._at = dict(positions)

    def ends(self) -> dict[int, tuple[int, int]]:
        return {number: (self.begins[number], len(records)) for number, records in enumerate(self.of)}

    def read(self, seconds: float, most: int) -> list[Run]:
        self.steps.step()
        runs = []
        for number, at in self._at.items():
            records = self.of[number][at : at + most]
            if records:
                most -= len(records)
                self._at[number] = at + len(records)
                runs.append(Run(number, at + len(records), records, [*range(at, at + len(records))]))
        if not runs:
            self._watch.sleep(seconds)
        return runs

    def positions(self) -> dict[int, int]:
        return dict(self._at)


class Kept:
    """A ledger that outlives the process."""

    def __init__(self) -> None:
        self.rows: dict[str, Row] = {}
        self.standing = Standing({})
        self.letters: list[Letter] = []
        self.writes = 0
        self.steps = Steps()

    def open(self) -> None:
        self.steps.step()

    def load(self) -> tuple[Book, Standing]:
        return Book(self.rows.items()), self.standing

    def write(self, rows: Sequence[tuple[str, Row | None]], standing: Standing, letters: Sequence[Letter] = ()) -> None:
        self.steps.step()
        for user, row in rows:
            if row is None:
                self.rows.pop(user, None)
            else:
                self.rows[user] = row
        self.standing = standing
        self.letters += letters
        self.writes += 1
        self.steps.step()
