"""A sink of the settings, from Kafka to its platform."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from typing import NamedTuple
from urllib.parse import urlsplit

from streams.errors import MicrosegError
from streams.settings import Settings
from streams.settings_sinks import Sink
from streams.sinks.delivery.book import Book, Row, Standing
from streams.sinks.delivery.caller import Caller, Far
from streams.sinks.delivery.engine import Delivery, Progress
from streams.sinks.delivery.http import Answer, HttpTransport, Request
from streams.sinks.delivery.items import Contents, Platform
from streams.sinks.delivery.ledger import KafkaLedger, Letter
from streams.sinks.delivery.pace import Pace
from streams.sinks.delivery.source import KafkaSource
from streams.sinks.delivery.waiting import WallWaiting
from streams.sinks.platforms.choice import platform_of

#: Of a body a dry run shows so many characters.
_SHOWN = 2_000


class Outside(NamedTuple):
    """What a delivery is told by and tells: where to end, in words what happens, how the sink is read again, and the
    copy that goes with changes (None: none does)."""

    stop: threading.Event
    say: Callable[[str], None]
    reread: Callable[[], Sink]
    contents: Contents | None = None


class Keys:
    """A sink's key, which may be set anew while it runs."""

    def __init__(self, sink: Sink, reread: Callable[[], Sink]) -> None:
        self._sink, self._reread = sink, reread

    def __call__(self) -> str:
        """The key as it is known."""
        return str(self._sink.options["key"])

    def renew(self) -> None:
        """Looks whether another one is set."""
        with suppress(MicrosegError, KeyError):  # somebody may just be writing the settings
            self._sink = self._reread()


def shown(sink: Sink) -> str:
    """Where it is, without what is secret about it."""
    parts = urlsplit(sink.options["url"])
    return f"{sink.kind} at {parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"


def deliver(settings: Settings, sink: Sink, outside: Outside, *, anew: bool, until_drained: bool) -> Progress:
    """Delivers until it is stopped or drained; returns what was done.

    Raises:
        MicrosegError: Kafka refuses, or another process of the sink took over.
    """
    waiting, keys = WallWaiting(outside.stop), Keys(sink, outside.reread)
    platform = platform_of(sink, keys, waiting.sleep, outside.contents)
    with (
        closing(KafkaSource(settings)) as source,
        HttpTransport(sink.options["url"], sink.options["timeout"] / 1000) as transport,
    ):
        far, pace = Far(sink.name, platform.headers, keys.renew), Pace(platform.limits, waiting)
        caller = Caller(transport, far, pace, waiting, outside.say)
        ledger = KafkaLedger(settings, sink.name)
        give_up_ms = sink.options["give_up_after"]
        delivery = Delivery(platform, caller, source, ledger, waiting, outside.say, give_up_ms)
        delivery.run(anew=anew, until_drained=until_drained)
    return delivery.progress


def dry_run(settings: Settings, sink: Sink, outside: Outside, show: Callable[[str], None], *, anew: bool) -> Progress:
    """Shows the calls that would be made until everything that is there is told; makes none and keeps nothing."""
    waiting = WallWaiting(outside.stop)
    platform = platform_of(sink, lambda: "", lambda _: None, outside.contents)
    with closing(KafkaSource(settings)) as source:
        call, ledger = _showing(platform, show), _Untouched(KafkaLedger(settings, sink.name))
        delivery = Delivery(platform, call, source, ledger, waiting, outside.say, sink.options["give_up_after"])
        delivery.run(anew=anew, until_drained=True)
    return delivery.progress


class _Untouched:
    """A ledger that is only read, beside a process that may be writing it."""

    def __init__(self, ledger: KafkaLedger) -> None:
        self._ledger = ledger

    def open(self) -> None:
        """Shuts nobody out."""

    def load(self) -> tuple[Book, Standing]:
        """All that is kept."""
        return self._ledger.load()

    def write(self, rows: Sequence[tuple[str, Row | None]], standing: Standing, letters: Sequence[Letter] = ()) -> None:
        """Keeps nothing."""


def _showing(platform: Platform, show: Callable[[str], None]) -> Callable[[Request], Answer]:
    def call(request: Request) -> Answer:
        body = (request.body or b"").decode()
        more = f" … and {len(body) - _SHOWN} more characters" if len(body) > _SHOWN else ""
        show(f"{request.method} {request.path or '/'} {body[:_SHOWN]}{more}".rstrip())
        return platform.pretended(request)

    return call
