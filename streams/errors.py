"""The errors that a user can meet; each is one clear line and an exit code.

    MicrosegError            something could not be done (exit 2)
    ├── SettingsError        a setting or an environment variable is wrong
    ├── EmbeddedError        the embedded Kafka or Valkey could not be brought up
    └── ...                  rooms add their own: a broken rule, a broker that is away

A bug is none of these: it ends with a traceback, so that it gets noticed.
"""

from __future__ import annotations


class MicrosegError(Exception):
    """What was asked for failed for a reason that the message tells in the user's words.

    ``exit_code`` is that of the ``microseg`` command: 2 when it could not be done, 1 when what was asked for does not
    hold.
    """

    exit_code = 2


class SettingsError(MicrosegError):
    """One or more settings are wrong; ``errors`` has one line each, with its place."""

    def __init__(self, errors: list[str]) -> None:
        super().__init__("\n".join(errors))
        self.errors = errors


class EmbeddedError(MicrosegError):
    """An embedded server could not be installed, started or stopped."""
