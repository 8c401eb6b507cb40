"""How often a process looks for garbage cycles."""

from __future__ import annotations

import gc


def collect_rarely() -> None:
    """Leaves what is there by now out of the search for garbage cycles, and searches seldom.

    Events and changes make none, so a search finds nothing; with the default thresholds it took a tenth of the CPU.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
