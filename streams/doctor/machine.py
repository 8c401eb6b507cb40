"""The machine: Python, packages, disk, memory for rows, clock, and the port of the pages."""

from __future__ import annotations

import ctypes
import os
import shutil
import socket
import sys
from importlib.util import find_spec
from pathlib import Path

from streams.doctor.found import Findings, Found, bad, good, watch
from streams.settings import Settings
from streams.worker.web.address import refused

OLDEST = (3, 11)
GIB = 1 << 30
#: Below so much free disk it stops working soon, and below so much somebody should look.
LEAST_BYTES, FEW_BYTES = GIB // 2, 5 * GIB
#: package -> the extra that brings it, and who wants it
EXTRAS = {
    "redis": ("redis", "the serving store"),
    "httpx": ("sinks", "platforms over HTTP"),
    "anthropic": ("llm", "the language model"),
    "rocksdict": ("rocksdb", 'store = "rocksdb"'),
    "statsmodels": ("stats", "trials and reports"),
}
#: what adjtimex(2) returns where nobody keeps the clock, and how long the structure is that it fills at most
_UNSYNCHRONISED, _TIMEX_BYTES = 5, 512


def machine(settings: Settings) -> Findings:
    """All of it."""
    yield _python()
    yield from _packages(settings)
    yield _disk(settings.data_dir)
    yield _clock()
    yield from _port(settings.http)


def _python() -> Found:
    has = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST:
        return bad("Python", has, "microseg needs Python 3.11 or later")
    return good("Python", has)


def wanted(settings: Settings) -> set[str]:
    """The optional packages without which something that is set cannot work."""
    packages = {"redis"} if settings.redis else set()
    if any(sink.kind != "redis" for sink in settings.sinks.values()):
        packages.add("httpx")
    if settings.store == "rocksdb":
        packages.add("rocksdict")
    return packages


def _packages(settings: Settings) -> Findings:
    need = wanted(settings)
    absent = [name for name in EXTRAS if find_spec(name) is None]
    for name in absent:
        extra, used_by = EXTRAS[name]
        if name in need:
            yield bad("packages", f"{name} is missing", f"pip install 'microseg[{extra}]' for {used_by}")
    rest = [name for name in absent if name not in need]
    if rest:
        said = "; ".join(f"{EXTRAS[name][1]} would need microseg[{EXTRAS[name][0]}]" for name in rest)
        yield good("packages", f"all that is set can run; {said}")
    elif not absent:
        yield good("packages", "all, the optional ones too")


def _disk(folder: Path) -> Found:
    at = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    if not at.is_dir() or not os.access(at, os.W_OK):
        return bad("disk", f"cannot write to {at}", "set data_dir to a folder of microseg's own user")
    free = shutil.disk_usage(at).free
    said = f"{free / GIB:.1f} GiB free for {folder}"
    if free < LEAST_BYTES:
        return bad("disk", said, "make room, or set data_dir to a larger disk")
    if free < FEW_BYTES:
        return watch("disk", said, "make room before it is full; a worker with a full disk stops")
    return good("disk", said)


def _clock() -> Found:
    """Whether somebody keeps this machine's clock right, which decides when windows pass."""
    if not sys.platform.startswith("linux"):
        return good("clock", "not looked at on this system; keep it right with a time service")
    # modes = 0 at the front of the structure: nothing is set, only told
    state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    if state == _UNSYNCHRONISED:
        return watch("clock", "no time service keeps it right", "run chrony or the like; windows end by it")
    if state < 0:
        return good("clock", "not looked at: the system does not tell")
    return good("clock", "kept right by a time service")


def _port(http: tuple[str, int] | None) -> Findings:
    if http is None:
        yield good("pages", "none are served: http is empty")
        return
    host, port = http
    reason = refused(host, port)
    if reason is None:
        yield good("pages", f"{host}:{port} is free for a worker")
    elif _answers(host, port):
        yield good("pages", f"something answers at {host}:{port} already; a worker, if one runs")
    else:
        yield bad("pages", f"cannot listen on {host}:{port} ({reason})", "set http to another address")


def _answers(host: str, port: int) -> bool:
    try:
        socket.create_connection((host.strip("[]"), port), timeout=2).close()
    except OSError:
        return False
    return True
