"""How much is done at once before others get their turn."""

from __future__ import annotations

#: What a slice of rows should take: short enough that an event passes several on its way without being late.
SLICE_SECONDS = 0.02
#: The first slice is small: customers who have been there longest often come first, and have many facts.
FEWEST, MOST, FIRST = 100, 5_000, 200


class Slices:
    """So many at once, ``most``, that it takes about ``seconds``, as measured on those before."""

    def __init__(
        self, seconds: float = SLICE_SECONDS, fewest: int = FEWEST, most: int = MOST, first: int = FIRST
    ) -> None:
        self.most = first
        self._seconds, self._bounds = seconds, (fewest, most)

    def took(self, seconds: float) -> None:
        """Learns from a slice of ``most``; the next is at most twice and at least a quarter of it."""
        factor = min(2.0, max(0.25, self._seconds / max(seconds, 1e-6)))
        fewest, most = self._bounds
        self.most = int(min(most, max(fewest, self.most * factor)))
