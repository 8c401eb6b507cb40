"""Reading the serving store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from redis import Redis

from streams.sinks.serving.keys import Keys
from streams.sinks.serving.store import live_number

_PAGE = 1_000


class Member(NamedTuple):
    """A customer of a segment, and the instant (ms) at which they entered it."""

    user: str
    since_ms: int


class Standing(NamedTuple):
    """Where a customer stands: the number of their newest change, its instant (RFC 3339), the segments with the
    instants (ms) at which they entered, the arms of trials, and the segments whose mail they do not get by these."""

    seq: int
    at: str
    since_ms: dict[str, int]
    arms: dict[str, str]
    withheld: list[str]


class Lookup:
    """Answers from the generation that is live when it is asked.

    Args:
        redis: a connection with ``decode_responses=True``.
        application: the application's name.
    """

    def __init__(self, redis: Redis, application: str) -> None:
        self._redis: Any = redis  # its types name what each form of a connection may return
        self._keys = Keys(application)
        self._application = application

    @property
    def there(self) -> bool:
        """Whether the store has been filled."""
        return live_number(self._redis, self._application) is not None

    def customer(self, user: str) -> Standing | None:
        """Where a customer stands; None: in no segment, or unknown."""
        number = live_number(self._redis, self._application)
        found: dict[str, str] = self._redis.hgetall(self._keys.customer(number or 0, user))
        if not found:
            return None
        since = orjson.loads(found["since"])
        trial = orjson.loads(found.get("arms", "{}")), orjson.loads(found.get("withheld", "[]"))
        return Standing(int(found["seq"]), found["at"], since, *trial)

    def sizes(self) -> dict[str, int]:
        """How many customers are in each segment that has any, by name."""
        number = live_number(self._redis, self._application) or 0
        names = sorted(self._redis.smembers(self._keys.segments(number)))
        pipe = self._redis.pipeline(transaction=False)
        for name in names:
            pipe.zcard(self._keys.members(number, name))
        return {name: size for name, size in zip(names, pipe.execute(), strict=True) if size}

    def size(self, segment: str) -> int:
        """How many customers are in a segment."""
        number = live_number(self._redis, self._application) or 0
        return int(self._redis.zcard(self._keys.members(number, segment)))

    def members(self, segment: str, newest_first: bool = False) -> Iterator[Member]:
        """The customers of a segment, by the instant at which they entered; read in pages, so that one who enters or
        leaves meanwhile may be missed or told twice."""
        number = live_number(self._redis, self._application) or 0
        key, first = self._keys.members(number, segment), 0
        while page := self._redis.zrange(key, first, first + _PAGE - 1, desc=newest_first, withscores=True):
            yield from (Member(user, int(score)) for user, score in page)
            first += _PAGE
