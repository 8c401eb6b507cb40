"""How fast a platform may be called: by what it publishes, and by what its answers say."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

from streams.sinks.delivery.waiting import Waiting

Limits = Mapping[str, tuple[tuple[int, float], ...]]


class Pace:
    """Counts calls in sliding windows, one set for each name of a limit.

    Args:
        limits: name -> (calls, seconds) that all hold.
        waiting: lets the time pass.
    """

    def __init__(self, limits: Limits, waiting: Waiting) -> None:
        self._waiting = waiting
        self._windows = {
            name: [(calls, int(seconds * 1000), deque[int]()) for calls, seconds in both]
            for name, both in limits.items()
        }
        self._not_before_ms: dict[str, int] = {}

    def wait(self, limit: str) -> None:
        """Returns when the next call may be made, and counts it."""
        while (left_ms := self._left_ms(limit)) > 0:
            self._waiting.sleep(left_ms / 1000)
        for _, _, made in self._windows.get(limit, ()):
            made.append(self._waiting.now_ms())

    def heard(self, limit: str, headers: Mapping[str, str]) -> None:
        """What an answer says of the calls that are left."""
        remaining, reset = _number(headers.get("ratelimit-remaining")), _number(headers.get("ratelimit-reset"))
        if remaining is not None and remaining < 1 and reset is not None:
            self._not_before_ms[limit] = self._waiting.now_ms() + int(reset * 1000)

    def _left_ms(self, limit: str) -> int:
        now = self._waiting.now_ms()
        left = self._not_before_ms.get(limit, 0) - now
        for calls, window_ms, made in self._windows.get(limit, ()):
            while made and made[0] <= now - window_ms:
                made.popleft()
            if len(made) >= calls:
                left = max(left, made[-calls] + window_ms - now)
        return left


def retry_after_s(headers: Mapping[str, str], now_ms: int) -> float | None:
    """Seconds that ``Retry-After`` asks for, as a number or a date; None where it does not."""
    said = headers.get("retry-after", "").strip()
    number = _number(said)
    if number is not None or not said:
        return number
    try:
        at = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max(0.0, at.replace(tzinfo=at.tzinfo or UTC).timestamp() - now_ms / 1000)


def _number(text: str | None) -> float | None:
    """A number that is not below 0, of which the part behind a semicolon or comma is left out."""
    try:
        number = float((text or "").split(";")[0].split(",")[0])
    except ValueError:
        return None
    return number if 0 <= number < 1e9 else None
