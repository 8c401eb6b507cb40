"""Discovery from event files, with no worker and no broker: a replay stands for the live customers."""

from __future__ import annotations

from collections.abc import Sequence

from streams.discovery.miner import Mined, mine
from streams.discovery.search import Limits
from streams.rules.model import RuleSet
from streams.settings import Settings
from streams.survey.offline import replayed


def mined(
    settings: Settings,
    live: RuleSet,
    files: Sequence[str],
    until_ms: int | None = None,
    limits: Limits | None = None,
) -> Mined:
    """What is worth a proposal among the customers of the files under live rules, as of ``until_ms`` (None: the last
    event's instant).

    Raises:
        MicrosegError: a file cannot be read, or there is too little in them.
    """
    partition = replayed(settings, live, files, until_ms)
    return mine(partition, until_ms or partition.machine.clock_ms(), limits)
