"""What can go wrong with a local store."""

from __future__ import annotations

from streams.errors import MicrosegError


class StoreError(MicrosegError):
    """The disk did not do what it was asked for; a restart goes on from the changelog."""


class Damaged(StoreError):
    """Files are not as they were written: the store is of no use any more, and is made anew from the changelog."""
