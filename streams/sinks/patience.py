"""Waiting for a far side that is away: longer each time, and never all at once."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")

#: The first wait; each is twice the one before, up to the longest, and up to half as much again by chance.
FIRST_SECONDS, LONGEST_SECONDS = 0.05, 5.0


class StoppedError(Exception):
    """It was stopped while it waited."""


class Patience:
    """Tries work again until it is done, as long as what went wrong may pass.

    Args:
        passing: the errors that may pass.
        stop: ends the waiting.
        say: told once of each time that the far side is away, and when it is back.
        name: what is away, for ``say``.
    """

    def __init__(
        self, passing: tuple[type[Exception], ...], stop: threading.Event, say: Callable[[str], None], name: str
    ) -> None:
        self.waited = 0
        self._passing, self._stop, self._say, self._name = passing, stop, say, name
        self._chance = random.Random()

    def until_done(self, work: Callable[[], Result]) -> Result:
        """What the work returns; raises StoppedError, and what does not pass."""
        wait, away = FIRST_SECONDS, False
        while True:
            try:
                result = work()
            except self._passing as error:
                if not away:
                    self._say(f"{self._name} is away, waiting for it: {error}")
                away = True
                self.waited += 1
                if self._stop.wait(wait * (1 + self._chance.uniform(0, 0.5))):
                    raise StoppedError from error
                wait = min(2 * wait, LONGEST_SECONDS)
            else:
                if away:
                    self._say(f"{self._name} is back")
                return result
