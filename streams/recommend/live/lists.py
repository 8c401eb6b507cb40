"""What is recommended now, for whoever tells others of it: the newest lists of the topic, in memory.

A thread reads the topic, so that a question is a look into a dictionary and never waits for the broker.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import orjson
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition

from streams.clients.errors import ClientError
from streams.clients.quiet import librdkafka_log
from streams.clients.topics import partitions_of
from streams.jobs.reading import sorted_out
from streams.recommend.live.topic import segment_key
from streams.settings import Settings
from streams.worker.errors import kafka_error
from streams.worker.security import librdkafka_config

#: so long a start waits until all lists that are there were read; then it goes on with what there is
START_SECONDS = 30.0
#: where nobody recommends, it is looked so often whether somebody does now
LOOK_SECONDS = 60.0
POLL_SECONDS = 0.5
BATCH_RECORDS = 2_000
#: of a list so many products are kept, as many as a mail has at most
KEPT = 12


class LiveLists:
    """The newest list of each customer and segment.

    Args:
        settings: broker and application.
        say: told in words what does not work.

    Raises:
        ClientError: the broker does not answer; from ``start``.
    """

    def __init__(self, settings: Settings, say: Callable[[str], None]) -> None:
        self._settings, self._say = settings, say
        self._lists: dict[str, tuple[str, ...]] | None = None
        self._stop, self._read = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._follow, name="recommendations", daemon=True)

    def start(self) -> None:
        """Begins to read, and waits for what is there."""
        self._thread.start()
        if not self._read.wait(START_SECONDS):
            self._say("the recommendations are not all read yet; who comes first may get the products of their segment")

    def close(self) -> None:
        """Ends reading."""
        self._stop.set()
        self._thread.join(5.0)

    def of(self, user: str, segment: str) -> tuple[str, ...] | None:
        """The products for a customer, else those for the segment; None where nobody recommends anything."""
        lists = self._lists
        if lists is None:
            return None
        return lists.get(user) or lists.get(segment_key(segment)) or ()

    def _follow(self) -> None:
        while not self._stop.is_set():
            try:
                numbers = partitions_of(self._settings, self._settings.recommendations)
            except (ClientError, KafkaException):  # nobody recommends, or the broker is away
                self._read.set()
                self._stop.wait(LOOK_SECONDS)
                continue
            self._follow_partitions(numbers)

    def _follow_partitions(self, numbers: list[int]) -> None:
        topic = self._settings.recommendations
        lists: dict[str, tuple[str, ...]] = {}
        config = librdkafka_config(
            self._settings,
            group_id=f"{self._settings.application}-lists",  # a name that librdkafka wants; the group is never joined
            isolation_level="read_committed",
            enable_auto_commit=False,
            enable_partition_eof=True,
            auto_offset_reset="earliest",
        )
        consumer = Consumer(config, logger=librdkafka_log)
        try:
            consumer.assign([TopicPartition(topic, one, OFFSET_BEGINNING) for one in numbers])
            unread = {(topic, one) for one in numbers}
            self._lists = lists
            while not self._stop.is_set():
                messages, ended = sorted_out(consumer.consume(BATCH_RECORDS, POLL_SECONDS))
                for message in messages:
                    _take(message, lists)
                unread -= ended
                if not unread:
                    self._read.set()
        except KafkaException as error:
            self._say(f"cannot read {topic}, and tries again: {kafka_error(error).str()}")
            self._stop.wait(LOOK_SECONDS)
        finally:
            consumer.close()


def _take(message: Message, lists: dict[str, tuple[str, ...]]) -> None:
    key, value = (message.key() or b"").decode(errors="replace"), message.value()
    if value is None:
        lists.pop(key, None)
    else:
        lists[key] = tuple([one["id"] for one in orjson.loads(value)["products"][:KEPT]])
