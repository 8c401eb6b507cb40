"""Everything that was streamed, from the beginning on: the input topics and the memberships, without a group."""

from __future__ import annotations

from collections.abc import Iterator

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaException, Message, TopicPartition

from streams.clients.changes import record_of
from streams.clients.errors import ClientError
from streams.clients.quiet import librdkafka_log
from streams.clients.topics import partitions_of
from streams.events.decode import Refusal, decode_event
from streams.events.native import Event
from streams.events.rates import Rates
from streams.jobs.reading import BATCH_RECORDS, Place, place_of, sorted_out
from streams.settings import Settings
from streams.worker.errors import kafka_error
from streams.worker.security import librdkafka_config
from streams.worker.topics import MEMBERSHIPS


class Members:
    """Who is in which segment, as the newest records say."""

    def __init__(self) -> None:
        self.of_segment: dict[str, dict[str, None]] = {}
        self.of_user: dict[str, list[str]] = {}

    def put(self, user: str, segments: list[str]) -> None:
        """A customer is in these segments now."""
        for name in self.of_user.get(user, ()):
            del self.of_segment[name][user]
        self.of_user[user] = segments
        for name in segments:
            self.of_segment.setdefault(name, {})[user] = None
        if not segments:
            del self.of_user[user]


class Everything:
    """Reads on and on; ``caught_up`` once everything that was there at the start was read.

    Raises:
        ClientError: the broker refuses, or there is no such topic; from every method.
    """

    def __init__(self, settings: Settings, rates: Rates) -> None:
        self._rates = rates
        topics = [*settings.topics.names(), MEMBERSHIPS]
        self._unread = {(topic, number) for topic in topics for number in partitions_of(settings, topic)}
        config = librdkafka_config(
            settings,
            group_id=f"{settings.application}-recommend",  # a name that librdkafka wants; the group is never joined
            isolation_level="read_committed",
            enable_auto_commit=False,
            enable_partition_eof=True,
            auto_offset_reset="earliest",
            fetch_wait_max_ms=50,
            queued_min_messages=20_000,
        )
        self._next: dict[Place, int] = {}
        self._consumer = Consumer(config, logger=librdkafka_log)
        self._consumer.assign([TopicPartition(topic, number, OFFSET_BEGINNING) for topic, number in self._unread])

    @property
    def caught_up(self) -> bool:
        """Whether the end of every partition was seen."""
        return not self._unread

    def read(self, seconds: float, members: Members) -> Iterator[Event]:
        """The events that came within so many seconds; memberships go to ``members``. What is no event is left out: the
        worker refuses it."""
        try:
            messages, ended = sorted_out(self._consumer.consume(BATCH_RECORDS, seconds))
        except KafkaException as error:
            raise ClientError(f"cannot read what was streamed: {kafka_error(error).str()}") from error
        self._unread -= ended
        for message in messages:
            place = place_of(message)
            if self._is_new(message, place):
                event = self._event(message, place[0], members)
                if event is not None:
                    yield event

    def close(self) -> None:
        """Lets the broker go."""
        self._consumer.close()

    def _is_new(self, message: Message, place: Place) -> bool:
        """A record may be handed over a second time when a broker comes back."""
        offset = message.offset() or 0
        if offset < self._next.get(place, 0):
            return False
        self._next[place] = offset + 1
        return True

    def _event(self, message: Message, topic: str, members: Members) -> Event | None:
        if topic == MEMBERSHIPS:
            said = record_of(message.key(), message.value())
            members.put(said.user, [] if said.change is None else said.change.segments)
            return None
        event = decode_event(message.value(), message.key(), self._rates)
        return None if isinstance(event, Refusal) else event
