"""Answers the surveys' questions for the partitions that this worker holds, in slices between chunks."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from confluent_kafka import KafkaException

from streams.engine.course import course_of
from streams.engine.partition import Partition
from streams.engine.survey import Survey
from streams.errors import MicrosegError
from streams.explanations.explain import explanation
from streams.plans.plan import digests
from streams.rows.home import home_partition
from streams.rulebook.reading import program_of
from streams.rules.compile import Program
from streams.settings import Settings
from streams.survey.inbox import Inbox
from streams.survey.messages import EXPLAIN, PLAN, SIZES, WITHDRAWN, Answer, Question
from streams.worker.holding import Holding
from streams.worker.logs import log
from streams.worker.pulse import BREATH_SECONDS
from streams.worker.slices import Slices

if TYPE_CHECKING:
    from streams.worker.app import WorkerApp

POLL_SECONDS = 0.5
PAUSE_SECONDS = 1.0


@dataclass
class Open:
    """A question that its asker still waits for, as far as this worker knows."""

    question: Question
    until_s: float
    answered: set[int] = field(default_factory=set)
    program: Program | None = None


class Answering:
    """A worker's part in surveys. Whatever goes wrong in one is its answer; the worker goes on."""

    def __init__(self, app: WorkerApp, settings: Settings) -> None:
        self._app, self._desk, self._settings = app, app.desk, settings
        self._open: dict[str, Open] = {}

    async def run(self) -> None:
        """Answers until the app stops."""
        inbox = await asyncio.to_thread(Inbox, self._settings, self._desk.names)
        await asyncio.to_thread(inbox.open, self._desk.clock.now_ms())
        while not self._app.should_stop:
            try:
                await self._turn(inbox)
            except (KafkaException, BufferError) as error:
                log.warning("an answer to a survey could not be sent: %s", error)
                await asyncio.sleep(PAUSE_SECONDS)

    async def _turn(self, inbox: Inbox) -> None:
        """Takes new questions, and answers one for one partition."""
        todo = next(self._todo(), None)
        for question in await asyncio.to_thread(inbox.poll, POLL_SECONDS if todo is None else 0.0):
            self._take(question)
        if todo is None or todo[0].question.id not in self._open:
            return
        answer = await self._answer(*todo)
        if answer is not None:
            inbox.reply(answer)

    def _take(self, question: Question) -> None:
        if question.kind == WITHDRAWN:
            self._open.pop(question.id, None)
        else:
            self._open.setdefault(question.id, Open(question, time.monotonic() + question.open_ms / 1000))

    def _todo(self) -> Iterator[tuple[Open, Holding]]:
        """What is still to be answered, for partitions that are at work here."""
        now_s = time.monotonic()
        self._open = {name: one for name, one in self._open.items() if one.until_s > now_s}
        if self._desk.gate is None:
            return
        for one in self._open.values():
            for holding in self._desk:
                if holding.ready and holding.number not in one.answered and self._concerns(one.question, holding):
                    yield one, holding

    def _concerns(self, question: Question, holding: Holding) -> bool:
        if question.kind != EXPLAIN:
            return True
        return holding.number == home_partition(question.user, self._desk.partitions)

    async def _answer(self, one: Open, holding: Holding) -> Answer | None:
        """The answer for a partition; None where that moved away meanwhile, so that its new holder has to say."""
        state = holding.state
        one.answered.add(holding.number)
        answer = await self._answered(one.question, one, holding.number, cast(Partition, state))
        if self._desk.gate is None or not holding.ready or holding.state is not state or holding not in self._desk:
            one.answered.discard(holding.number)
            return None
        return answer

    async def _answered(self, question: Question, one: Open, number: int, partition: Partition) -> Answer:
        now_ms = self._desk.clock.now_ms() if self._settings.clock == "wall" else partition.machine.clock_ms()
        head = (question.id, self._settings.worker, number, self._desk.partitions, now_ms, self._desk.program.digest)
        try:
            found = await self._found(one, partition, now_ms)
        except MicrosegError as error:
            return Answer(*head, error=str(error))
        except Exception as error:  # a bug here must not cost the stream
            log.exception("a survey failed for partition %d", number)
            return Answer(*head, error=f"{type(error).__name__}: {error}")
        return Answer(*head, digests(partition.program.rule_set) if question.kind == PLAN else {}, found)

    async def _found(self, one: Open, partition: Partition, now_ms: int) -> dict[str, Any] | None:
        question = one.question
        if question.kind == SIZES:
            return dict(partition.sizes())
        if question.kind == EXPLAIN:
            course = course_of(partition, question.user, now_ms if question.at_ms is None else question.at_ms)
            return None if course is None else explanation(question.user, course, partition.program.rule_set)
        if question.kind == PLAN:
            return await self._planned(one, partition, now_ms)
        raise MicrosegError(f"this version knows no question {question.kind!r}")

    async def _planned(self, one: Open, partition: Partition, now_ms: int) -> dict[str, Any]:
        if one.program is None:
            one.program = await asyncio.to_thread(program_of, one.question.files, self._settings)
        survey, slices = Survey(partition, one.program, now_ms, show=one.question.show), Slices()
        more = True
        while more:
            started = time.perf_counter()
            more = survey.step(slices.most)
            slices.took(time.perf_counter() - started)
            await asyncio.sleep(BREATH_SECONDS)
        return survey.findings.as_dict()
