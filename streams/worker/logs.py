"""What a worker says: one clear line at a time on standard error, and nothing of what its libraries mutter."""

from __future__ import annotations

import logging
import sys

# "streams" itself: Faust gives the classes that derive from its own a logger named after their module.
NOISY = ("streams", "faust", "mode", "aiokafka", "aiohttp", "asyncio", "librdkafka", "confluent_kafka", "kafka")
#: Above every level: these libraries log what the worker tells in its own words.
SILENT = logging.CRITICAL + 1

log = logging.getLogger("microseg")
librdkafka_log = logging.getLogger("librdkafka")


def speak(level: int = logging.INFO) -> None:
    """Sends the worker's own lines to standard error, with the time of day."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S"))
    log.handlers[:] = [handler]
    log.setLevel(level)
    log.propagate = False
    for name in NOISY:
        logging.getLogger(name).setLevel(SILENT)
