"""What can go wrong with the language model; what does not need it goes on without it."""

from __future__ import annotations

from streams.errors import MicrosegError


class ModelFault(MicrosegError):
    """The model gave no answer that can be used; the message says why on one line."""
