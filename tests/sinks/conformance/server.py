"""A platform's stand-in: a local web server with what may go wrong on the way."""

from __future__ import annotations

import re
import threading
import time
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import orjson

from tests.sinks.conformance.world import Watch

Reply = tuple[int, dict[str, str], bytes]


@dataclass
class Seen:
    """A call that arrived."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at_ms: int
    status: int = 0

    @property
    def json(self) -> Any:
        return orjson.loads(self.body)


@dataclass
class Fault:
    """What goes wrong with a call: an answer of this status; or the answer is lost, or late, after it was taken."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    lost: bool = False
    late_s: float = 0.0


class Quota:
    """So many calls within so many seconds, by the injected clock."""

    def __init__(self, watch: Watch, calls: int, seconds: float) -> None:
        self._watch, self._calls, self._ms = watch, calls, int(seconds * 1000)
        self._made: deque[int] = deque()

    def over_s(self) -> float:
        """0 for a call that is within it and counted; else in how many seconds there is room."""
        now = self._watch.now_ms()
        while self._made and self._made[0] <= now - self._ms:
            self._made.popleft()
        if len(self._made) >= self._calls:
            return (self._made[0] + self._ms - now) / 1000
        self._made.append(now)
        return 0.0


class StandIn:
    """What all stand-ins share.

    ``bad`` customers are refused for good, ``shaky`` ones so many times for a reason that may pass. ``key`` is the one
    that is taken. ``away``: it answers 503.
    """

    def __init__(self, watch: Watch) -> None:
        self.watch = watch
        self.seen: list[Seen] = []
        self.calls: Counter[str] = Counter()
        self.keep = True  # what was seen; else it is only counted
        self.faults: deque[Fault] = deque()
        self.away = False
        self.key = "right-key"
        self.bad: set[str] = set()
        self.shaky: dict[str, int] = {}
        self.limited = 0
        self._lock = threading.Lock()
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = 1 << 16  # head and body at once, or the far side waits for the rest

            def _any(self) -> None:
                stand_in.handle(self)

            do_GET = do_POST = do_DELETE = do_PATCH = do_PUT = _any

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def handle(self, handler: BaseHTTPRequestHandler) -> None:
        """Answers one call."""
        body = handler.rfile.read(int(handler.headers.get("content-length", 0)))
        headers = {name.lower(): value for name, value in handler.headers.items()}
        seen = Seen(handler.command, handler.path, headers, body, self.watch.now_ms())
        with self._lock:
            fault = self.faults.popleft() if self.faults else Fault()
            status, more, answer = self._reply(seen, fault)
            seen.status = status
            self.calls[re.sub(r"job-[0-9]+", "ID", f"{seen.method} {urlsplit(seen.path).path}")] += 1
            if self.keep:
                self.seen.append(seen)
        if fault.late_s:
            time.sleep(fault.late_s)
        if fault.lost:
            handler.close_connection = True
            return
        try:
            handler.send_response(status)
            for name, value in more.items():
                handler.send_header(name, value)
            handler.send_header("content-length", str(len(answer)))
            handler.end_headers()
            handler.wfile.write(answer)
            handler.wfile.flush()
        except OSError:  # who called has gone
            handler.close_connection = True

    def _reply(self, seen: Seen, fault: Fault) -> Reply:
        if self.away:
            return 503, {}, b""
        if fault.status:
            return fault.status, fault.headers, b""
        return self.answer(seen, urlsplit(seen.path).path)

    def answer(self, seen: Seen, path: str) -> Reply:
        """What the platform does and says."""
        raise NotImplementedError

    def fails(self, user: str) -> bool:
        """Whether a customer fails this time."""
        if self.shaky.get(user, 0) > 0:
            self.shaky[user] -= 1
            return True
        return False


def reply(status: int, body: object = None, **headers: str) -> Reply:
    """An answer in JSON."""
    return status, headers, b"" if body is None else orjson.dumps(body)
