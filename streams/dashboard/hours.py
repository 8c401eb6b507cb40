"""How many customers entered and left a segment in each hour, and so what its size was at any full hour."""

from __future__ import annotations

from collections.abc import Iterator

HOUR_MS = 3_600_000
#: Hours that are kept, from the newest back.
KEPT_HOURS = 60 * 24


class Hours:
    """Of one segment. Only hours in which something happened take room, about 100 bytes each."""

    def __init__(self) -> None:
        self._of: dict[int, list[int]] = {}

    def note(self, at_ms: int, entered: int, left: int) -> None:
        """So many more customers entered and left at an instant."""
        counted = self._of.setdefault(at_ms // HOUR_MS, [0, 0])
        counted[0] += entered
        counted[1] += left

    def forget_before(self, at_ms: int) -> None:
        """What was before an hour is not asked for any more."""
        first = at_ms // HOUR_MS
        for hour in [hour for hour in self._of if hour < first]:
            del self._of[hour]

    def between(self, from_ms: int, to_ms: int) -> tuple[int, int]:
        """How often it was entered and left in the hours that begin from ``from_ms`` on and before ``to_ms``."""
        found = [both for hour, both in self._of.items() if from_ms <= hour * HOUR_MS < to_ms]
        return sum(entered for entered, _ in found), sum(left for _, left in found)

    def flow(self, now_ms: int, hours: int) -> list[tuple[int, int, int]]:
        """(begin in ms, entered, left) of each of the last ``hours`` hours, the one of ``now_ms`` last."""
        last = now_ms // HOUR_MS
        return [(hour * HOUR_MS, *self._of.get(hour, (0, 0))) for hour in range(last - hours + 1, last + 1)]

    def sizes(self, size: int, now_ms: int, step: int, points: int, known_ms: int) -> list[tuple[int, int]]:
        """(instant, size) at full hours ``step`` hours apart, oldest first, and last of all ``size`` at ``now_ms``;
        ``points`` at most, and none before ``known_ms``."""
        found = [(now_ms, size)]
        for hour, then in self._backwards(size, now_ms // HOUR_MS, step):
            if len(found) >= points or hour * HOUR_MS < known_ms:
                break
            if hour * HOUR_MS < now_ms:
                found.append((hour * HOUR_MS, then))
        return found[::-1]

    def _backwards(self, size: int, last: int, step: int) -> Iterator[tuple[int, int]]:
        """(hour, size at its begin), from the newest full step back; what lies ahead of ``last`` is taken as of now."""
        changes = sorted(self._of.items(), reverse=True)
        place, hour = 0, last - last % step
        while True:
            while place < len(changes) and changes[place][0] >= hour:
                entered, left = changes[place][1]
                size, place = size - entered + left, place + 1
            yield hour, size
            hour -= step
