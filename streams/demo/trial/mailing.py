"""A simulated platform that mails: it reads who is in which segment, and sends each customer the mail that is theirs.

What becomes of a mail is made up here, with an effect that is planted: the micro-segment's mail is clicked more often.
"""

from __future__ import annotations

from collections import Counter
from heapq import heappop, heappush
from itertools import count
from random import Random
from typing import NamedTuple

from streams.demo.catalogue import CATALOGUE
from streams.demo.shop import DAY_MS, HOUR_MS, MINUTE_MS, Event
from streams.events.instants import stamp
from streams.sinks.truth import Membership

#: When the day's mail goes out, and after how long a customer is mailed again.
MAIL_MS, AGAIN_MS = 9 * HOUR_MS, 7 * DAY_MS
BUYS, LEAVES = 0.3, 0.003


class Reader(NamedTuple):
    """A customer as the platform knows them: the segments whose mail they get, the best first, and their arm."""

    mailed: tuple[str, ...]
    arm: str | None


class Mailing:
    """The platform.

    Args:
        clicks: the segments that it mails, the one whose mail goes before the others' first, and how likely a mail of
            each is clicked.
        seed: another seed makes up other clicks.
    """

    def __init__(self, clicks: dict[str, float], seed: int) -> None:
        self.sent: Counter[str] = Counter()  # by segment
        self.readers: dict[str, Reader] = {}
        self._clicks = clicks
        self._random = Random(seed)
        self._ids = count()
        self._due_ms: dict[str, int] = {}
        self._queue: list[tuple[int, int, Event]] = []

    def take(self, member: Membership) -> None:
        """Learns where a customer stands; what a trial withholds they do not get."""
        mailed = tuple(one for one in self._clicks if one in member.segments and one not in member.withheld)
        arms = member.change.arms if member.change else {}
        if mailed or arms:
            self.readers[member.user] = Reader(mailed, next(iter(arms.values()), None))
        else:
            self.readers.pop(member.user, None)

    def arms(self) -> dict[str, int]:
        """How many customers are in each arm."""
        found = {"treatment": 0, "control": 0}
        for one in self.readers.values():
            if one.arm is not None:
                found[one.arm] = found.get(one.arm, 0) + 1
        return found

    def day(self, start_ms: int) -> list[Event]:
        """What the mail of the day that begins at ``start_ms``, and that of earlier days, comes to on it, by time."""
        for user in sorted(self.readers):
            if self.readers[user].mailed and self._due_ms.get(user, 0) <= start_ms:
                self._due_ms[user] = start_ms + AGAIN_MS
                self._mail(user, self.readers[user].mailed[0], start_ms + MAIL_MS + self._random.randrange(HOUR_MS))
        found = []
        while self._queue and self._queue[0][0] < start_ms + DAY_MS:
            found.append(heappop(self._queue)[2])
        return found

    def _mail(self, user: str, segment: str, at_ms: int) -> None:
        self.sent[segment] += 1
        number, opened_ms = next(self._ids), at_ms + int(self._random.lognormvariate(1, 1) * HOUR_MS)
        mail = {"type": "email", "user": user, "message": f"mail-{number}", "segment": segment}
        self._say(at_ms, {**mail, "action": "sent"})
        if self._random.random() < self._clicks[segment]:
            self._say(opened_ms, {**mail, "action": "clicked"})
            if self._random.random() < BUYS:
                bought = self._random.choice(CATALOGUE["accessories"])
                item = {"product": bought.name, "category": bought.category, "price": bought.price_cents / 100}
                order = {"type": "purchase", "user": user, "order": f"order-{number}", "items": [item]}
                self._say(opened_ms + 9 * MINUTE_MS, order)
        elif self._random.random() < LEAVES:
            self._say(opened_ms, {**mail, "action": "unsubscribed"})

    def _say(self, at_ms: int, event: Event) -> None:
        number = next(self._ids)
        heappush(self._queue, (at_ms, number, {"id": f"platform-{number}", "at": stamp(at_ms), **event}))
