"""What discovery cannot do, in the user's words."""

from __future__ import annotations

from streams.errors import MicrosegError


class TooFewCustomers(MicrosegError):
    """There is too little to tell anything from it."""

    exit_code = 1
