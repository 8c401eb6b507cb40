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
from streams.engine.past import past_of
from streams.engine.survey import Survey
from streams.errors import MicrosegError
from streams.explanations.explain import explanation, merged
from streams.explanations.past import told_past
from streams.plans.plan import digests
from streams.rows.home import home_partition
from streams.rulebook.reading import program_of
from streams.rules.compile import Program
from streams.rules.model import RuleSet
from streams.settings import Settings
from streams.survey.inbox import Inbox
from streams.survey.messages import EXPLAIN, OF_ONE, OPEN_MS, PAST, PLAN, SIZES, STATUS, WITHDRAWN, Answer, Question
from streams.worker.holding import Holding
from streams.worker.logs import log
from streams.worker.pulse import BREATH_SECONDS
from streams.worker.slices import Slices
from streams.worker.status import status_of

if TYPE_CHECKING:
    from streams.worker.app import WorkerApp

POLL_SECONDS = 0.5
#: How often an open question looks for partitions that are to be answered for.
LOOK_SECONDS = 0.05
PAUSE_SECONDS = 1.0
#: How often a long answer says that it is under way.
SIGN_SECONDS = 2.0


@dataclass
class Open:
    """A question that its asker still waits for, as far as this worker knows."""

    question: Question
    inbox: Inbox
    answered: set[int] = field(default_factory=set)
    program: Program | None = None


@dataclass(frozen=True)
class Counted:
    """A partition as it is asked: what comes to be known of it is its answer only while it stays at work here, under
    the same rules. ``at_ms`` is its now."""

    holding: Holding
    partition: Partition
    program: Program
    at_ms: int


