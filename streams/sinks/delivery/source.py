"""The topic of memberships, as the engine reads it."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Protocol

from streams.clients.topics import partitions_of, prepare
from streams.settings import Settings
from streams.sinks.feed import Feed, Run
from streams.worker.topics import MEMBERSHIPS


class Source(Protocol):
    """Records of memberships from given offsets on."""

    def start(self, positions: Mapping[int, int]) -> None:
        """Reads from these offsets on."""
        ...

    def ends(self) -> dict[int, tuple[int, int]]:
        """Where each partition begins and ends now."""
        ...

    def read(self, seconds: float, most: int) -> list[Run]:
        """What comes within so many seconds, at most so many records."""
        ...

    def positions(self) -> dict[int, int]:
        """The next offset of each partition, behind markers that read reads over."""
        ...


class KafkaSource:
    """The topic itself.

    Raises:
        ClientError: the broker refuses; from every method.
    """

    def __init__(self, settings: Settings) -> None:
        prepare(settings)
        self._settings = settings
        self._partitions = partitions_of(settings, MEMBERSHIPS)
        self._feed = Feed(settings, {})

    def start(self, positions: Mapping[int, int]) -> None:
        """Reads from these offsets on."""
        self._feed.close()
        self._feed = Feed(self._settings, positions)

    def ends(self) -> dict[int, tuple[int, int]]:
        """Where each partition begins and ends now, open transactions aside."""
        with closing(Feed(self._settings, {})) as feed:
            return feed.ends(self._partitions)

    def read(self, seconds: float, most: int) -> list[Run]:
        """What comes within so many seconds, at most so many records."""
        return self._feed.read(seconds, most)

    def positions(self) -> dict[int, int]:
        """The next offset of each partition, behind markers that read reads over."""
        return self._feed.positions()

    def close(self) -> None:
        """Lets the broker go."""
        self._feed.close()
