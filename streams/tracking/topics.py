"""The topics of tracking: what it keeps, and what it publishes."""

from __future__ import annotations

from typing import NamedTuple

from streams.jobs.errors import JobError
from streams.settings import Settings
from streams.worker.logs import log
from streams.worker.new_topics import Plan, admin_of, make_topics
from streams.worker.topics import LARGEST_BYTES, MEMBERSHIPS, TopicNames, prepare_topics

_DAY_MS = 86_400_000
_COMPACTED = {
    "cleanup.policy": "compact",
    "max.message.bytes": str(LARGEST_BYTES),
    "segment.bytes": str(64 << 20),  # only closed segments are compacted, so small ones keep a start short
    "min.cleanable.dirty.ratio": "0.3",
    "max.compaction.lag.ms": str(7 * _DAY_MS),  # then an erased customer's facts are gone
}


_MESSAGES = {"cleanup.policy": "compact", "max.message.bytes": str(LARGEST_BYTES), "segment.ms": str(_DAY_MS)}


class Places(NamedTuple):
    """Where tracking reads and writes. ``inputs``, of which ``merges`` is one, by which partitions tell each other of
    merges, have the same ``partitions`` as ``state``; ``totals`` has one."""

    inputs: tuple[str, ...]
    merges: str
    state: str
    totals: str
    partitions: int


def prepare(settings: Settings) -> Places:
    """Makes sure that all topics are there.

    Raises:
        MicrosegError: the broker does not answer, or topics that must have the same number of partitions have not.
    """
    names = TopicNames.of(settings)
    partitions = prepare_topics(settings, names, log.warning)
    merges, state = f"{settings.outcomes}-merges", f"{settings.outcomes}-changelog"
    inputs = (*settings.topics.names(), MEMBERSHIPS, merges)
    places = Places(inputs, merges, state, settings.outcomes, partitions)
    plans = {
        merges: Plan(partitions, _MESSAGES),
        state: Plan(partitions, _COMPACTED),
        places.totals: Plan(1, _COMPACTED),
    }
    there = make_topics(admin_of(settings), plans).topics
    counts = {name: len(there[name].partitions) for name in (*places.inputs, places.state)}
    if set(counts.values()) != {partitions}:
        shown = ", ".join(f"{name} {count}" for name, count in counts.items())
        raise JobError(f"topics that must have the same number of partitions have: {shown}")
    return places
