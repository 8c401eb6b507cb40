"""How the shop and its workers fare, asked of the broker and of the workers now and then while anybody looks."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from confluent_kafka import IsolationLevel, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec  # type: ignore[attr-defined]

from streams.clients.quiet import librdkafka_log
from streams.clients.topics import prepare
from streams.dashboard.live_rules import LiveRules
from streams.dashboard.refused import refused_page
from streams.errors import MicrosegError
from streams.settings import Settings
from streams.survey.asking import ask_status
from streams.survey.messages import Answer
from streams.survey.patience import patiently
from streams.worker.errors import AWAY, kafka_error
from streams.worker.logs import log
from streams.worker.security import librdkafka_config
from streams.worker.topics import REFUSED

LOOK_SECONDS = 1.0
#: Every so many looks the workers are asked, for at most so many seconds.
ASK_EVERY, ASK_SECONDS = 5, 2.0
#: Refused events are counted anew where there are more, but not more often.
COUNT_SECONDS = 10.0
BROKER_SECONDS = 2.0
#: Speeds are means over so many looks.
MEAN_LOOKS = 10

Place = tuple[str, int]
#: What is wrong, and what to do.
Trouble = tuple[str, str]
_START = "start it (microseg kafka start, or your own), or set broker; the page goes on by itself"


@dataclass(frozen=True, slots=True)
class Found:
    """One look. ``ends``: where inputs and refused events end; ``kept``: how many records of them there are;
    ``answers``: of the workers, by partition; ``refused``: events; None: not known. ``trouble``: what is wrong."""

    ends: Mapping[Place, int] | None = None
    kept: Mapping[Place, int] | None = None
    answers: Mapping[int, Answer] | None = None
    refused: int | None = None
    speeds: Mapping[int, float] | None = None
    trouble: Sequence[Trouble] = ()

    def events(self, inputs: Sequence[str]) -> int | None:
        """Records in these topics; None where that is not known."""
        if self.kept is None:
            return None
        return sum(count for (topic, _), count in self.kept.items() if topic in inputs)

    def figures(self, number: int) -> dict[str, Any] | None:
        """What the worker of a partition said of it."""
        one = (self.answers or {}).get(number)
        return None if one is None else one.findings

    def lag(self, number: int) -> int | None:
        """Records of a partition that are still to be read."""
        said = self.figures(number)
        if said is None or self.ends is None:
            return None
        ends = self.ends
        behind: int = sum(max(0, ends.get((topic, number), at) - int(at)) for topic, at in said["positions"].items())
        return behind


class Figures:
    """Looks once a second, in a thread. ``found`` is the newest look; ``rules`` what is live."""

    def __init__(self, settings: Settings) -> None:
        self.found = Found()
        self.settings = replace(settings, broker_wait_ms=2_000)  # so that nothing hangs for long
        self.rules = LiveRules(replace(settings, broker_wait_ms=10_000))
        self.inputs = settings.topics.names()
        self.partitions = 0
        self._places: list[TopicPartition] = []
        self._asked_wrong: list[Trouble] = []
        self._refused_at: tuple[float, int] = (0.0, -1)  # when refused events were counted, and where their topic ended
        self._admin = AdminClient(librdkafka_config(settings), logger=librdkafka_log)
        self._ends: deque[tuple[float, Mapping[Place, int]]] = deque(maxlen=MEAN_LOOKS)
        self._stop = threading.Event()
        self._looked = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dashboard-figures", daemon=True)

    def start(self) -> None:
        """Begins to look."""
        self._thread.start()

    def stop(self) -> None:
        """Ends it; returns at once."""
        self._stop.set()

    def wait(self, seconds: float) -> None:
        """Returns after the first look, or after so many seconds."""
        self._looked.wait(seconds)

    def _run(self) -> None:
        looks = 0
        while not self._stop.is_set():
            try:
                self._look(ask=looks % ASK_EVERY == 0)
            except Exception as error:  # a bug here must not leave old figures standing
                log.exception("the dashboard's figures failed")
                self.found = Found(trouble=((f"the figures failed: {error}", "the log has more"),))
            looks += 1
            self._looked.set()
            self._stop.wait(LOOK_SECONDS)
        self.rules.close()

    def _look(self, *, ask: bool) -> None:
        try:
            patiently(self._look_at_broker, BROKER_SECONDS)
        except (KafkaException, MicrosegError, TimeoutError) as error:
            self.found = Found(trouble=(_told(error, self.settings.broker),))
            self._ends.clear()
            return
        wrong: list[Trouble] = []
        try:
            self.rules.look()
        except MicrosegError as error:  # the rest can be told without
            wrong.append((str(error), "the page goes on by itself"))
        if ask or self.found.answers is None:
            self._asked_wrong = self._look_at_workers()
        self.found = replace(self.found, trouble=(*wrong, *self._asked_wrong))

    def _look_at_broker(self) -> None:
        if not self._places:
            self._places = self._found_places()
        ends, begins = (self._offsets(spec) for spec in (OffsetSpec.latest(), OffsetSpec.earliest()))  # type: ignore[no-untyped-call]
        self._ends.append((time.monotonic(), ends))
        kept = {place: end - begins[place] for place, end in ends.items()}
        refused = self._count_refused(sum(end for (topic, _), end in ends.items() if topic == REFUSED))
        self.found = replace(self.found, ends=ends, kept=kept, speeds=self._speeds(), refused=refused)

    def _found_places(self) -> list[TopicPartition]:
        """All partitions of what is looked at; topics that are missing are created as by any other client."""
        topics = [*self.inputs, REFUSED]
        there = self._admin.list_topics(timeout=BROKER_SECONDS).topics
        if any(topic not in there for topic in topics):
            prepare(self.settings)
            there = self._admin.list_topics(timeout=BROKER_SECONDS).topics
        self.partitions = len(there[topics[0]].partitions)
        return [TopicPartition(topic, number) for topic in topics for number in there[topic].partitions]

    def _count_refused(self, end: int) -> int | None:
        """How many there are; offsets alone do not tell, as each transaction takes one more."""
        counted_s, counted_end = self._refused_at
        if end != counted_end and (counted_end < 0 or time.monotonic() - counted_s > COUNT_SECONDS):
            self._refused_at = (time.monotonic(), end)
            with suppress(MicrosegError):  # then the older count stands
                return int(refused_page(self.settings)["total"])
        return self.found.refused

    def _offsets(self, spec: Any) -> dict[Place, int]:
        told = self._admin.list_offsets(
            dict.fromkeys(self._places, spec),
            isolation_level=IsolationLevel.READ_COMMITTED,
            request_timeout=BROKER_SECONDS,
        )
        return {(one.topic, one.partition): future.result(BROKER_SECONDS).offset for one, future in told.items()}

    def _speeds(self) -> dict[int, float] | None:
        """Events a second of each partition, by what came into the topics."""
        (first_s, first), (last_s, last) = self._ends[0], self._ends[-1]
        if last_s - first_s < LOOK_SECONDS / 2:
            return None
        came = {
            number: sum(last[topic, number] - first[topic, number] for topic in self.inputs)
            for number in range(self.partitions)
        }
        return {number: count / (last_s - first_s) for number, count in came.items()}

    def _look_at_workers(self) -> list[Trouble]:
        """Asks them; returns what is wrong with them."""
        try:
            answers = {one.partition: one for one in ask_status(self.settings, ASK_SECONDS) if one.findings}
        except MicrosegError as error:
            self.found = replace(self.found, answers=None)
            return [(str(error), "the page goes on by itself")]
        self.found = replace(self.found, answers=answers)
        if not answers:
            return [(f"no worker of {self.settings.application!r} answers", "start one with: microseg run")]
        missing = sorted(set(range(self.partitions)) - answers.keys())
        said = f"nobody answers for partitions {', '.join(map(str, missing))}"
        return [(said, "a worker starts, or is down; the page goes on by itself")] if missing else []


def _told(error: Exception, broker: str) -> Trouble:
    """What is wrong, and what to do."""
    if isinstance(error, MicrosegError):
        return str(error), "the page goes on by itself"
    inner = kafka_error(error) if isinstance(error, KafkaException) else None
    if inner is not None and inner.code() not in AWAY:
        return f"the broker {broker} refuses: {inner.str()}", "the page goes on by itself"
    return f"the broker {broker} does not answer", _START
