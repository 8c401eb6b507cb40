"""A connection to the Redis of the settings."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from streams.clients.errors import ClientError
from streams.settings import Settings

if TYPE_CHECKING:
    from redis import Redis

#: A call of which nothing comes back within so many seconds counts as failed.
TIMEOUT_SECONDS = 10.0


def redis_of(settings: Settings) -> Redis:
    """A connection, which is made when it is first used.

    Raises:
        ClientError: no Redis is set, or its client is not installed.
    """
    if settings.redis is None:
        raise ClientError('no Redis is set: redis = "redis://host:6379/0" in the settings, or MICROSEG_REDIS')
    try:
        from redis import Redis
    except ImportError as error:
        raise ClientError("Redis needs one more package: pip install 'microseg[redis]'") from error
    return Redis.from_url(
        settings.redis, decode_responses=True, socket_timeout=TIMEOUT_SECONDS, socket_connect_timeout=TIMEOUT_SECONDS
    )


def shown(settings: Settings) -> str:
    """Where it is, without what is secret about it."""
    parts = urlsplit(settings.redis or "")
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
