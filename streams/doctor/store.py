"""The serving store, where one is set."""

from __future__ import annotations

from streams.clients.errors import ClientError
from streams.doctor.found import Findings, bad, good
from streams.settings import Settings
from streams.sinks.serving.connection import redis_of, shown


def store(settings: Settings) -> Findings:
    """Whether Redis answers."""
    if settings.redis is None:
        return
    try:
        with redis_of(settings) as redis:
            redis.ping()
            version = redis.info("server").get("redis_version", "?")
    except ClientError as error:
        yield bad("redis", str(error), "install it, or unset redis")
    except Exception as error:  # redis-py has several families of errors, and a socket's own
        yield bad("redis", f"{shown(settings)} does not answer: {error}", "start it, or set redis to where it is")
    else:
        yield good("redis", f"{shown(settings)} answers, version {version}")
