"""The totals of all partitions, as they are now."""

from __future__ import annotations

from confluent_kafka import KafkaException

from streams.clients.errors import ClientError
from streams.clients.topics import partitions_of
from streams.settings import Settings
from streams.tracking.restore import read_whole
from streams.trials.totals import Totals
from streams.worker.errors import kafka_error


def read_totals(settings: Settings) -> Totals:
    """What ``microseg track`` has published up to now.

    Raises:
        ClientError: there is no such topic yet, the broker does not answer, or a record there is none of totals.
    """
    try:
        partitions_of(settings, settings.outcomes)
        return Totals.of((key.decode(), value) for key, value in read_whole(settings, settings.outcomes))
    except KafkaException as error:
        raise ClientError(f"cannot read {settings.outcomes}: {kafka_error(error).str()}") from error
    except ClientError as error:
        raise ClientError(f"{error}; does microseg track run?") from error
    except (ValueError, TypeError) as error:
        raise ClientError(f"a record of {settings.outcomes} is none of totals: {error}") from error
