"""What the scripts of this room have in common as commands."""

from __future__ import annotations

import sys
from collections.abc import Callable

from streams.errors import MicrosegError


def exit_code_of(name: str, work: Callable[[], int], *errors: type[Exception]) -> int:
    """The exit code of a script's work; what keeps it from being done is one line on standard error, also where it is
    one of ``errors``."""
    known: tuple[type[Exception], ...] = (MicrosegError, OSError, *errors)
    try:
        return work()
    except known as error:
        print(f"{name}: {error}", file=sys.stderr)
        return error.exit_code if isinstance(error, MicrosegError) else 2
