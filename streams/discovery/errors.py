"""What discovery cannot do, in the user's words."""

from __future__ import annotations

from streams.errors import MicrosegError


class TooFewCustomers(MicrosegError):
    """There is too little to tell anything from it."""

    exit_code = 1


class RoundRunning(MicrosegError):
    """Another round is running; this one did nothing."""


class TurnLost(MicrosegError):
    """The round may go on no longer: the broker has not heard of it for too long, and another may have begun."""
