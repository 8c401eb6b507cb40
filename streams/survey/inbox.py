"""The questions that reach a worker, and the way out for its answers; no consumer group, nothing committed."""

from __future__ import annotations

import msgspec
from confluent_kafka import OFFSET_END, Consumer, KafkaException, Producer, TopicPartition

from streams.settings import Settings
from streams.survey.messages import OPEN_MS, Answer, Question, encoded, question
from streams.survey.patience import patiently
from streams.worker.logs import librdkafka_log
from streams.worker.security import librdkafka_config
from streams.worker.topics import LARGEST_BYTES, TopicNames

BATCH = 100
ASK_SECONDS = 10.0


class Inbox:
    """A worker's end of the survey topics. ``open`` and ``poll`` block, so they belong into a thread."""

    def __init__(self, settings: Settings, names: TopicNames) -> None:
        self._application, self._names = settings.application, names
        config = librdkafka_config(
            settings,
            group_id=f"{settings.application}-survey",  # a name that librdkafka wants; the group is never joined
            enable_auto_commit=False,
            auto_offset_reset="latest",
            fetch_wait_max_ms=100,
            fetch_message_max_bytes=LARGEST_BYTES,
        )
        self._consumer = Consumer(config, logger=librdkafka_log)
        config = librdkafka_config(
            settings, enable_idempotence=True, message_max_bytes=LARGEST_BYTES, compression_type="lz4"
        )
        self._producer = Producer(config, logger=librdkafka_log)

    def open(self, now_ms: int) -> None:
        """Begins with the questions that may be open: a partition that comes here may not have been answered for."""
        since = TopicPartition(self._names.questions, 0, now_ms - OPEN_MS)
        try:
            found = patiently(lambda: self._consumer.offsets_for_times([since], ASK_SECONDS), ASK_SECONDS)
            start = found[0].offset
        except KafkaException:
            start = OFFSET_END
        self._consumer.assign([TopicPartition(self._names.questions, 0, start)])

    def poll(self, seconds: float) -> list[Question]:
        """The questions to this application that came within so many seconds, in order."""
        self._producer.poll(0)
        first = self._consumer.poll(seconds)
        found = [] if first is None else [first, *self._consumer.consume(BATCH, 0)]
        asked = [question(message.value()) for message in found if message.error() is None]
        return [one for one in asked if one is not None and one.application == self._application]

    def reply(self, found: Answer) -> None:
        """Sends an answer; one that is too large is told as an error."""
        try:
            self._producer.produce(self._names.answers, encoded(found))
        except KafkaException as error:
            reason = f"the answer could not be sent: {error.args[0].str()}"
            said = msgspec.structs.replace(found, live={}, findings=None, error=reason)
            self._producer.produce(self._names.answers, encoded(said))
        self._producer.poll(0)
