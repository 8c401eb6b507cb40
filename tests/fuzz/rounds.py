"""How many rounds a fuzz test runs: a few hundred in the suite, as many as ``FUZZ_ROUNDS`` says in a campaign."""

from __future__ import annotations

import os
from collections.abc import Callable

from hypothesis import HealthCheck, settings

VARIABLE = "FUZZ_ROUNDS"


def rounds(few: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """The settings of a test of so many rounds."""
    slow = (HealthCheck.too_slow, HealthCheck.data_too_large)
    count = int(os.environ.get(VARIABLE, few))
    made: Callable[[Callable[..., None]], Callable[..., None]] = settings(
        max_examples=count, deadline=None, suppress_health_check=slow
    )
    return made
