"""The part of the fault suite that runs with all other tests; ``scripts/faults`` runs all of it, at full size."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.faults.judge import Outcome
from tests.faults.poison import poisoned
from tests.faults.together import together


@pytest.mark.parametrize("fault", [together, lambda: poisoned(500)], ids=["together", "poison"])
def test_nothing_lost_nothing_twice(fault: Callable[[], Outcome]) -> None:
    outcome = fault()

    assert outcome.faults == []
    assert (outcome.lost, outcome.repeated) == (0, 0)
