"""How many rows are judged of themselves before events get their turn again."""

from __future__ import annotations

#: What a slice should take: short enough that an event passes several on its way without being late.
SLICE_SECONDS = 0.02
FEWEST, MOST = 100, 5_000
FIRST = 1_000


class Slices:
    """So many customers a slice, ``most``, that it takes about SLICE_SECONDS, as measured on those before."""

    def __init__(self) -> None:
        self.most = FIRST

    def took(self, seconds: float) -> None:
        """Learns from a slice of ``most`` customers; the next is at most twice and at least a quarter of it."""
        factor = min(2.0, max(0.25, SLICE_SECONDS / max(seconds, 1e-6)))
        self.most = int(min(MOST, max(FEWEST, self.most * factor)))
