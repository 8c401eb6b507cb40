"""Answers added up: the first of each partition counts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from streams.survey.messages import Answer


class Tally:
    """The answers to one question so far, and which partitions have not answered."""

    def __init__(self, question: str, partitions: Iterable[int]) -> None:
        self._question = question
        self._wanted = frozenset(partitions)
        self._answers: dict[int, Answer] = {}

    def take(self, answer: Answer) -> bool:
        """Counts an answer if it is one to this question of a partition that has not answered; True if it was."""
        if answer.working or not self.concerns(answer) or answer.partition in self._answers:
            return False
        self._answers[answer.partition] = answer
        return True

    def concerns(self, answer: Answer) -> bool:
        """Whether it is about this question, and a partition that is asked."""
        return answer.question == self._question and answer.partition in self._wanted

    def missing(self) -> list[int]:
        """The partitions that have not answered, in order."""
        return sorted(self._wanted - self._answers.keys())

    def answers(self) -> list[Answer]:
        """One answer a partition, in their order."""
        return [self._answers[number] for number in sorted(self._answers)]


def sizes(answers: Iterable[Answer]) -> dict[str, int]:
    """Members by segment, from the answers to a question of that kind."""
    total: Counter[str] = Counter()
    for one in answers:
        total.update(one.findings or {})
    return dict(sorted(total.items()))
