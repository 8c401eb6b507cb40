"""Reading the topic of membership changes from its beginning on, in a thread, for as long as anybody looks."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaException, TopicPartition

from streams.clients.changes import Change, arrived, changes_from
from streams.clients.topics import NoTopic
from streams.dashboard.members import Members
from streams.errors import MicrosegError
from streams.settings import Settings
from streams.worker.errors import kafka_error
from streams.worker.logs import log
from streams.worker.new_topics import admin_of
from streams.worker.topics import MEMBERSHIPS

BATCH = 500
#: The newest changes that pages which look on are shown; in between they may miss some.
SHOWN = 200
MINUTE_S = 60.0
ASK_SECONDS, BROKER_SECONDS = 5.0, 2.0
#: After what the broker refused.
PAUSE_SECONDS = 2.0


class Shown(NamedTuple):
    """A change that came while somebody looked; numbers go up by one."""

    number: int
    change: Change


class Feed:
    """``share``: of one core, the part that reading may take; a worker must not be held up by who looks at it.

    ``members`` may be read under ``lock`` only. ``progress`` goes from 0 to 1, where all that was there at the start is
    read; ``trouble`` is why nothing comes.
    """

    def __init__(self, settings: Settings, share: float) -> None:
        self.lock = threading.Lock()
        self.members = Members()
        self.progress = 0.0
        self.trouble = ""
        self.newest: deque[Shown] = deque(maxlen=SHOWN)
        self._settings, self._share = settings, share
        self._number = 0
        self._lately: deque[tuple[float, int]] = deque()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dashboard-feed", daemon=True)

    def start(self) -> None:
        """Begins to read."""
        self._thread.start()

    def stop(self) -> None:
        """Ends reading; returns at once."""
        self._stop.set()

    def per_minute(self) -> int | None:
        """Changes that came in the last minute; None while older ones are read."""
        if self.progress < 1:
            return None
        now_s = time.monotonic()
        return sum(count for at_s, count in list(self._lately) if at_s > now_s - MINUTE_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._follow()
            except (MicrosegError, KafkaException) as error:
                said = kafka_error(error).str() if isinstance(error, KafkaException) else str(error)
                self.trouble = f"changes cannot be read: {said}"
            except Exception as error:  # a bug here must not look like nothing happening
                log.exception("the dashboard's feed failed")
                self.trouble = f"changes cannot be read: {error}"
            self._stop.wait(PAUSE_SECONDS)

    def _follow(self) -> None:
        """Reads from the beginning until told to stop."""
        there = admin_of(self._settings).list_topics(MEMBERSHIPS, BROKER_SECONDS).topics[MEMBERSHIPS]
        if there.error is not None:
            raise NoTopic(f"there is no topic {MEMBERSHIPS} yet")
        numbers = sorted(there.partitions)
        consumer = changes_from(self._settings, dict.fromkeys(numbers, 0))
        try:
            places = [TopicPartition(MEMBERSHIPS, number) for number in numbers]
            marks = [consumer.get_watermark_offsets(place, ASK_SECONDS) for place in places]
            with self.lock:
                self.members, self.progress, self.trouble = Members(), 0.0, ""
            while not self._stop.is_set():
                self._read(consumer)
                if self.progress < 1:
                    self.progress = _progress(consumer, places, marks)
        finally:
            consumer.close()

    def _read(self, consumer: Consumer) -> None:
        messages = consumer.consume(BATCH, 0.2)
        began_s = time.monotonic()
        live = self.progress >= 1
        for message in messages:
            one = arrived(message)
            with self.lock:
                self.members.take(one)
            if live and one.change is not None:
                self._number += 1
                self.newest.append(Shown(self._number, one.change))
        if messages:
            self._count(len(messages), live=live)
            self._stop.wait((time.monotonic() - began_s) * (1 / self._share - 1))

    def _count(self, count: int, *, live: bool) -> None:
        now_s = time.monotonic()
        if live:
            self._lately.append((now_s, count))
        while self._lately and self._lately[0][0] < now_s - MINUTE_S:
            self._lately.popleft()


def _progress(consumer: Consumer, places: list[TopicPartition], marks: list[tuple[int, int]]) -> float:
    """Which part of what was there is read; a control marker at the end is passed by the position alone."""
    at = [max(one.offset, low) for one, (low, _) in zip(consumer.position(places), marks, strict=True)]
    whole = sum(high - low for low, high in marks)
    read = sum(min(offset, high) - low for offset, (low, high) in zip(at, marks, strict=True))
    return 1.0 if read >= whole else read / whole
