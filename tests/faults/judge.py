"""The one judge of all scenarios: what was published against ``microseg replay`` of the same events.

Of a stream that came to its end it asks: is each customer's newest record what ``replay --final`` says; did each
customer's numbers come as 1, 2, 3 …; did entries and exits alternate; was every source read to its end; and was
refused what had to be, once, and nothing else. Where one topic gave the order of the events, every single record must
be that of ``replay``.
"""

from __future__ import annotations

import base64
import json
import signal
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import orjson

from streams.proofs.verdict import Segments, differences
from streams.proofs.worker_runs import drain, replay_course, replay_final
from streams.worker.topics import REFUSED, TopicNames
from tests.faults.stage import Stage
from tests.worker.shop import Logged, read_log

POSITION_PREFIX = b"\0p"
SHOWN = 8


@dataclass(slots=True)
class Outcome:
    """What a fault did, and what is wrong in words; ``recovery_s`` is the worst, None: none was measured."""

    injected: int
    events: int
    lost: int
    repeated: int
    recovery_s: float | None
    faults: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing is wrong."""
        return not (self.faults or self.lost or self.repeated)


def judged(stage: Stage, injected: int, *, until: str = "") -> Outcome:
    """Ends a scenario: lets the workers go, has one more read what there is, and judges what was published.

    ``until`` is an instant since which nothing has changed, by the wall clock; without, the time is that of the stage's
    last events.
    """
    _let_go(stage)
    given = (stage.ground, b"\n".join(stage.sent), until or stage.end)
    with ThreadPoolExecutor() as threads:
        ends = threads.submit(replay_final, *given)
        courses = threads.submit(replay_course, *given) if stage.course else None
        drain(stage.ground)
    stage.watch.quiet()
    stage.watch.stop()
    subscriber = stage.watch.subscriber
    outcome = Outcome(injected, len(stage.sent), subscriber.lost, subscriber.repeated, None)
    outcome.faults += stage.faults + subscriber.faults
    _check_ends(stage, outcome, ends.result())
    if courses:
        _check_courses(stage, outcome, courses.result())
    _check_positions(stage, outcome)
    _check_refused(stage, outcome)
    outcome.recovery_s = max(stage.recoveries, default=None)
    outcome.notes += stage.notes
    if stage.watch.again:
        outcome.notes.append(f"the subscriber's client read {stage.watch.again} records of the log a second time")
    return outcome


def _let_go(stage: Stage) -> None:
    for name in list(stage.crew.members):
        code = stage.crew.leave(name)
        if code not in (0, -signal.SIGTERM):  # the latter: it was still starting up
            stage.faults.append(f"worker {name} ended with exit code {code} when it was told to")
    stage.faults += [f"worker {one.name} showed a traceback" for one in stage.crew.everyone if "Traceback" in one.said]


def _check_ends(stage: Stage, outcome: Outcome, ends: Segments) -> None:
    """Each customer's newest record is what the replay ends with."""
    wrong = differences(ends, stage.watch.subscriber.segments)
    outcome.lost += len(wrong)
    outcome.faults += wrong


def _check_courses(stage: Stage, outcome: Outcome, courses: list[dict[str, Any]]) -> None:
    """Every record is one of the replay's, and the other way round."""
    expected = Counter(_canonical(one) for one in courses)
    published = Counter(_canonical(one) for course in stage.watch.courses.values() for one in course if one)
    lost, invented = expected - published, published - expected
    outcome.lost += lost.total()
    outcome.repeated += invented.total()
    outcome.faults += [f"was not published: {one.decode()}" for one in list(lost)[:SHOWN]]
    outcome.faults += [f"is not in the replay: {one.decode()}" for one in list(invented)[:SHOWN]]
    outcome.notes.append(f"{expected.total() - lost.total():,} changes as in the replay")


def _canonical(change: dict[str, Any]) -> bytes:
    return orjson.dumps(change, option=orjson.OPT_SORT_KEYS)


def _check_positions(stage: Stage, outcome: Outcome) -> None:
    """No committed record of an input lies behind the position that the changelog has for it."""
    settings = stage.ground.settings
    changelog = read_log(settings.broker, settings.changelog)
    positions = {
        (one.key[len(POSITION_PREFIX) :].decode(), one.partition): int(one.value)
        for one in changelog
        if one.key.startswith(POSITION_PREFIX)
    }
    for topic in TopicNames.of(settings).inputs:
        unread = [
            one for one in read_log(settings.broker, topic) if one.offset >= positions.get((topic, one.partition), 0)
        ]
        if unread:
            outcome.lost += len(unread)
            outcome.faults.append(f"{len(unread)} records of {topic} were not read")


def _check_refused(stage: Stage, outcome: Outcome) -> None:
    refused = Counter(_raw(one) for one in read_log(stage.ground.settings.broker, REFUSED))
    due = Counter(stage.poison)
    lost, repeated = due - refused, refused - due
    outcome.lost += lost.total()
    outcome.repeated += repeated.total()
    outcome.faults += [f"was not refused: {one[:100]!r}" for one in list(lost)[:SHOWN]]
    outcome.faults += [f"was refused without need, or again: {one[:100]!r}" for one in list(repeated)[:SHOWN]]


def _raw(record: Logged) -> bytes:
    """The bytes of a refused event; empty where there was no value."""
    said = json.loads(record.value)
    if "raw_base64" in said:
        return base64.b64decode(said["raw_base64"])
    return str(said["raw"] or "").encode()
