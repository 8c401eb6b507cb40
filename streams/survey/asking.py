"""Asking all workers and waiting for their answers."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable
from contextlib import closing, suppress

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from streams.clients.errors import ClientError
from streams.clients.quiet import librdkafka_log
from streams.clients.topics import prepare
from streams.rows.home import home_partition
from streams.settings import Settings
from streams.survey.errors import SurveyError, nobody_there, unanswered
from streams.survey.messages import EXPLAIN, PAST, PLAN, SIZES, STATUS, WITHDRAWN, Answer, Question, answer, encoded
from streams.survey.patience import patiently
from streams.survey.presence import workers_there
from streams.survey.tally import Tally, sizes
from streams.worker.security import librdkafka_config
from streams.worker.topics import ANSWERS, LARGEST_BYTES, QUESTIONS

#: How long to wait for a sign of any worker that has not answered yet.
WAIT_SECONDS = 30.0
#: While nobody at all has said anything, how often to see whether any worker is there.
LOOK_SECONDS = 3.0
BATCH = 100
ASK_SECONDS = 10.0


def ask_plan(settings: Settings, files: dict[str, str], show: int = 0, wait_s: float = WAIT_SECONDS) -> list[Answer]:
    """What rule files would change, from each partition.

    Raises:
        SurveyError: a partition did not answer, or could not.
        MicrosegError: the broker does not answer.
    """
    partitions = prepare(settings)
    question = _question(settings, PLAN, files=files, show=show)
    return _asked(settings, question, range(partitions), wait_s)


def ask_explain(
    settings: Settings, user: str, at_ms: int | None = None, wait_s: float = WAIT_SECONDS, family: str = ""
) -> Answer:
    """The explanation of one customer, from their home partition, of one family with all their values; raises as
    ``ask_plan``."""
    home = home_partition(user, prepare(settings))
    question = _question(settings, EXPLAIN, user=user, at_ms=at_ms, family=family)
    return _asked(settings, question, [home], wait_s)[0]


def ask_past(settings: Settings, user: str, show: int, wait_s: float = WAIT_SECONDS) -> Answer:
    """The past of one customer with at most ``show`` facts, from their home partition; raises as ``ask_plan``."""
    home = home_partition(user, prepare(settings))
    return _asked(settings, _question(settings, PAST, user=user, show=show), [home], wait_s)[0]


def ask_status(settings: Settings, wait_s: float = WAIT_SECONDS) -> list[Answer]:
    """How partitions fare: those that answer within ``wait_s``, which may be none.

    Raises:
        MicrosegError: the broker does not answer.
    """
    partitions = prepare(settings)
    return _asked(settings, _question(settings, STATUS), range(partitions), wait_s, partial=True)


def ask_sizes(settings: Settings, wait_s: float = WAIT_SECONDS) -> dict[str, int]:
    """Members by segment over all workers, as published; raises as ``ask_plan``."""
    partitions = prepare(settings)
    return sizes(_asked(settings, _question(settings, SIZES), range(partitions), wait_s))


def _question(
    settings: Settings,
    kind: str,
    *,
    files: dict[str, str] | None = None,
    show: int = 0,
    user: str = "",
    at_ms: int | None = None,
    family: str = "",
) -> Question:
    return Question(uuid.uuid4().hex, kind, settings.application, files or {}, show, user, at_ms, family)


def _asked(
    settings: Settings, question: Question, partitions: Iterable[int], wait_s: float, *, partial: bool = False
) -> list[Answer]:
    """``partial``: those that answer in time are enough."""
    producer = Producer(
        librdkafka_config(settings, enable_idempotence=True, message_max_bytes=LARGEST_BYTES), logger=librdkafka_log
    )
    tally = Tally(question.id, partitions)
    with closing(_reader(settings)) as reader:
        _send(producer, question)
        try:
            with suppress(*((SurveyError,) if partial else ())):
                _gather(reader, tally, _Patience(settings, wait_s))
        finally:  # Ctrl-C too: no worker need go on
            _send(producer, Question(question.id, WITHDRAWN, question.application))
    return tally.answers()


def _reader(settings: Settings) -> Consumer:
    """A consumer of the answers that come from now on; where that is must be known before anybody is asked."""
    config = librdkafka_config(
        settings,
        group_id=f"{settings.application}-survey",  # a name that librdkafka wants; the group is never joined
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_wait_max_ms=50,
        fetch_message_max_bytes=LARGEST_BYTES,
    )
    consumer, place = Consumer(config, logger=librdkafka_log), TopicPartition(ANSWERS, 0)
    try:
        _, end = patiently(lambda: consumer.get_watermark_offsets(place, ASK_SECONDS), ASK_SECONDS)
    except KafkaException as error:
        consumer.close()
        raise ClientError(f"cannot read {ANSWERS}: {error.args[0].str()}") from error
    consumer.assign([TopicPartition(ANSWERS, 0, end)])
    return consumer


def _send(producer: Producer, question: Question) -> None:
    try:
        producer.produce(QUESTIONS, encoded(question), question.application.encode())
    except KafkaException as error:  # such as for its size
        raise ClientError(f"the question could not be sent: {error.args[0].str()}") from error
    if producer.flush(ASK_SECONDS):
        raise ClientError(f"the broker did not take a question within {ASK_SECONDS:g} s")


def _gather(reader: Consumer, tally: Tally, patience: _Patience) -> None:
    """Takes answers until every partition has answered."""
    while tally.missing():
        for message in reader.consume(BATCH, 0.1):
            error = message.error()
            if error is not None:
                raise ClientError(f"cannot read {ANSWERS}: {error.str()}")
            found = answer(message.value())
            if found is not None and tally.concerns(found) and (found.working or tally.take(found)):
                _refuse(found)
                patience.renew()
        patience.check(tally)


class _Patience:
    """How long to wait in silence: ``wait_s``, or less where no worker is there. Each sign of one begins it anew."""

    def __init__(self, settings: Settings, wait_s: float) -> None:
        self._settings, self._wait_s = settings, wait_s
        self._since_s = self._looked_s = time.monotonic()
        self._alone = True

    def renew(self) -> None:
        """Somebody has said something."""
        self._since_s, self._alone = time.monotonic(), False

    def check(self, tally: Tally) -> None:
        """Raises SurveyError when it is over."""
        now_s = time.monotonic()
        if now_s - self._since_s > self._wait_s:
            raise unanswered(tally.missing(), len(tally.answers()), self._wait_s)
        if self._alone and now_s - self._looked_s > LOOK_SECONDS:
            self._looked_s = now_s
            if not workers_there(self._settings):
                raise nobody_there(self._settings.application)


def _refuse(found: Answer) -> None:
    if found.error:
        raise SurveyError(f"worker {found.worker} cannot answer for partition {found.partition}: {found.error}")
