"""What one customer adds to the totals: a pure function of their facts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from streams.events.amounts import SCALE
from streams.outcomes.facts import ORDER, REFUND, Story
from streams.outcomes.touches import Bought, Touch, bought_of, credited, touches_of
from streams.trials.totals import DayTotals, TrialTotals

DAY_MS = 86_400_000
#: What customers brought before they were drawn foretells what they bring afterwards; so far back it is looked at.
BEFORE_MS = 28 * DAY_MS
MICROS = 1_000_000 // SCALE
#: A totals' names: (segment, day, arm), or (segment, arm) of a trial.
Key = tuple[str, ...]
#: By names, numbers in the order of the fields of DayTotals or TrialTotals.
Sums = dict[Key, list[int]]


class Span(NamedTuple):
    """When customers are drawn for a trial: from ``start_ms`` on, before ``end_ms``."""

    start_ms: int
    end_ms: int


@dataclass(frozen=True)
class Terms:
    """By what outcomes are counted: the shop's time zone, for how long a message may claim an order, when each trial
    runs (of others all draws count), and which segments nobody writes to."""

    timezone: str = "UTC"
    window_ms: int = 5 * DAY_MS
    spans: Mapping[str, Span] = field(default_factory=dict)
    unmailed: frozenset[str] = frozenset()


_ALWAYS = Span(0, 1 << 62)


def sums_of(story: Story, terms: Terms) -> Sums:
    """What a customer adds."""
    touches, bought = touches_of(story, terms.unmailed), bought_of(story)
    found = _days(touches, bought, terms)
    for segment, (arm, at_ms) in drawn(story, terms.spans).items():
        until_ms = terms.spans.get(segment, _ALWAYS).end_ms + terms.window_ms
        found[segment, arm] = _trial(story, bought, at_ms, until_ms)
    return found


def part_of(key: Key, numbers: Sequence[int]) -> DayTotals | TrialTotals:
    """Sums as totals; of no numbers all are 0."""
    return DayTotals(*key, *numbers) if len(key) == 3 else TrialTotals(*key, *numbers)  # type: ignore[arg-type]


def _days(touches: list[Touch], bought: list[Bought], terms: Terms) -> Sums:
    found: Sums = {}
    credit: dict[str, list[int]] = {}
    for one in bought:
        if (touch := credited(touches, one.at_ms, terms.window_ms)) is not None:
            got = credit.setdefault(touch.message, [0, 0])
            got[0] += 1
            got[1] += one.units * MICROS
    for touch in touches:
        key = touch.segment, local_day(touch.sent_ms, terms.timezone), touch.arm
        row = found.get(key)
        if row is None:
            row = found[key] = [0] * 10 + [1]  # a customer is one recipient, however many messages a day brings
        row[0] += 1
        row[1] += touch.delivered_ms is not None
        row[2] += touch.opened_ms is not None
        row[3] += touch.clicked_ms is not None
        if touch.message in credit:
            orders, micros = credit[touch.message]
            row[4] += 1
            row[5] += orders
            row[6] += micros
        row[7] += touch.unsubscribed
        row[8] += touch.complained
        row[9] += touch.bounced
    return found


def drawn(story: Story, spans: Mapping[str, Span]) -> dict[str, tuple[str, int]]:
    """The trials that a customer counts for: their arm, and since when, by segment.

    The first draw stays. Whoever was drawn for one trial counts for no other one until that has ended, though a later
    record may say another.
    """
    found: dict[str, tuple[str, int]] = {}
    drawings = [one for course in story.courses().values() for one in course]
    if story.edges:
        drawings.sort(key=lambda one: one.at_ms)
    for one in drawings:
        if one.arm is None or one.arm[0] in found:
            continue
        span = spans.get(one.arm[0], _ALWAYS)
        taken = any(name in spans and one.at_ms < spans[name].end_ms for name in found)
        if span.start_ms <= one.at_ms < span.end_ms and not taken:
            found[one.arm[0]] = one.arm[1], one.at_ms
    return found


def _trial(story: Story, bought: list[Bought], since_ms: int, until_ms: int) -> list[int]:
    """One customer of an arm, by all that they did since, whoever claims it."""
    did = {
        fact.kind
        for fact in story.facts.values()
        if since_ms <= fact.at_ms < until_ms and not fact.machine and fact.kind not in (ORDER, REFUND)
    }
    orders = [one.units * MICROS for one in bought if since_ms <= one.at_ms < until_ms]
    y, x = sum(orders), sum(one.units * MICROS for one in bought if since_ms - BEFORE_MS <= one.at_ms < since_ms)
    flags = {name: int(name in did) for name in ("clicked", "unsubscribed", "complained", "bounced")}
    harm = flags["unsubscribed"], flags["complained"], flags["bounced"]
    return [1, flags["clicked"], int(bool(orders)), y, y * y, x, x * x, x * y, *harm]


def local_day(at_ms: int, timezone: str) -> str:
    """The day of an instant in a time zone, YYYY-MM-DD."""
    return datetime.fromtimestamp(at_ms // 1000, _zone(timezone)).date().isoformat()


@lru_cache(maxsize=8)
def _zone(timezone: str) -> ZoneInfo:
    return ZoneInfo(timezone)
