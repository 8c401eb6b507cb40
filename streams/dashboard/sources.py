"""What the dashboard shows of other rooms, which are strangers to it: whoever starts it hands this in."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from streams.rules.model import RuleSet

T = TypeVar("T")
Json = dict[str, Any]


def _nobody(_: str) -> Json | None:
    return None


@dataclass(frozen=True, slots=True)
class Sources:
    """Functions that may take a second and may raise MicrosegError.

    ``content``: of rules, by segment, its copy as the page of the segment shows it; ``trials``: of rules at an instant
    (ms) the trials, without what was seen of them before; ``report``: the figures of mail, as ``report --json`` has
    them, None where there are none; ``stored``: where a customer stands by the serving store, None where it does not
    know; ``last_round``: what is known of the last round of discovery, None where there was none.
    """

    content: Callable[[RuleSet], dict[str, Json]] = lambda _: {}
    trials: Callable[[RuleSet, int], list[Json]] = lambda _, __: []
    report: Callable[[RuleSet], Json | None] = lambda _: None
    stored: Callable[[str], Json | None] = _nobody
    last_round: Callable[[], Json | None] = lambda: None


class Cached(Generic[T]):
    """The answer of a slow function, asked anew after so many seconds, or when it is asked about something else; one
    thread at a time asks."""

    def __init__(self, ask: Callable[..., T], seconds: float) -> None:
        self._ask, self._seconds = ask, seconds
        self._lock = threading.Lock()
        self._about: object = None
        self._until_s = 0.0
        self._found: T

    def __call__(self, about: object, *words: Any) -> T:
        """What ``ask(*words)`` says; ``about`` tells whether it is the same question."""
        with self._lock:
            if time.monotonic() >= self._until_s or about != self._about:
                self._found = self._ask(*words)
                self._about, self._until_s = about, time.monotonic() + self._seconds
            return self._found
