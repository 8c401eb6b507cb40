"""Writing the serving store: each batch of records whole or not at all, new generations beside the live one."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from typing import Any, NamedTuple

import orjson
from redis import Redis
from redis.exceptions import ResponseError

from streams.clients.changes import Arrived
from streams.events.instants import instant_ms
from streams.sinks.serving.keys import Keys

_SCRIPT = resources.files(__package__).joinpath("take_in.lua").read_text(encoding="utf-8")
_SCAN = 1_000
_MOVED = "POSITION "


class MovedError(Exception):
    """The store does not stand where it was left: its data were lost, or another process writes to it."""


class Batch(NamedTuple):
    """Records of one partition that follow each other, from offset ``first`` up to ``end``."""

    partition: int
    first: int
    end: int
    records: Sequence[Arrived]


class Store:
    """One generation of an application's serving store.

    Args:
        redis: a connection with ``decode_responses=True``.
        application: the application's name.
        number: the generation that is written.
    """

    def __init__(self, redis: Redis, application: str, number: int) -> None:
        self.number = number
        self._redis: Any = redis  # its types name what each form of a connection may return
        self._keys = Keys(application)
        self._script = redis.register_script(_SCRIPT)

    def take(self, batch: Batch, now_ms: int) -> int:
        """Takes a batch in; returns by how many there are more customers who are in a segment.

        Raises:
            MovedError: the store does not stand at the batch's first offset.
        """
        records = orjson.dumps([_told(one) for one in batch.records])
        try:
            more: int = self._script(
                keys=[self._keys.positions(self.number), self._keys.segments(self.number)],
                args=[self._keys.generation(self.number), batch.partition, batch.first, batch.end, now_ms, records],
            )
        except ResponseError as error:
            if _MOVED not in str(error):
                raise
            raise MovedError(str(error)) from error
        return more

    def positions(self) -> dict[int, int]:
        """The next offset of each partition; empty: nothing was ever taken in, or all was lost."""
        found: dict[str, str] = self._redis.hgetall(self._keys.positions(self.number))
        return {int(partition): int(offset) for partition, offset in found.items() if partition != "written"}

    def written_ms(self) -> int:
        """When it was last known to be up to date; 0: never."""
        return int(self._redis.hget(self._keys.positions(self.number), "written") or 0)

    def touch(self, now_ms: int) -> None:
        """It is up to date, though nothing came."""
        self._redis.hset(self._keys.positions(self.number), "written", str(now_ms))

    def begin(self, partitions: Sequence[int]) -> None:
        """An empty generation, of which nothing is there yet."""
        self.drop()
        self._redis.set(self._keys.building, self.number)
        self._redis.hset(self._keys.positions(self.number), mapping=dict.fromkeys(map(str, partitions), "0"))

    def go_live(self) -> None:
        """From now on readers use this generation; the one before is dropped."""
        before = self._redis.getset(self._keys.live, self.number)
        self._redis.delete(self._keys.building)
        if before is not None and int(before) != self.number:
            Store(self._redis, self._keys.application, int(before)).drop()

    def drop(self) -> None:
        """Removes everything of this generation, bit by bit, so that nobody waits for it."""
        pattern = f"{_escaped(self._keys.generation(self.number))}*"
        some: list[Any] = []
        for key in self._redis.scan_iter(match=pattern, count=_SCAN):
            some.append(key)
            if len(some) >= _SCAN:
                self._redis.unlink(*some)
                some.clear()
        if some:
            self._redis.unlink(*some)


def live_number(redis: Redis, application: str) -> int | None:
    """The generation that readers use; None: there is none yet."""
    number: Any = redis.get(Keys(application).live)
    return None if number is None else int(number)


def next_number(redis: Redis, application: str) -> int:
    """A generation that is not live; what was left of it by a build that did not end is dropped with ``begin``."""
    building: Any = redis.get(Keys(application).building)
    return int(building) if building is not None else (live_number(redis, application) or 0) + 1


def _told(arrived: Arrived) -> list[object]:
    change = arrived.change
    if change is None:
        return [arrived.user, 0, "", 0, [], False, []]
    trial = change.arms or False, change.withheld
    return [change.user, change.seq, change.at, instant_ms(change.at), change.segments, *trial]


def _escaped(text: str) -> str:
    """A text as a pattern that matches just it."""
    return "".join(f"\\{char}" if char in "*?[]\\^" else char for char in text)
