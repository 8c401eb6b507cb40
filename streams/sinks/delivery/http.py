"""Calls over HTTP."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, Self

import orjson

from streams.clients.errors import ClientError

if TYPE_CHECKING:
    import httpx

#: Characters of an answer that are told.
_TOLD = 300


class Request(NamedTuple):
    """A call: ``path`` begins behind the platform's address; ``limit`` names what it is counted for."""

    method: str
    path: str
    body: bytes | None = None
    limit: str = ""
    key: str = ""


class Answer(NamedTuple):
    """What came back; names of headers in small letters."""

    status: int
    headers: Mapping[str, str] = {}
    body: bytes = b""

    @property
    def text(self) -> str:
        """The beginning of the body, on one line."""
        return " ".join(self.body[: 4 * _TOLD].decode(errors="replace").split())[:_TOLD]

    def json(self) -> Any:
        """The body; an empty object where it is no JSON."""
        try:
            return orjson.loads(self.body)
        except orjson.JSONDecodeError:
            return {}


class AwayError(Exception):
    """Nothing came back."""


class Transport(Protocol):
    """Sends calls."""

    def send(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """What comes back; raises AwayError."""
        ...


class HttpTransport:
    """Sends calls to one address, over one connection that is kept.

    Args:
        url: where the paths begin.
        timeout_s: how long an answer may take.

    Raises:
        ClientError: the HTTP client is not installed.
    """

    def __init__(self, url: str, timeout_s: float) -> None:
        try:
            import httpx
        except ImportError as error:
            raise ClientError("sinks need one more package: pip install 'microseg[sinks]'") from error
        self._url = url.rstrip("/")
        self._failed: type[Exception] = httpx.HTTPError
        self._client: httpx.Client = httpx.Client(timeout=timeout_s, follow_redirects=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        self._client.close()

    def send(self, request: Request, headers: Mapping[str, str]) -> Answer:
        """What comes back; raises AwayError."""
        try:
            answer = self._client.request(
                request.method, self._url + request.path, content=request.body, headers=dict(headers)
            )
        except self._failed as error:
            raise AwayError(_why(error)) from error
        return Answer(
            answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, answer.content
        )


def _why(error: Exception) -> str:
    """Without the address, which may hold what is secret."""
    name = type(error).__name__
    return {
        "ConnectError": "no connection",
        "ReadTimeout": "no answer in time",
        "ConnectTimeout": "no connection in time",
    }.get(name, name)
