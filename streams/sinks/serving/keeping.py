"""Keeps the serving store what the topic says, through restarts and losses on either side."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from contextlib import closing
from typing import NamedTuple

from redis import Redis
from redis.exceptions import (
    BusyLoadingError,
    ConnectionError,
    OutOfMemoryError,
    ReadOnlyError,
    RedisError,
    TimeoutError,
    TryAgainError,
)

from streams.clients.errors import ClientError
from streams.clients.topics import partitions_of, prepare
from streams.settings import Settings
from streams.sinks.feed import Feed
from streams.sinks.patience import Patience, StoppedError
from streams.sinks.serving.store import Batch, MovedError, Store, live_number, next_number
from streams.worker.clock import Clock
from streams.worker.topics import MEMBERSHIPS

#: Tombstones stay in the topic for a week after compaction; a store that was not up to date for longer is built anew.
OLD_MS = 6 * 86_400_000
#: How often a loss is looked for while nothing comes, in milliseconds.
LOOK_MS = 5_000
#: Records of one call of Redis, which serves nobody else meanwhile.
BATCH_RECORDS = 200
POLL_SECONDS = 0.1

#: What ends by itself, so that waiting helps.
PASSING = (ConnectionError, TimeoutError, BusyLoadingError, ReadOnlyError, OutOfMemoryError, TryAgainError)


class Progress(NamedTuple):
    """What one process did: records taken in, generations built, and how often it waited for Redis."""

    records: int
    built: int
    waited: int


class Keeping:
    """Follows the topic until it is stopped. Only a batch of records is in memory: what is to be done waits in Kafka.

    Args:
        settings: broker and application.
        redis: a connection with ``decode_responses=True``.
        clock: tells when the store was last up to date.
        say: told in words what happens.
    """

    def __init__(self, settings: Settings, redis: Redis, clock: Clock, say: Callable[[str], None]) -> None:
        self._settings, self._redis, self._clock, self._say = settings, redis, clock, say
        self._stop = threading.Event()
        self._patience = Patience(PASSING, self._stop, say, "Redis")
        self._records = self._built = 0
        self._partitions: list[int] = []

    def stop(self) -> None:
        """Ends ``run`` soon."""
        self._stop.set()

    @property
    def progress(self) -> Progress:
        """What was done so far."""
        return Progress(self._records, self._built, self._patience.waited)

    def run(self, *, anew: bool = False, until_drained: bool = False) -> None:
        """Follows the topic.

        Args:
            anew: build a new generation first, beside the one that is read meanwhile.
            until_drained: end once everything that was in the topic at the start is taken in.

        Raises:
            ClientError: Kafka cannot be reached, or Redis refuses for good.
        """
        prepare(self._settings)
        self._partitions = partitions_of(self._settings, MEMBERSHIPS)
        try:
            while True:
                store = None if anew else self._patience.until_done(self._live)
                anew = anew or store is None
                try:
                    self._follow(store or self._begin(), fresh=anew, until_drained=until_drained)
                    return
                except MovedError:
                    anew = False
                    self._say("the store does not stand where it was left: looking again")
        except StoppedError:
            return
        except RedisError as error:
            raise ClientError(f"Redis refuses: {error}") from error

    def _live(self) -> Store | None:
        """The generation that is live, if it can be gone on with."""
        number = live_number(self._redis, self._settings.application)
        if number is None:
            return None
        store = Store(self._redis, self._settings.application, number)
        positions = store.positions()
        if sorted(positions) != self._partitions:
            self._say("the topic has other partitions now" if positions else "the store has lost its data")
        elif self._clock.now_ms() - store.written_ms() > OLD_MS:
            self._say("the store was not kept up to date for days")
        elif any(positions[number] > end for number, (_, end) in self._ends().items()):
            self._say("the store is ahead of the topic, which was made anew")
        else:
            return store
        return None

    def _begin(self) -> Store:
        """A new generation."""
        self._say(f"building the store from {MEMBERSHIPS}")
        number = self._patience.until_done(lambda: next_number(self._redis, self._settings.application))
        store = Store(self._redis, self._settings.application, number)
        self._patience.until_done(lambda: store.begin(self._partitions))
        return store

    def _follow(self, store: Store, *, fresh: bool, until_drained: bool) -> None:
        """Takes in what comes until it is stopped or drained; raises MovedError."""
        positions = self._patience.until_done(store.positions)
        if sorted(positions) != self._partitions:
            raise MovedError
        ends, behind = self._ends(), True
        looked_ms = self._clock.now_ms()
        with closing(Feed(self._settings, {one: max(positions[one], ends[one][0]) for one in positions})) as feed:
            while not self._stop.is_set():
                self._take(store, feed, positions)
                if behind and _reached(ends, positions, feed.positions()):
                    behind = False
                    self._arrived(store, fresh)
                    if until_drained:
                        return
                if self._clock.now_ms() - looked_ms > LOOK_MS:
                    looked_ms = self._clock.now_ms()
                    self._look(store, positions, behind)

    def _take(self, store: Store, feed: Feed, positions: dict[int, int]) -> None:
        """Reads once, and puts into the store what came."""
        for number, end, records in feed.read(POLL_SECONDS, BATCH_RECORDS):
            batch = Batch(number, positions[number], end, records)
            self._patience.until_done(lambda batch=batch: store.take(batch, self._clock.now_ms()))  # type: ignore[misc]
            positions[number] = end
            self._records += len(records)

    def _arrived(self, store: Store, fresh: bool) -> None:
        """The store is up to date for the first time."""
        if fresh:
            self._patience.until_done(store.go_live)
            self._built += 1
        self._say(f"up to date with {MEMBERSHIPS}")

    def _look(self, store: Store, positions: Mapping[int, int], behind: bool) -> None:
        """Whether the store still stands where it was left; where nothing more is there to come it is up to date."""
        if self._patience.until_done(store.positions) != positions:
            raise MovedError
        if not behind:
            self._patience.until_done(lambda: store.touch(self._clock.now_ms()))

    def _ends(self) -> dict[int, tuple[int, int]]:
        with closing(Feed(self._settings, {})) as feed:
            return feed.ends(self._partitions)


def _reached(ends: Mapping[int, tuple[int, int]], taken: Mapping[int, int], read: Mapping[int, int]) -> bool:
    """Whether everything before the ends was taken in; the last offsets may be markers, which are read over."""
    return all(max(taken[number], read[number]) >= end for number, (begin, end) in ends.items() if end > begin)
