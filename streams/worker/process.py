"""A worker as a process: from settings to an exit code."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, NoReturn, cast

from aiohttp import web
from aiokafka.errors import KafkaError

from streams.errors import MicrosegError
from streams.rulebook.reading import FolderRules
from streams.rulebook.start import Start
from streams.rules.compile import Program
from streams.settings import Settings
from streams.worker.app import WorkerApp, build_app
from streams.worker.clock import Clock
from streams.worker.drained import told, until_drained
from streams.worker.garbage import collect_rarely
from streams.worker.holding import MakePartition
from streams.worker.logs import Voice, log, note, speak
from streams.worker.tidings import Tidings
from streams.worker.topics import TopicNames, prepare_topics
from streams.worker.warm import warm_up
from streams.worker.watch import BrokerWatch
from streams.worker.watchdog import Watchdog
from streams.worker.web.address import check_address
from streams.worker.web.pages import add_pages

HINT_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Options:
    """How a worker is run."""

    until_drained: bool = False
    as_json: bool = False
    warm_up: MakePartition | None = None  # compile the kernel before anything else is done, with such partitions
    pages: Callable[[web.Application], None] | None = None  # adds more pages to those for monitors


@dataclass(frozen=True, slots=True)
class Running:
    """What runs, and how it speaks."""

    make_app: Callable[[], WorkerApp]
    voice: Voice


class Stop:
    """Whether a signal has asked for the end, and which; to be made in a running loop."""

    def __init__(self) -> None:
        self.called = asyncio.Event()
        self.reason = "all is drained"
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self._call, number)

    def _call(self, number: signal.Signals) -> None:
        self.reason = f"by {number.name}"
        self.called.set()


def run_worker(
    settings: Settings,
    make_partition: MakePartition,
    options: Options = Options(),
    names: TopicNames | None = None,
    clock: Clock | None = None,
) -> NoReturn:
    """Runs a worker until a signal, its work's end, or an error, and leaves the process; None: the machine's clock.

    Exit code 0: told to stop, or drained; 1: there are no good rules; 2: could not go on, with one line on
    standard error.
    The process ends at once, without unwinding its clients' threads: everything that counts is in committed
    transactions by then, and a
    hanging connection must not hold up a restart.
    """
    voice = speak(settings.log, settings.secrets())
    code = 0
    try:
        check_address(settings.http)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        names = names or TopicNames.of(settings)
        start = Start(settings, names.rules, log.info)
        if isinstance(start.folder, MicrosegError):  # told at once: the broker may keep us waiting
            _told_of_folder(start.folder, settings, voice)
        early = start.folder.program if isinstance(start.folder, FolderRules) else None
        if options.warm_up and early:  # so that compiling overlaps a broker that is still starting
            _warm(options.warm_up, early)
        partitions = prepare_topics(settings, names, log.warning)
        opened = start.open()
        if options.warm_up and not early:
            _warm(options.warm_up, opened.program)
        collect_rarely()
        run = Running(lambda: build_app(settings, make_partition, names, partitions, opened, clock), voice)
        _run(_serve(run, settings, options))
    except MicrosegError as error:
        code = voice.failed(str(error), error.exit_code)
    except TimeoutError:
        code = voice.failed("the broker did not answer in time; a restart goes on where this ended", 2)
    except (KafkaError, OSError) as error:
        code = voice.failed(str(error) or type(error).__name__, 2)
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        voice.bug(error)
        code = 2
    _leave(code)


def _warm(make_partition: MakePartition, program: Program) -> None:
    warm_up(lambda number, partitions: make_partition(number, partitions, program))


def _told_of_folder(fault: MicrosegError, settings: Settings, voice: Voice) -> None:
    said = f"the rule folder {settings.rules} is not good; looking for rules that were published before"
    voice.tell("rules broken", f"{fault}\n{said}")


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Runs it in a loop that is never closed: closing would wait for threads that may hang."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(work)


def _leave(code: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


async def _serve(run: Running, settings: Settings, options: Options) -> None:
    app, stop = run.make_app(), Stop()  # here, as the app needs the running loop
    inputs = ", ".join(app.desk.names.inputs)
    text = "worker %s of %s: %d partitions of %s"
    more = {"worker": settings.worker, "application": settings.application, "version": version("microseg")}
    note("started", text, settings.worker, settings.application, app.desk.partitions, inputs, more=more)
    stopped, tidings = _task(stop.called.wait()), Tidings(app.desk)
    broker = BrokerWatch(settings, app.fail)
    watchdog = Watchdog(app, settings, broker)
    add_pages(app, broker, watchdog, run.voice)
    if options.pages is not None and settings.http is not None:
        options.pages(cast(Any, app.web).web_app)
    watches = [_task(watch.run()) for watch in (broker, watchdog, tidings)]
    work = [_task(_start(app)), *watches, _task(app.rules.follow()), _task(app.rules.watch()), app.ended]
    if options.until_drained:
        work.append(_task(_drain(app, options)))
    done, _ = await asyncio.wait([*work, stopped], return_when=asyncio.FIRST_COMPLETED)
    for one in work:
        if one in done:
            one.result()
    await _close(app)
    tidings.tell()
    note("stopped", "stopped: %s", stop.reason, more={"reason": stop.reason, "exit_code": 0})


def _task(work: Coroutine[Any, Any, Any]) -> asyncio.Future[Any]:
    return asyncio.ensure_future(work)


async def _start(app: WorkerApp) -> None:
    """Starts the app, which then runs by itself."""
    await app.start()
    await asyncio.Event().wait()


async def _drain(app: WorkerApp, options: Options) -> None:
    summary = await until_drained(app)
    print(json.dumps(summary) if options.as_json else told(summary), flush=True)


async def _close(app: WorkerApp) -> None:
    """Writes the last checkpoint, and tells the group how far it goes if that takes no time."""
    app.desk.close_gate()
    if app.failed:  # a state may be half changed: what it says must not get out
        await app.ended
    await asyncio.wait([_task(app.desk.checkpoint_all()), app.ended], return_when=asyncio.FIRST_COMPLETED)
    if app.ended.done():
        app.ended.result()
    if app.tables.recovery.completed.is_set():
        with suppress(TimeoutError):
            await asyncio.wait_for(app.desk.hint(app.consumer), HINT_SECONDS)
