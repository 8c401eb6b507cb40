"""What a Kafka client cannot do, in the user's words."""

from __future__ import annotations

from streams.errors import MicrosegError


class ClientError(MicrosegError):
    """Kafka cannot be reached, or did not take or give what was asked for."""
