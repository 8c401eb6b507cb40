"""Asking the broker again where it is not ready yet, as for a moment after a topic was created."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from confluent_kafka import KafkaException

PAUSE_SECONDS = 0.1

T = TypeVar("T")


def patiently(ask: Callable[[], T], seconds: float) -> T:
    """What ``ask`` returns as soon as it does; after so many seconds its KafkaException."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return ask()
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            time.sleep(PAUSE_SECONDS)
