"""The demo: an embedded broker, a worker, a live shop, and what comes of it on the screen."""

from __future__ import annotations

import os
import signal
import sys
import time
import webbrowser
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from streams.clients.changes import ChangeReader
from streams.clients.settings_file import one_topic, write_settings
from streams.clients.topics import prepare
from streams.clients.words import Words
from streams.demo.board import Board
from streams.demo.open_shop import OpenShop
from streams.demo.views import View, view_for
from streams.demo.worker import Worker
from streams.embedded.kafka import running_kafka
from streams.embedded.processes import free_port, port_is_free
from streams.events.instants import stamp
from streams.rules.model import RuleSet
from streams.settings import Settings, load_settings

HTTP_PORT = 6066
TELL_EVERY_S = 10.0


@dataclass(frozen=True, slots=True)
class Plan:
    """What to play: ``speed`` in seconds of shop time a second, ``seconds`` from the opening on, None: until Ctrl-C;
    ``browser``: the dashboard is opened in one."""

    customers: int
    seed: int
    speed: float
    seconds: float | None
    browser: bool = False


def play(plan: Plan, home: Path, folder: Path, rules: RuleSet, console: Console) -> int:
    """Starts everything, shows changes until time is up or Ctrl-C, and ends everything.

    Returns the number of changes that were shown.

    Raises:
        MicrosegError: a part does not start, or ends before its time.
    """
    home.mkdir(parents=True, exist_ok=True)
    with interruptible(), ExitStack() as parts:
        port = free_port()
        config = _write_settings(home, port, folder)
        settings = load_settings(config, {})
        console.print(f"starting Kafka and a worker (settings: {config}) ...", highlight=False)
        worker = parts.enter_context(Worker(config, home / "worker.log"))  # first: it has much to load, and waits
        parts.enter_context(running_kafka(home / "kafka", port))
        parts.callback(worker.end)  # before Kafka ends, so that it can write its last checkpoint
        prepare(settings)
        reader = parts.enter_context(closing(ChangeReader(settings, from_beginning=True)))
        shop = parts.enter_context(OpenShop(settings, plan.customers, plan.seed, plan.speed))
        console.print(f"the shop is open: {plan.customers} customers, {shop.pace.in_words()} ...", highlight=False)
        _show_dashboard(settings, console, browser=plan.browser)
        board = Board([rule.name for rule in rules.rules if rule.for_each is None], Words(rules), shop.pace.opening_ms)
        view = parts.enter_context(view_for(console))
        with suppress(KeyboardInterrupt):
            _watch(plan, board, view, reader, worker, shop)
    return board.told


def _watch(plan: Plan, board: Board, view: View, reader: ChangeReader, worker: Worker, shop: OpenShop) -> None:
    started = now = time.monotonic()
    while plan.seconds is None or now - started < plan.seconds:
        worker.check()
        shop.check()
        arrived = reader.poll(0.25)
        now = time.monotonic()
        lines = [line for one in arrived for line in board.take(one, now)]
        view.show(_status(shop, board, worker), board.sizes(now), lines)


def _show_dashboard(settings: Settings, console: Console, *, browser: bool) -> None:
    """Tells where the dashboard is, and opens it where there is a screen that somebody looks at."""
    if settings.http is None:
        return
    address = "http://{}:{}/".format(*settings.http)
    console.print(f"the dashboard is at {address}", highlight=False)
    if browser and console.is_terminal and has_display():
        webbrowser.open(address)


def has_display() -> bool:
    """Whether a browser could show itself; over a remote shell, and in a container, it could not."""
    if sys.platform in ("darwin", "win32"):
        return "SSH_CONNECTION" not in os.environ
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _status(shop: OpenShop, board: Board, worker: Worker) -> str:
    at = stamp(shop.pace.now_ms())[:16].replace("T", " ")
    told = f"{board.told:,} changes" if board.told else f"no change yet (the worker: {worker.last_words()})"
    return f"shop time {at} ({shop.pace.in_words()}), {shop.events:,} events, {told}; Ctrl-C ends it"


def keep_shop(plan: Plan, settings: Settings, console: Console) -> None:
    """Only the shop: sends its events to the broker of the settings until time is up or Ctrl-C.

    Raises:
        MicrosegError: the broker does not answer, or goes away.
    """
    with interruptible(), suppress(KeyboardInterrupt):
        prepare(settings)
        with OpenShop(settings, plan.customers, plan.seed, plan.speed) as shop:
            console.print(f"the shop sends to {settings.broker}, {shop.pace.in_words()}", highlight=False)
            started = told = time.monotonic()
            while plan.seconds is None or time.monotonic() - started < plan.seconds:
                shop.check()
                time.sleep(0.2)
                if time.monotonic() - told >= TELL_EVERY_S:
                    told = time.monotonic()
                    at = stamp(shop.pace.now_ms())
                    console.print(f"shop time {at}, {shop.events:,} events", highlight=False)


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C, SIGTERM and a closed terminal raise KeyboardInterrupt here, once: the parts are then ended in peace."""
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def interrupt(_number: int, _frame: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _write_settings(home: Path, broker_port: int, folder: Path) -> Path:
    """Writes the settings of the demo's worker; they also serve ``microseg subscribe --config`` in another terminal."""
    http_port = HTTP_PORT if port_is_free(HTTP_PORT) else free_port()
    settings = {
        "broker": f"127.0.0.1:{broker_port}",
        "application": "demo",
        "clock": "event",  # the shop lives in fast motion
        "rules": str(folder.resolve()),
        "data_dir": str((home / "data").resolve()),
        "worker": "demo",
        "http": f"127.0.0.1:{http_port}",
        # One combined topic keeps all events of a customer in order: with clock = event, topics that are read one after
        # the other, as a history is, would make each other's events late.
        **one_topic("events"),
    }
    return write_settings(home / "microseg.toml", settings)
