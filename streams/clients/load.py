"""Loading event files: every line that is an event goes to its topic, every other is refused and told.

A table (CSV) is read by ``streams.exports``; an order's lines are several rows and one event.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from streams.clients.bookmark import Bookmark
from streams.clients.routes import Routes
from streams.clients.sender import Sender
from streams.events.decode import Refusal, decode_event
from streams.events.rates import NO_RATES, Rates
from streams.exports.words import Outcome

#: Kinds of reasons that are told apart, and lines that are shown of each.
MOST_KINDS = 100
FIRST_LINES = 3
OTHERS = "others"
#: A bookmark is moved after so many rows.
MARK_ROWS = 20_000
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"|\d+")


class Refused(NamedTuple):
    """A line that is no event; lines count from 1 within their file."""

    file: str
    line: int
    reason: str


@dataclass(slots=True)
class Kind:
    """Refused lines whose reasons differ only in what they quote: how many there are, and the first of them."""

    count: int = 0
    first: list[Refused] = field(default_factory=list)


@dataclass(slots=True)
class Load:
    """What was read and sent to each topic, and what was refused; of the refused lines the first ``most`` are kept.

    ``rates`` as the workers have them: what they would refuse is refused here. ``rows`` counts lines that are not
    blank, of tables without their heads; ``resumed`` those of them that an earlier load had sent.
    """

    sender: Sender
    routes: Routes
    most: int = 20
    sent: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    rates: Rates = NO_RATES
    refusals: int = 0
    rows: int = 0
    resumed: int = 0
    kinds: dict[str, Kind] = field(default_factory=dict)

    def file(self, name: str, lines: Iterable[bytes]) -> None:
        """Sends the events of one file's lines; blank lines are skipped.

        Raises:
            ClientError: the broker did not take them.
        """
        send, topic, sent = self.sender.send, self.routes.topic, self.sent
        for number, line in enumerate(lines, 1):
            raw = line.strip()
            if not raw:
                continue
            self.rows += 1
            event = decode_event(raw, rates=self.rates)
            if isinstance(event, Refusal):
                self._refuse(Refused(name, number, event.reason))
                continue
            where = topic(event)
            send(where, str(event.user), raw)
            sent[where] += 1

    def table(self, name: str, outcomes: Iterable[Outcome], bookmark: Bookmark) -> None:
        """Sends the events of a table's rows, those after the bookmark, which moves on as they arrive.

        Raises:
            ClientError: the broker did not take them.
        """
        marked = self.rows
        for outcome in outcomes:
            self.rows += outcome.rows
            if outcome.line <= bookmark.line:
                self.resumed += outcome.rows
                continue
            if outcome.refused is not None:
                self._refuse(Refused(name, outcome.line, outcome.refused))
            for event in outcome.events:
                self._send(name, outcome.line, orjson.dumps(event))
            if self.rows - marked >= MARK_ROWS:
                marked = self.rows
                self.sender.flush()
                bookmark.move(outcome.line)
        self.sender.flush()
        bookmark.remove()

    def _send(self, name: str, line: int, raw: bytes) -> None:
        event = decode_event(raw, rates=self.rates)
        if isinstance(event, Refusal):
            self._refuse(Refused(name, line, event.reason))
            return
        where = self.routes.topic(event)
        self.sender.send(where, str(event.user), raw)
        self.sent[where] += 1

    def _refuse(self, refused: Refused) -> None:
        self.refusals += 1
        if len(self.refused) < self.most:
            self.refused.append(refused)
        kind = _QUOTED.sub("…", refused.reason)
        if kind not in self.kinds and len(self.kinds) >= MOST_KINDS:
            kind = OTHERS
        found = self.kinds.setdefault(kind, Kind())
        found.count += 1
        if len(found.first) < FIRST_LINES:
            found.first.append(refused)
