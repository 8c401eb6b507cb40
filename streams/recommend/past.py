"""Recommendations from events in files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from streams.engine.replay import final_segments
from streams.events.decode import Refusal, decode_event
from streams.events.native import Event
from streams.events.rates import Rates
from streams.files import open_lines
from streams.progress import reading
from streams.recommend.counting import Counting
from streams.recommend.products import Feed
from streams.rules.model import RuleSet


class Past(NamedTuple):
    """Events in order of time, and the lines that they come from; what was refused, with the number of its line."""

    events: list[Event]
    lines: list[bytes]
    refused: list[tuple[int, str]]

    def end_ms(self) -> int:
        """The instant of the last event, 0 where there is none."""
        return int(self.events[-1].at) if self.events else 0


def read_past(files: Iterable[str], rates: Rates) -> Past:
    """The events of files of JSON lines; their order does not matter.

    Raises:
        MicrosegError: a file cannot be read.
    """
    lines: list[bytes] = []
    for name in files:
        with open_lines(name) as source, reading(source) as found:
            lines += found
    events: list[Event] = []
    refused: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        if line.strip():
            event = decode_event(line, None, rates)
            if isinstance(event, Refusal):
                refused.append((number, event.reason))
            else:
                events.append(event)
    events.sort(key=lambda event: (int(event.at), str(event.id)))
    return Past(events, lines, refused)


def counted(events: Iterable[Event], until_ms: int, feed: Feed | None = None) -> Counting:
    """What events up to an instant amount to."""
    counting = Counting(feed)
    for event in events:
        if int(event.at) <= until_ms:
            counting.take(event)
    return counting


def members_of(
    past: Past, rules: RuleSet, until_ms: int, timezone: str, retention_ms: int
) -> Mapping[str, Sequence[str]]:
    """The customers of each segment that has any, as a replay finds them."""
    found: dict[str, list[str]] = {}
    segments = final_segments(past.lines, rules, until_ms=until_ms, timezone=timezone, retention_ms=retention_ms)
    for user, names in segments.items():
        for name in names:
            found.setdefault(name, []).append(user)
    return found
