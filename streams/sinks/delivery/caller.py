"""Calls a platform, and waits for it as long as it is away, wants it slower, or does not know the key."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import NamedTuple

from streams.sinks.delivery.http import Answer, AwayError, Request, Transport
from streams.sinks.delivery.pace import Pace, retry_after_s
from streams.sinks.delivery.waiting import Waiting

#: The first wait; each is twice the one before, up to the longest, and up to half as much again by chance.
FIRST_SECONDS, LONGEST_SECONDS = 0.5, 60.0
#: How long it waits where only somebody's work will help.
SHUT_SECONDS = 30.0
#: The far side, or a gateway before it, is away or wants it slower.
AWAY = (408, 425, 429, 502, 503, 504)
#: Nothing would be taken, whatever it is: the key is wrong, or the address.
SHUT = (301, 302, 303, 307, 308, 401, 402, 403, 404, 405, 407, 410)


class Far(NamedTuple):
    """How the far side is spoken to: its name, what goes with a call, and how a new key is looked for."""

    name: str
    headers: Callable[[Request, int], dict[str, str]]
    renew: Callable[[], None]


class Caller:
    """Makes calls; of every answer that is about what was sent, good or bad, the caller gets to know.

    Args:
        transport: sends a call once.
        far: how the far side is spoken to.
        pace: how fast.
        waiting: lets the time pass.
        say: told once of each time that it has to wait, and when that is over.
        chance: makes waits differ.
    """

    def __init__(
        self,
        transport: Transport,
        far: Far,
        pace: Pace,
        waiting: Waiting,
        say: Callable[[str], None],
        chance: random.Random | None = None,
    ) -> None:
        self.calls = self.waited = 0
        self._transport, self._far, self._pace, self._waiting, self._say = transport, far, pace, waiting, say
        self._chance = chance or random.Random()
        self._trouble = ""

    def __call__(self, request: Request) -> Answer:
        """What the far side says of it; raises StoppedError."""
        wait = FIRST_SECONDS
        while True:
            self._pace.wait(request.limit)
            answer, trouble, pause = self._tried(request, wait)
            if answer is not None and not trouble:
                self._over()
                return answer
            self._told(trouble)
            self.waited += 1
            self._waiting.sleep(pause)
            wait = min(2 * wait, LONGEST_SECONDS)

    def _tried(self, request: Request, wait: float) -> tuple[Answer | None, str, float]:
        """An answer, or what is wrong, and how long to wait."""
        self.calls += 1
        pause = wait * (1 + self._chance.uniform(0, 0.5))
        try:
            answer = self._transport.send(request, self._far.headers(request, self._waiting.now_ms()))
        except AwayError as error:
            return None, f"is away, waiting for it: {error}", pause
        self._pace.heard(request.limit, answer.headers)
        if answer.status in SHUT:
            self._far.renew()
            return None, _shut(request, answer), max(SHUT_SECONDS, pause)
        if answer.status in AWAY:
            return None, self._away(answer), self._asked(answer.headers, pause)
        return answer, "", 0.0

    def _asked(self, headers: Mapping[str, str], pause: float) -> float:
        asked = retry_after_s(headers, self._waiting.now_ms())
        return pause if asked is None else asked + self._chance.uniform(0, 0.5)

    def _away(self, answer: Answer) -> str:
        return "" if answer.status == 429 else f"is away, waiting for it: it answers {answer.status}"

    def _told(self, trouble: str) -> None:
        if trouble and trouble != self._trouble:
            self._trouble = trouble
            self._say(f"{self._far.name} {trouble}")

    def _over(self) -> None:
        if self._trouble:
            self._trouble = ""
            self._say(f"{self._far.name} is back")


def _shut(request: Request, answer: Answer) -> str:
    if answer.status in (401, 403):
        return f"does not take the key ({answer.status}): set a new one; nothing is lost, trying again now and then"
    path = request.path.partition("?")[0]
    return f"answers {answer.status} to {request.method} {path or '/'}: is the address right? trying again now and then"