class Answering:
    """A worker's part in surveys. Whatever goes wrong in one is its answer; the worker goes on.

    Each open question is a task of its own, so that a quick one does not wait for a long one; withdrawing cancels it.
    """

    def __init__(self, app: WorkerApp, settings: Settings) -> None:
        self._app, self._desk, self._settings = app, app.desk, settings
        self._tasks: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Answers until the app stops."""
        inbox = await asyncio.to_thread(Inbox, self._settings, self._desk.names)
        await asyncio.to_thread(inbox.open, self._desk.clock.now_ms())
        try:
            while not self._app.should_stop:
                for question in await asyncio.to_thread(inbox.poll, POLL_SECONDS):
                    self._take(question, inbox)
        finally:
            for task in self._tasks.values():
                task.cancel()

    def _take(self, question: Question, inbox: Inbox) -> None:
        if question.kind == WITHDRAWN:
            if task := self._tasks.get(question.id):
                task.cancel()
        elif question.id not in self._tasks:
            task = self._tasks[question.id] = asyncio.create_task(self._serve(Open(question, inbox)))
            task.add_done_callback(lambda _: self._tasks.pop(question.id))

    async def _serve(self, one: Open) -> None:
        """Answers for each partition that is at work here, or comes to be, until the question is no longer open."""
        deadline = time.monotonic() + OPEN_MS / 1000
        while time.monotonic() < deadline:
            pause_s = LOOK_SECONDS
            for holding in self._unanswered(one):
                try:
                    await self._answer(one, holding)
                except (KafkaException, BufferError) as error:
                    log.warning("an answer to a survey could not be sent: %s", error)
                    pause_s = PAUSE_SECONDS
            await asyncio.sleep(pause_s)

    def _unanswered(self, one: Open) -> Iterator[Holding]:
        """The partitions at work here that are still to be answered for."""
        for holding in self._desk:
            at_work = self._desk.gate is not None and holding.ready
            if at_work and holding.number not in one.answered and self._concerns(one.question, holding):
                yield holding

    def _concerns(self, question: Question, holding: Holding) -> bool:
        """Whether a partition is to be answered for now: counts wait until all its rows are judged by the rules."""
        if question.kind in OF_ONE:
            return holding.number == home_partition(question.user, self._desk.partitions)
        return question.kind == STATUS or not holding.state.stale()

    async def _answer(self, one: Open, holding: Holding) -> None:
        """Sends the answer for a partition, or none where that moved away meanwhile, so that its new holder has to
        say."""
        partition = cast(Partition, holding.state)
        counted = Counted(holding, partition, partition.program, self._now_ms(partition))
        try:
            answer = await self._answered(one, counted)
        except MicrosegError as error:
            answer = self._head(one, counted, error=str(error))
        except Exception as error:  # a bug here must not cost the stream
            log.exception("a survey failed for partition %d", holding.number)
            answer = self._head(one, counted, error=f"{type(error).__name__}: {error}")
        if answer is not None and self._stands(counted):
            one.inbox.reply(answer)
            one.answered.add(holding.number)

    def _stands(self, counted: Counted) -> bool:
        """Whether the partition is still at work here, with the state and the rules that were asked."""
        holding = counted.holding
        here = self._desk.gate is not None and holding.ready and holding in self._desk
        return here and holding.state is counted.partition and counted.partition.program is counted.program

    def _now_ms(self, partition: Partition) -> int:
        """With ``clock = event`` the newest event of a partition is its time."""
        return self._desk.clock.now_ms() if self._settings.clock == "wall" else partition.machine.clock_ms()

    def _head(self, one: Open, counted: Counted, **more: Any) -> Answer:
        worker, partitions = self._settings.worker, self._desk.partitions
        return Answer(
            one.question.id, worker, counted.holding.number, partitions, counted.at_ms, counted.program.digest, **more
        )

    async def _answered(self, one: Open, counted: Counted) -> Answer | None:
        question, rules = one.question, self._texts(counted.program)
        if question.kind == SIZES:
            return self._head(one, counted, findings=dict(counted.partition.sizes()))
        if question.kind == EXPLAIN:
            at_ms = counted.at_ms if question.at_ms is None else question.at_ms
            course = course_of(counted.partition, question.user, at_ms, question.family)
            if course is None:
                return self._head(one, counted, findings=_of_merged(counted.partition, question.user))
            found = await asyncio.to_thread(explanation, question.user, course, rules)
            return self._head(one, counted, findings=found)
        if question.kind == PAST:
            past = past_of(counted.partition, question.user, counted.at_ms, question.show)
            return self._head(one, counted, findings=None if past is None else told_past(past))
        if question.kind == STATUS:
            return self._head(one, counted, findings=await status_of(self._app, counted.holding, counted.at_ms))
        if question.kind != PLAN:
            raise MicrosegError(f"this version knows no question {question.kind!r}")
        if one.program is None:
            one.program = await asyncio.to_thread(program_of, question.files, self._settings)
        survey = Survey(counted.partition, one.program, counted.at_ms, show=question.show)
        if not await self._surveyed(survey, one, counted):
            return None
        return self._head(one, counted, live=digests(rules), findings=survey.findings.as_dict())

    def _texts(self, program: Program) -> RuleSet:
        """The rules as they are written now; an edit of titles alone judges nobody anew, so partitions keep theirs."""
        return (self._desk.program if self._desk.program.digest == program.digest else program).rule_set

    async def _surveyed(self, survey: Survey, one: Open, counted: Counted) -> bool:
        """Judges the partition's customers in slices, with chunks in between; False where that became pointless."""
        slices, more, signed_s = Slices(), True, time.monotonic()
        while more and self._stands(counted):
            started_s = time.monotonic()
            more = survey.step(slices.most)
            slices.took(time.monotonic() - started_s)
            if started_s - signed_s > SIGN_SECONDS:
                signed_s = started_s
                one.inbox.reply(self._head(one, counted, working=True))
            await asyncio.sleep(BREATH_SECONDS)
        return not more


def _of_merged(partition: Partition, user: str) -> dict[str, Any] | None:
    redirect = partition.identity.merged_into(user)
    return None if redirect is None else merged(user, redirect.survivor, redirect.at_ms)
