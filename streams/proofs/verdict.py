"""Whether what a worker published is what the replay of the same events finds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from streams.events.decode import Refusal, decode_event
from streams.events.instants import stamp
from streams.proofs.ground import Ground, ProofError
from streams.proofs.worker_runs import replay_final
from streams.rows.home import home_partition

Segments = dict[str, list[str]]


def expected_segments(ground: Ground, lines: Iterable[bytes]) -> Segments:
    """Each customer's segments as ``microseg replay --final`` finds them.

    A worker whose time is that of its events has one time for each partition: its newest event's. So the events are
    replayed apart for each partition, each to its own time.
    """
    events: defaultdict[int, list[bytes]] = defaultdict(list)
    newest_ms: defaultdict[int, int] = defaultdict(int)
    for line in lines:
        event = decode_event(line)
        if isinstance(event, Refusal):
            raise ProofError(f"an event is refused: {event.reason}")
        home = home_partition(str(event.user), ground.partitions)
        events[home].append(line)
        newest_ms[home] = max(newest_ms[home], int(event.at))
    found: Segments = {}
    for home, some in events.items():
        found |= replay_final(ground, b"\n".join(some), stamp(newest_ms[home]))
    return found


def differences(expected: Segments, published: Segments) -> list[str]:
    """What differs, in words; a customer of whom nothing was published is in no segment."""
    return [
        f"customer {user}: published {published.get(user, [])}, the replay finds {expected.get(user, [])}"
        for user in sorted(expected.keys() | published.keys())
        if expected.get(user, []) != published.get(user, [])
    ]
