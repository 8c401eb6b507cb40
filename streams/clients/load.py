"""Loading event files: every line that is an event goes to its topic, every other is refused and told."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from streams.clients.routes import Routes
from streams.clients.sender import Sender
from streams.events.decode import Refusal, decode_event


class Refused(NamedTuple):
    """A line that is no event; lines count from 1 within their file."""

    file: str
    line: int
    reason: str


@dataclass(slots=True)
class Load:
    """What was sent to each topic, and what was refused; of the refused lines the first ``most`` are kept."""

    sender: Sender
    routes: Routes
    most: int = 20
    sent: Counter[str] = field(default_factory=Counter)
    refused: list[Refused] = field(default_factory=list)
    refusals: int = 0

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
            event = decode_event(raw)
            if isinstance(event, Refusal):
                self._refuse(Refused(name, number, event.reason))
                continue
            where = topic(event)
            send(where, str(event.user), raw)
            sent[where] += 1

    def _refuse(self, refused: Refused) -> None:
        self.refusals += 1
        if len(self.refused) < self.most:
            self.refused.append(refused)
