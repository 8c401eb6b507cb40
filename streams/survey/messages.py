"""What is asked and answered, as records of the topics ``survey-questions`` and ``survey-answers``.

Every worker reads every question and answers once for each partition that it holds or comes to hold; so whoever has a
partition answers for it, whatever moves meanwhile, and of several answers for a partition the first counts. A question
is open until its asker withdraws it, or for OPEN_MS from when a worker read it. A worker that takes long says now and
then that it is at it.
"""

from __future__ import annotations

from typing import Any

import msgspec

#: For so long a question of an asker that was killed is answered, by workers that start or take over partitions.
OPEN_MS = 600_000
PLAN, EXPLAIN, SIZES, PAST, STATUS, WITHDRAWN = "plan", "explain", "sizes", "past", "status", "withdrawn"
#: Questions about one customer, which their home partition alone answers.
OF_ONE = (EXPLAIN, PAST)


class Question(msgspec.Struct, frozen=True, omit_defaults=True):
    """A question to the workers of one application.

    ``kind``: PLAN (what the rule files ``files`` would change; ids of at most ``show`` customers a segment), EXPLAIN
    (``user``, at ``at_ms``, None: now; of ``family`` with all values), PAST (the facts of ``user``, at most ``show``,
    and their stays in segments), SIZES (members by segment), STATUS (how partitions and workers fare), or WITHDRAWN
    (nobody waits any more). ``files`` are texts by their paths in the rule folder ("active/x.yaml").
    """

    id: str
    kind: str
    application: str
    files: dict[str, str] = {}
    show: int = 0
    user: str = ""
    at_ms: int | None = None
    family: str = ""


class Answer(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one worker says of one partition.

    ``of``: partitions in all; ``at_ms``: the instant for which it is true; ``rules``: digest of the live rules there;
    ``live``: digests of those rules one by one. ``findings`` is for PLAN what ``engine.survey.Findings`` makes of it,
    for SIZES members by segment, for STATUS figures, for EXPLAIN an explanation, or who has the facts of that id now,
    for PAST what ``explanations.past`` makes of it; None where nobody is known. ``error``: why there are none.
    ``working``: this is no answer yet, but there will be one.
    """

    question: str
    worker: str
    partition: int
    of: int
    at_ms: int
    rules: str
    live: dict[str, str] = {}
    findings: dict[str, Any] | None = None
    error: str = ""
    working: bool = False


_questions = msgspec.json.Decoder(Question)
_answers = msgspec.json.Decoder(Answer)


def encoded(message: Question | Answer) -> bytes:
    """A message as a record's value."""
    return msgspec.json.encode(message)


def question(value: bytes | None) -> Question | None:
    """The question in a record's value; None where there is none, such as of another version."""
    try:
        return _questions.decode(value or b"")
    except msgspec.MsgspecError:
        return None


def answer(value: bytes | None) -> Answer | None:
    """The answer in a record's value; None where there is none."""
    try:
        return _answers.decode(value or b"")
    except msgspec.MsgspecError:
        return None
