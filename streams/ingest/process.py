"""Ingest as a process: from settings to an exit code."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from threading import Event, Thread
from types import FrameType
from typing import NoReturn

from confluent_kafka import KafkaException

from streams.dialects.words import Shop
from streams.errors import MicrosegError
from streams.exports.categories import read_categories
from streams.ingest.agent import Agent
from streams.ingest.batch import Translating
from streams.ingest.door.delivery import Delivery
from streams.ingest.door.doors import Doors
from streams.ingest.errors import explained
from streams.ingest.topics import prepare
from streams.settings import Settings
from streams.worker.clock import WallClock
from streams.worker.garbage import collect_rarely
from streams.worker.logs import Voice, note, speak
from streams.worker.web.address import check_address

#: What librdkafka is asked for may take so much longer than the broker is waited for.
HANG_SECONDS = 30.0
WATCH_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Options:
    """How ingest is run."""

    until_drained: bool = False
    as_json: bool = False
    http: tuple[str, int] | None = None  # where the front door is; None: there is none


class Stop:
    """Whether a signal has asked for the end, and which."""

    def __init__(self) -> None:
        self.called = Event()
        self.reason = "all is drained"
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._call)

    def _call(self, number: int, frame: FrameType | None) -> None:
        self.reason = f"by {signal.Signals(number).name}"
        self.called.set()


def run_ingest(settings: Settings, options: Options = Options()) -> NoReturn:
    """Runs ingest until a signal, its work's end, or an error, and leaves the process.

    Exit code 0: told to stop, or drained; 2: could not go on, with one line on standard error. The process ends at
    once, without unwinding its clients' threads: everything that counts is in committed transactions by then.
    """
    voice = speak(settings.log, settings.secrets())
    code = 0
    try:
        _serve(settings, options, voice)
    except MicrosegError as error:
        code = voice.failed(str(error), error.exit_code)
    except KafkaException as error:
        code = voice.failed(str(explained(settings.worker, error)), 2)
    except OSError as error:
        code = voice.failed(str(error), 2)
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        voice.bug(error)
        code = 2
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _serve(settings: Settings, options: Options, voice: Voice) -> None:
    stop = Stop()
    shop = Shop(settings.currency, read_categories(settings.categories))
    doors = Doors.of(settings) if options.http else None
    check_address(options.http)
    names = prepare(settings, create=doors is not None)
    agent = Agent(settings, Translating(settings, names.refused, shop), until_drained=options.until_drained)
    watch = partial(_watch, agent, settings.broker_wait_ms / 1000 + HANG_SECONDS, voice)
    Thread(target=watch, name="watch", daemon=True).start()
    with _front_door(settings, options, doors, agent):
        _told_start(settings)
        collect_rarely()
        agent.run(stop.called)
    if options.until_drained:
        print(_summary(agent, as_json=options.as_json))
    note("stopped", "stopped: %s", stop.reason, more={"reason": stop.reason, "exit_code": 0})


def _watch(agent: Agent, longest_s: float, voice: Voice) -> None:
    """Ends the process where a transaction hangs: a restart does what it did not."""
    while agent.busy_seconds() < longest_s:
        time.sleep(WATCH_SECONDS)
    code = voice.failed(f"a transaction has hung for {longest_s:.0f} s; restart to go on", 2)
    sys.stderr.flush()
    os._exit(code)


def _front_door(
    settings: Settings, options: Options, doors: Doors | None, agent: Agent
) -> AbstractContextManager[object]:
    if doors is None or options.http is None:
        return nullcontext()
    from streams.ingest.door.pages import Pages
    from streams.ingest.door.server import FrontDoor

    delivery = Delivery(settings)
    pages = Pages(doors, delivery, agent.counts, WallClock().now_ms)
    host, port = options.http
    note("front door", "the front door is %s:%d", host, port, more={"host": host, "port": port})
    return FrontDoor(pages, delivery, options.http)


def _told_start(settings: Settings) -> None:
    inputs = ", ".join(f"{one.name} ({one.dialect})" for one in settings.foreign)
    more = {"worker": settings.worker, "application": settings.application, "version": version("microseg")}
    note("started", "ingest %s of %s: %s", settings.worker, settings.application, inputs, more=more)


def _summary(agent: Agent, *, as_json: bool) -> str:
    counts, seconds = agent.counts, agent.seconds
    if as_json:
        return json.dumps({**counts.told(), "seconds": round(seconds, 3), "cpu_seconds": round(agent.cpu_seconds, 3)})
    events, skipped = counts.events.total(), counts.skipped.total()
    return (
        f"{counts.records:,} records became {events:,} events in {seconds:.1f} s; "
        f"{skipped:,} skipped, {counts.refused:,} refused"
    )
