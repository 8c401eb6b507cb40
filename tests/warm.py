"""Compiles the kernel into the user's cache: ``python -m tests.warm``.

scripts/test runs it beside the checks of style and types, so that no test, of which some go by the clock, has to run
beside a compiler.
"""

from __future__ import annotations

from pathlib import Path

from streams.engine.partition import Partition
from streams.rules.compile import compile_rules
from streams.rules.load import load_rules
from streams.settings import Settings
from streams.worker.warm import warm_up

RULES = Path(__file__).parents[1] / "segment_rules"


def main() -> None:
    """Sends a few customers through partitions that are thrown away."""
    policy = Settings().policy()
    program = compile_rules(load_rules(RULES), policy.retention_ms)
    warm_up(lambda number, partitions: Partition(number, partitions, program, policy))


if __name__ == "__main__":
    main()
