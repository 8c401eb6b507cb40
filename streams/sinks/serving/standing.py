"""Where a customer stands, as the serving store has it, for those who cannot ask a worker."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from redis.exceptions import RedisError

from streams.clients.errors import ClientError
from streams.events.instants import stamp
from streams.explanations.lines import local
from streams.settings import Settings
from streams.sinks.serving.connection import redis_of, shown
from streams.sinks.serving.lookup import Lookup

Standing = dict[str, Any]


def standing_of(settings: Settings, user: str) -> Standing | None:
    """A customer's segments with the instants at which they entered, and when that was last changed; None where the
    store has no such customer.

    Raises:
        ClientError: Redis cannot be read.
    """
    try:
        found = Lookup(redis_of(settings), settings.application).customer(user)
    except RedisError as error:
        raise ClientError(f"cannot read {shown(settings)}: {error}") from error
    if found is None:
        return None
    segments = [{"segment": name, "since": stamp(since)} for name, since in sorted(found.since_ms.items())]
    trial = {"arms": found.arms, "withheld": found.withheld}
    return {"user": user, "at": found.at, "seq": found.seq, "segments": segments, **trial}


def standing_lines(found: Standing, timezone: str) -> Iterator[str]:
    """The same for people, with instants in the shop's time zone."""
    zone, count = ZoneInfo(timezone), len(found["segments"])
    counted = "1 segment" if count == 1 else f"{count} segments"
    yield f"{found['user']} is in {counted}, last changed at {local(found['at'], zone)}"
    for one in found["segments"]:
        arm = found["arms"].get(one["segment"])
        said = (
            f" ({arm} of its trial)"
            if arm
            else " (another segment's mail instead)"
            if one["segment"] in found["withheld"]
            else ""
        )
        yield f"  {one['segment']} since {local(one['since'], zone)}{said}"
