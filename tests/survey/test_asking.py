"""Asking on a real broker, with threads that answer as workers would."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from streams.clients.topics import prepare
from streams.rows.home import home_partition
from streams.settings import Settings
from streams.settings_topics import Topic, Topics
from streams.survey.asking import ask_explain, ask_plan, ask_sizes
from streams.survey.errors import SurveyError
from streams.survey.inbox import Inbox
from streams.survey.messages import EXPLAIN, PLAN, SIZES, WITHDRAWN, Answer, Question
from streams.worker.topics import TopicNames

PARTITIONS = 3


@pytest.fixture
def settings(kafka: str) -> Settings:
    """An application of its own, whose topics exist."""
    name = f"t{uuid.uuid4().hex[:8]}"
    topics = Topics(*(Topic(f"{name}-{topic}") for topic in Topics._fields))
    found = Settings(broker=kafka, application=name, partitions=PARTITIONS, topics=topics)
    prepare(found)
    return found


Answering = Callable[[Question], list[Answer]]


class Respondent:
    """Answers in a thread, and remembers what it was asked."""

    def __init__(self, settings: Settings, answers: Answering) -> None:
        self.asked: list[Question] = []
        self._inbox = Inbox(settings, TopicNames.of(settings))
        self._answers = answers
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._inbox.open(time.time_ns() // 1_000_000)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.is_set():
            for question in self._inbox.poll(0.05):
                self.asked.append(question)
                for one in self._answers(question) if question.kind != WITHDRAWN else []:
                    self._inbox.reply(one)

    def stop(self) -> None:
        """Ends the thread."""
        self._stop.set()
        self._thread.join()

    def wait_for(self, kind: str) -> None:
        """Returns once a message of this kind has come."""
        deadline = time.monotonic() + 10
        while kind not in [one.kind for one in self.asked]:
            assert time.monotonic() < deadline, self.asked
            time.sleep(0.02)


@contextmanager
def respondent(settings: Settings, answers: Answering) -> Iterator[Respondent]:
    """One that is stopped at the end."""
    running = Respondent(settings, answers)
    try:
        yield running
    finally:
        running.stop()


def saying(worker: str, *partitions: int, **found: int) -> Answering:
    """A worker that says the same of each of its partitions."""

    def answers(question: Question) -> list[Answer]:
        return [Answer(question.id, worker, number, PARTITIONS, 0, "d", {}, dict(found)) for number in partitions]

    return answers


def test_each_partition_counts_once_whoever_answers(settings: Settings) -> None:
    """Partition 1 moves from one worker to the other meanwhile, and both answer for it."""
    with respondent(settings, saying("w1", 0, 1, keen=2)), respondent(settings, saying("w2", 1, 2, keen=2, slow=1)):
        found = ask_sizes(settings, 10)
    assert found["keen"] == 6
    assert found["slow"] in (1, 2)  # by whose answer for partition 1 came first


def test_a_question_is_withdrawn_when_it_is_answered(settings: Settings) -> None:
    with respondent(settings, saying("w1", 0, 1, 2)) as one:
        ask_plan(settings, {"active/x.yaml": "title: X"}, 3, 10)
        one.wait_for(WITHDRAWN)
    asked, withdrawn = one.asked
    assert (asked.kind, asked.files, asked.show) == (PLAN, {"active/x.yaml": "title: X"}, 3)
    assert (withdrawn.kind, withdrawn.id) == (WITHDRAWN, asked.id)


def test_an_explanation_is_of_the_home_partition_alone(settings: Settings) -> None:
    home = home_partition("ana", PARTITIONS)
    elsewhere = (home + 1) % PARTITIONS
    answers = saying("w1", elsewhere, home)
    with respondent(settings, answers) as one:
        found = ask_explain(settings, "ana", 1_780_315_200_000, 10)
    assert found.partition == home
    assert (one.asked[0].kind, one.asked[0].user, one.asked[0].at_ms) == (EXPLAIN, "ana", 1_780_315_200_000)


def test_partitions_that_do_not_answer_are_named_and_the_question_withdrawn(settings: Settings) -> None:
    with respondent(settings, saying("w1", 1, keen=1)) as one:
        with pytest.raises(SurveyError, match=r"nobody answered for partitions 0, 2 within 1 s"):
            ask_sizes(settings, 1)
        one.wait_for(WITHDRAWN)


def test_a_worker_that_takes_long_is_waited_for(settings: Settings) -> None:
    with respondent(settings, saying("w1", 0, 1, keen=1)) as quick:
        slow = threading.Thread(target=lambda: slowly(settings, quick))
        slow.start()
        assert ask_sizes(settings, 1) == {"keen": 3}
        slow.join()


def slowly(settings: Settings, other: Respondent) -> None:
    """Answers the other's question for partition 2 after more than two waits, with signs that it is at it."""
    inbox = Inbox(settings, TopicNames.of(settings))
    other.wait_for(SIZES)
    head = (other.asked[0].id, "w2", 2, PARTITIONS, 0, "d")
    for _ in range(5):
        inbox.reply(Answer(*head, working=True))
        inbox.poll(0.5)
    inbox.reply(Answer(*head, findings={"keen": 1}))
    inbox.poll(0.5)


def test_without_any_worker_that_is_said(settings: Settings) -> None:
    with pytest.raises(SurveyError, match=r"no worker answered within 0.5 s; is one running"):
        ask_sizes(settings, 0.5)


def test_where_no_worker_runs_it_is_said_without_waiting_long(settings: Settings) -> None:
    with pytest.raises(SurveyError, match=rf"no worker of '{settings.application}' is running"):
        ask_sizes(settings, 600)


def test_what_a_worker_cannot_do_is_told(settings: Settings) -> None:
    def failing(question: Question) -> list[Answer]:
        return [Answer(question.id, "w1", 2, PARTITIONS, 0, "", error="active/x.yaml:1:1: no when:")]

    with respondent(settings, failing), pytest.raises(SurveyError) as caught:
        ask_plan(settings, {}, 0, 10)
    assert str(caught.value) == "worker w1 cannot answer for partition 2: active/x.yaml:1:1: no when:"


def test_a_worker_that_starts_later_still_hears_the_question(settings: Settings) -> None:
    found: list[dict[str, int]] = []
    asking = threading.Thread(target=lambda: found.append(ask_sizes(settings, 20)))
    with respondent(settings, saying("w1", 0, 1, keen=1)) as first:
        asking.start()
        first.wait_for(SIZES)
        with respondent(settings, saying("w2", 2, keen=1)):
            asking.join()
    assert found == [{"keen": 3}]


def test_other_applications_do_not_hear_it(settings: Settings, kafka: str) -> None:
    other = Settings(broker=kafka, application=f"{settings.application}-other", topics=settings.topics, partitions=3)
    prepare(other)
    with respondent(other, saying("w1", 0, 1, 2)) as deaf, pytest.raises(SurveyError):
        ask_sizes(settings, 0.5)
    assert deaf.asked == []


def test_an_answer_that_is_too_large_is_told(settings: Settings) -> None:
    def huge(question: Question) -> list[Answer]:
        return [Answer(question.id, "w1", 0, PARTITIONS, 0, "d", {"x" * (17 << 20): "y"})]

    with respondent(settings, huge), pytest.raises(SurveyError, match="the answer could not be sent"):
        ask_plan(settings, {}, 0, 10)
