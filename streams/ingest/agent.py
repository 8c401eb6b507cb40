"""The ingest agent: the shop's own topics in, native topics out, each batch in one transaction with its offsets.

What makes it exactly once:

- The offsets of a batch are committed in the transaction that writes its events, for the group generation in which the
  batch was read. A process whose partitions have gone to another cannot commit.
- The transactional id is that of the process's name (the setting ``worker``), so that a restart ends what a killed
  process left open, and of two processes under one name the older stops.
- After every rebalance reading begins anew at the committed offsets, and what was fetched before it is dropped.
"""

from __future__ import annotations

import time
from threading import Event

from confluent_kafka import KafkaException, TopicPartition
from confluent_kafka import Message as KafkaMessage

from streams.dialects.words import Record
from streams.ingest.batch import Message, Translating
from streams.ingest.counts import Counts, Tidings
from streams.jobs.errors import Job, JobError, explained
from streams.jobs.reading import GroupReader
from streams.jobs.writer import Out, Writer
from streams.settings import Settings

TELL_SECONDS = 10.0


def job_of(settings: Settings) -> Job:
    """What this process is called."""
    return Job.of_worker(settings, "ingest")


class Agent:
    """Reads, translates and writes until it is told to stop. All methods are called from one thread."""

    def __init__(self, settings: Settings, translating: Translating, *, until_drained: bool = False) -> None:
        self.counts = Counts()
        self.seconds = self.cpu_seconds = 0.0  # from the first records to the end of the newest transaction
        self._settings, self._job = settings, job_of(settings)
        self._translating = translating
        self._until_drained = until_drained
        self._tidings = Tidings()
        self._reader = GroupReader(settings, "ingest", "roundrobin", ends=until_drained)
        self._writer = Writer(settings, self._job)

    def busy_seconds(self) -> float:
        """For how long the broker has been asked for what is asked of it now; may be called from any thread."""
        return self._writer.busy_seconds()

    def run(self, stop: Event) -> None:
        """Works until ``stop`` is set, or all that is there is translated where that was asked for.

        Raises:
            JobError: another process has taken over, or the broker has not answered; nothing is half written.
        """
        try:
            self._writer.open()
            self._reader.join([topic.name for topic in self._settings.foreign])
            self._work(stop)
            self._reader.close()
        except KafkaException as error:
            raise explained(self._job, error) from error
        self._tidings.tell(self.counts)

    def _work(self, stop: Event) -> None:
        tell_at = time.monotonic() + TELL_SECONDS
        began: tuple[float, float] | None = None
        while not stop.is_set() and not (self._until_drained and self._reader.drained()):
            if messages := self._read():
                began = began or (time.monotonic(), time.process_time())
                written, counts = self._translating.batch(messages)
                records = (Out(topic, key, value) for topic, key, value in written)
                self._writer.write(records, _ends(messages), self._reader.group())
                self.counts.add(counts)
                self.seconds, self.cpu_seconds = time.monotonic() - began[0], time.process_time() - began[1]
            self._writer.serve()
            if time.monotonic() > tell_at:
                self._tidings.tell(self.counts)
                tell_at = time.monotonic() + TELL_SECONDS

    def _read(self) -> list[Message]:
        fetched = self._reader.read()
        if fetched is None:
            # at the committed offsets: some of what was fetched may be of an earlier assignment
            self._reader.go_on([TopicPartition(*place) for place in self._reader.held()])
            return []
        return [_message(one) for one in fetched]


def _message(one: KafkaMessage) -> Message:
    topic, partition, offset, key = one.topic(), one.partition(), one.offset(), one.key()
    if topic is None or partition is None or offset is None:
        raise JobError("Kafka gave a record that says not where it lies")
    stamp_ms = one.timestamp()[1]
    record = Record(one.value(), key, one.headers() or (), topic, stamp_ms if stamp_ms > 0 else None)  # type: ignore[arg-type]
    return Message(record, topic, partition, offset)


def _ends(messages: list[Message]) -> list[TopicPartition]:
    """The offsets behind a batch."""
    ends = {(message.topic, message.partition): message.offset + 1 for message in messages}
    return [TopicPartition(topic, number, offset) for (topic, number), offset in ends.items()]
