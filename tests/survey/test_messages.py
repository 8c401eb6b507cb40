"""Questions and answers as records, and answers added up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.survey.errors import unanswered
from streams.survey.messages import PLAN, Answer, Question, answer, encoded, question
from streams.survey.tally import Tally, sizes


def answer_of(partition: int, question: str = "q", worker: str = "w1", **more: object) -> Answer:
    return Answer(question, worker, partition, 4, 0, "0123456789ab", **more)  # type: ignore[arg-type]


def test_messages_come_through() -> None:
    asked = Question("q", PLAN, "shop", files={"active/x.yaml": "title: X\n"}, show=3)
    assert question(encoded(asked)) == asked
    told = answer_of(2, live={"x": "d"}, findings={"customers": 1})
    assert answer(encoded(told)) == told
    nobody = answer_of(2, findings=None)
    assert answer(encoded(nobody)) == nobody


@pytest.mark.parametrize("value", [None, b"", b"{}", b"[1]", b'{"id":"q"}', b"\xff"])
def test_what_is_no_message_is_passed_over(value: bytes | None) -> None:
    assert question(value) is None
    assert answer(value) is None


def test_fields_of_later_versions_are_passed_over() -> None:
    assert question(b'{"id":"q","kind":"plan","application":"a","depth":3}') == Question("q", "plan", "a")


PARTITIONS = st.integers(0, 5)


@given(st.lists(st.tuples(PARTITIONS, st.sampled_from(("q", "other")), st.sampled_from(("w1", "w2")))))
def test_of_each_partition_the_first_answer_to_the_question_counts(arrived: list[tuple[int, str, str]]) -> None:
    tally = Tally("q", range(4))
    first: dict[int, str] = {}
    for partition, asked, worker in arrived:
        counts = asked == "q" and partition < 4 and partition not in first
        assert tally.take(answer_of(partition, asked, worker)) == counts
        if counts:
            first[partition] = worker
    assert tally.missing() == [number for number in range(4) if number not in first]
    assert {one.partition: one.worker for one in tally.answers()} == first
    assert [one.partition for one in tally.answers()] == sorted(first)


def test_a_sign_of_work_is_no_answer() -> None:
    tally = Tally("q", range(2))
    assert tally.concerns(answer_of(1, working=True))
    assert not tally.concerns(answer_of(3, working=True))
    assert not tally.take(answer_of(1, working=True))
    assert tally.missing() == [0, 1]


def test_sizes_are_added_up() -> None:
    found = [answer_of(0, findings={"b": 2, "a": 1}), answer_of(1, findings={"b": 3, "f/x": 1}), answer_of(2)]
    assert list(sizes(found).items()) == [("a", 1), ("b", 5), ("f/x", 1)]


@pytest.mark.parametrize(
    ("missing", "answered", "said"),
    [
        ([0, 1], 0, "no worker answered within 2.5 s; is one running? (microseg run)"),
        ([1], 3, "nobody answered for partition 1 within 2.5 s; is a worker starting or down?"),
        ([1, 3], 2, "nobody answered for partitions 1, 3 within 2.5 s; is a worker starting or down?"),
    ],
)
def test_who_did_not_answer_is_told(missing: list[int], answered: int, said: str) -> None:
    error = unanswered(missing, answered, 2.5)
    assert (str(error), error.exit_code) == (said, 2)
