"""The subscriber library: membership changes for the code that mails, each until its work is done.

    from streams.sinks.subscriber import Subscriber

    with Subscriber("127.0.0.1:9092", group="newsletter") as subscriber:
        for member in subscriber:
            for segment in member.entered:
                ...  # mail them

A change counts as done when the next one is asked for. After a crash it begins with the oldest that was not done, so
one may come twice: with the same ``user`` and ``seq``.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from kafka import ConsumerRebalanceListener, KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.coordinator.assignors.cooperative_sticky import CooperativeStickyAssignor
from kafka.errors import CommitFailedError, KafkaError, RebalanceInProgressError

from streams.clients.changes import record_of
from streams.clients.errors import ClientError
from streams.sinks.truth import Membership, Truth
from streams.worker.security import kafka_python_config
from streams.worker.topics import MEMBERSHIPS

# what it cannot do is raised; its own lines would go to standard error
logging.getLogger("kafka").addHandler(logging.NullHandler())

#: How long a poll waits, in seconds.
POLL_SECONDS = 0.2
#: How often at most what is done is told to the broker, in seconds.
COMMIT_SECONDS = 1.0
#: Records of a poll at most.
POLL_RECORDS = 2_000


@dataclass(slots=True)
class _Part:
    """A partition: what is known of its customers, and up to which offset it is only learned.

    ``tell``: everybody who is in a segment is told of once that is learned. ``done``: the offset up to which the
    caller's work is done; ``committed``: up to which the broker knows.
    """

    goal: int
    tell: bool
    done: int
    committed: int
    truth: Truth = field(default_factory=Truth)
    learning: bool = True


class Subscriber:
    """Iterates over memberships, and commits what the caller is done with.

    Each customer's changes come in their order. Several subscribers of one group share the customers. The first start
    of a group begins with where everybody stands (``kind`` "truth").

    Args:
        bootstrap: the brokers, ``host:port`` and more of them behind commas.
        group: the name under which what is done is remembered.
        segment: only who enters or leaves this one; None: all.
        kafka: TLS and SASL under librdkafka's names, as in ``[kafka]`` of the settings.

    Raises:
        ClientError: the broker cannot be reached or has no such topic; also while iterating.
    """

    def __init__(
        self, bootstrap: str, group: str, *, segment: str | None = None, kafka: Mapping[str, str] | None = None
    ) -> None:
        self._bootstrap, self._segment = bootstrap, segment
        self._parts: dict[TopicPartition, _Part] = {}
        self._ready: deque[tuple[TopicPartition, int, Membership | None]] = deque()
        self._committed_at = time.monotonic()
        self._lost: set[TopicPartition] = set()
        try:
            self._consumer = KafkaConsumer(
                bootstrap_servers=bootstrap.split(","),
                group_id=group,
                isolation_level="read_committed",
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_poll_records=POLL_RECORDS,
                partition_assignment_strategy=(CooperativeStickyAssignor,),
                **kafka_python_config(kafka or {}),
            )
            self._check_topic()
            self._consumer.subscribe([MEMBERSHIPS], listener=_Listener(self._lost))
        except KafkaError as error:
            raise self._failed(error) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self.close(done=kind is None)

    def __iter__(self) -> Iterator[Membership]:
        """Memberships, for ever; the one before is done when the next is asked for."""
        while True:
            yield from self.poll(POLL_SECONDS)
            self.commit(at_most_every_s=COMMIT_SECONDS)

    def poll(self, seconds: float) -> Iterator[Membership]:
        """What comes within so many seconds, or is there; each is done when the next, or the end, is asked for."""
        if not self._ready:
            self._read(seconds)
        while self._ready:
            tp, offset, member = self._ready.popleft()
            if tp not in self._parts:  # it went to another subscriber while the caller worked
                continue
            if member is not None:
                yield member
            if tp in self._parts:
                self._parts[tp].done = max(offset, self._parts[tp].done)

    def commit(self, at_most_every_s: float = 0.0) -> None:
        """Tells the broker what is done, so that it does not come again."""
        if time.monotonic() - self._committed_at < at_most_every_s:
            return
        self._committed_at = time.monotonic()
        fresh = {tp: part for tp, part in self._parts.items() if part.done > part.committed}
        if fresh:
            try:
                self._consumer.commit({tp: OffsetAndMetadata(part.done, "", -1) for tp, part in fresh.items()})
            except (RebalanceInProgressError, CommitFailedError):
                return  # the group shares its partitions anew: what is still held here is told next time
            except KafkaError as error:
                raise self._failed(error) from error
            for part in fresh.values():
                part.committed = part.done

    def close(self, *, done: bool = True) -> None:
        """Leaves the group; unless the caller's work failed, what was handed out is done."""
        try:
            if done:
                self.commit()
        finally:
            self._parts.clear()  # so that leaving commits nothing more
            self._consumer.close(autocommit=False)

    @property
    def held(self) -> int:
        """How many partitions are this subscriber's share."""
        return len(self._parts)

    @property
    def repeats(self) -> int:
        """Records that were dropped, as they had been seen before."""
        return sum(part.truth.repeats for part in self._parts.values())

    def _read(self, seconds: float) -> None:
        """Polls once, and puts what is to be done behind what is ready."""
        try:
            found = self._consumer.poll(timeout_ms=int(seconds * 1000))
            for tp in self._kept_up():
                found.pop(tp, None)  # it is read again from the beginning
            for tp, records in found.items():
                for record in records:
                    self._take(tp, self._parts[tp], record)
            for tp, part in self._parts.items():
                self._look(tp, part, self._consumer.position(tp))
        except KafkaError as error:
            raise self._failed(error) from error

    def _kept_up(self) -> set[TopicPartition]:
        """Drops the partitions that went to other subscribers, and begins to learn who is in those that came, from
        their beginning; returns these."""
        while self._lost:
            self._parts.pop(self._lost.pop(), None)
        held = self._consumer.assignment() or set()
        for tp in self._parts.keys() - held:
            del self._parts[tp]
        fresh = held - self._parts.keys()
        ends = self._consumer.end_offsets(list(fresh)) if fresh else {}
        for tp in fresh:
            committed = self._consumer.committed(tp)
            goal = ends[tp] if committed is None else min(committed, ends[tp])
            self._parts[tp] = _Part(goal, committed is None, done=committed or 0, committed=committed or 0)
        if fresh:
            self._consumer.seek_to_beginning(*fresh)
        return fresh

    def _take(self, tp: TopicPartition, part: _Part, record: Any) -> None:
        arrived = record_of(record.key, record.value)
        self._look(tp, part, record.offset)
        if part.learning:
            part.truth.learn(arrived)
        else:
            self._ready.append((tp, record.offset + 1, self._narrowed(part.truth.take(arrived))))

    def _look(self, tp: TopicPartition, part: _Part, position: int) -> None:
        """Once all that was there is learned everybody is told of, unless what was there was done before."""
        if not part.learning or position < part.goal:
            return
        part.learning = False
        everybody = part.truth.all()
        if part.tell:
            told = [one for one in map(self._narrowed, everybody) if one is not None]
            self._ready.extend((tp, 0, one) for one in told)
            self._ready.append((tp, part.goal, None))  # only behind the last of them all is done up to there

    def _narrowed(self, member: Membership | None) -> Membership | None:
        """As seen by somebody whom only one segment concerns."""
        if member is None or self._segment is None:
            return member
        only = {self._segment}
        entered, exited = sorted(only & {*member.entered}), sorted(only & {*member.exited})
        return member._replace(entered=entered, exited=exited) if entered or exited else None

    def _check_topic(self) -> None:
        if MEMBERSHIPS not in self._consumer.topics():  # to ask for its partitions would have some brokers make it
            self._consumer.close(autocommit=False)
            raise ClientError(f"there is no topic {MEMBERSHIPS} on {self._bootstrap}; has a worker run there?")

    def _failed(self, error: KafkaError) -> ClientError:
        return ClientError(f"cannot read {MEMBERSHIPS} from {self._bootstrap}: {error}")


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]
    """Notes which partitions were lost; it is called by the client's own thread, where nothing may wait."""

    def __init__(self, lost: set[TopicPartition]) -> None:
        self._lost = lost

    def on_partitions_assigned(self, assigned: list[TopicPartition]) -> None:
        """Nothing: what came is seen after the poll."""

    def on_partitions_revoked(self, revoked: list[TopicPartition]) -> None:
        """Adds them to those that were lost, also where they come back at once."""
        self._lost.update(revoked)
