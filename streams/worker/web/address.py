"""Who can reach the worker's pages."""

from __future__ import annotations

import ipaddress
import logging
import os
import socket

from streams.worker.errors import WorkerError
from streams.worker.logs import note


def check_address(http: tuple[str, int] | None) -> None:
    """Warns where others than this machine can reach the pages.

    Raises:
        WorkerError: the web server will not get its port: a clear line now rather than a traceback later.
    """
    if http is None:
        return
    host, port = http
    if reason := refused(host, port):
        raise WorkerError(f"cannot listen on {host}:{port} ({reason}); set http to another port, or to nothing")
    if not is_loopback(host):
        text = (
            "/health and /metrics are open to whoever reaches %s:%d; they ask for no password, nor does the dashboard "
            "but for customers, which it shows there with the setting dashboard.token alone"
        )
        note("open to others", text, host, port, level=logging.WARNING, more={"host": host, "port": port})


def refused(host: str, port: int) -> str | None:
    """Why nobody can listen there now; None: it is free."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host.strip("[]"), port), family=family).close()
    except OSError as error:
        return os.strerror(error.errno) if error.errno else str(error)
    return None


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches an address to listen on; of names only localhost is known to be one."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower() == "localhost"
