"""A local server that speaks the Messages API as far as discovery uses it: what it answers is written in advance."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """One answer: a status, a body, headers, and how long it takes."""

    body: dict[str, Any] | bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0


def message(text: str, stop_reason: str = "end_turn", read: int = 0) -> Reply:
    """An answer of a model; the first block is what it thought."""
    usage = {
        "input_tokens": 1_000,
        "output_tokens": 500,
        "cache_creation_input_tokens": 0 if read else 4_000,
        "cache_read_input_tokens": read,
    }
    content = [{"type": "thinking", "thinking": "", "signature": "s"}, {"type": "text", "text": text}]
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-sonnet-5-5",
        "content": content if stop_reason != "refusal" else [],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": usage,
    }
    return Reply(body)


def answer(*proposals: dict[str, Any], read: int = 0) -> Reply:
    """An answer with these proposals."""
    return message(json.dumps({"proposals": proposals}), read=read)


def error(status: int, kind: str, said: str, retry_after: str | None = "0") -> Reply:
    """An answer that is an error of the API's."""
    headers = {"retry-after": retry_after} if retry_after else {}
    return Reply({"type": "error", "error": {"type": kind, "message": said}}, status, headers)


class MessagesApi:
    """The server; ``replies`` are given in order, the last one again and again. ``seen`` has each request's body."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.seen: list[dict[str, Any]] = []
        self.headers: list[dict[str, str]] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    def __enter__(self) -> MessagesApi:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def environ(self) -> dict[str, str]:
        """The environment of a process that asks this server."""
        url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return {"ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "sk-secret-key"}

    def _next(self) -> Reply:
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        api = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                api.seen.append(json.loads(body))
                api.headers.append({name.lower(): value for name, value in self.headers.items()})
                reply = api._next()
                time.sleep(reply.seconds)
                data = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                try:
                    self.send_response(reply.status if self.path == "/v1/messages" else 404)
                    for name, value in {"content-type": "application/json", **reply.headers}.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(data)))
                    self.end_headers()
                    self.wfile.write(data)
                except OSError:
                    pass  # who asked has gone

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        return Handler
