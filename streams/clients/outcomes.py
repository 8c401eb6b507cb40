"""The totals of all partitions, as they are now."""

from __future__ import annotations

from streams.clients.errors import ClientError
from streams.clients.topics import NoTopic, partitions_of
from streams.clients.whole import read_whole
from streams.settings import Settings
from streams.trials.totals import Totals


def read_totals(settings: Settings) -> Totals:
    """What ``microseg track`` has published up to now.

    Raises:
        ClientError: there is no such topic yet, the broker does not answer, or a record there is none of totals.
    """
    try:
        partitions_of(settings, settings.outcomes)
    except NoTopic as error:
        raise ClientError(f"{error}; does microseg track run?") from error
    try:
        return Totals.of((key.decode(), value) for key, value in read_whole(settings, settings.outcomes))
    except (ValueError, TypeError) as error:
        raise ClientError(f"a record of {settings.outcomes} is none of totals: {error}") from error
