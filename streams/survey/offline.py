"""The same answers from event files, with no worker and no broker: a replay stands for the live customers."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from streams.engine.replay import Replay
from streams.engine.survey import Findings, Survey
from streams.files import open_lines
from streams.progress import reading
from streams.rules.compile import compile_rules
from streams.rules.model import RuleSet
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.engine.partition import Partition

SLICE = 50_000


def replayed(settings: Settings, rules: RuleSet, files: Sequence[str], until_ms: int | None = None) -> Partition:
    """All customers of the files as of ``until_ms`` (None: the last event's instant); refused events are counted on
    stderr.

    Raises:
        MicrosegError: a file cannot be read.
    """
    replay = Replay(
        rules, settings.timezone, settings.retention_ms, settings.max_facts, settings.money(), settings.traffic
    )
    for name in files:
        with open_lines(name) as source, reading(source) as lines:
            replay.read(lines)
    partition = replay.run(until_ms)
    if replay.refused:
        line, reason = replay.refused[0]
        print(f"microseg: {len(replay.refused)} refused events, the first at line {line}: {reason}", file=sys.stderr)
    return partition


def findings_of(settings: Settings, live: RuleSet, planned: RuleSet, files: Sequence[str], show: int = 0) -> Findings:
    """What ``planned`` rules would change for the customers of the files under ``live`` ones, at the last event."""
    partition = replayed(settings, live, files)
    program = compile_rules(planned, settings.retention_ms, settings.timezone, settings.traffic)
    survey = Survey(partition, program, partition.machine.clock_ms(), show=show)
    while survey.step(SLICE):
        pass
    return survey.findings
