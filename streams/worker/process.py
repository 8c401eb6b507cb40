"""A worker as a process: from settings to an exit code."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

from aiokafka.errors import KafkaError

from streams.errors import MicrosegError
from streams.rulebook.reading import FolderRules
from streams.rulebook.start import Start
from streams.rules.compile import Program
from streams.settings import Settings
from streams.worker.app import WorkerApp, build_app
from streams.worker.drained import told, until_drained
from streams.worker.errors import WorkerError
from streams.worker.holding import MakePartition
from streams.worker.logs import log, speak
from streams.worker.topics import TopicNames, prepare_topics
from streams.worker.warm import collect_rarely, warm_up
from streams.worker.watch import BrokerWatch

HINT_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Options:
    """How a worker is run."""

    until_drained: bool = False
    as_json: bool = False
    warm_up: bool = False  # compile the kernel before anything else is done


def run_worker(
    settings: Settings,
    make_partition: MakePartition,
    options: Options = Options(),
    names: TopicNames | None = None,
) -> NoReturn:
    """Runs a worker until a signal, its work's end, or an error, and leaves the process.

    Exit code 0: told to stop, or drained; 1: there are no good rules; 2: could not go on, with one line on
    standard error.
    The process ends at once, without unwinding its clients' threads: everything that counts is in committed
    transactions by then, and a
    hanging connection must not hold up a restart.
    """
    speak()
    code = 0
    try:
        _check_port(settings.http)
        settings.data_dir.mkdir(parents=True, exist_ok=True)
        names = names or TopicNames.of(settings)
        start = Start(settings, names.rules, log.info)
        early = start.folder.program if isinstance(start.folder, FolderRules) else None
        if options.warm_up and early:  # so that compiling overlaps a broker that is still starting
            _warm(make_partition, early)
        partitions = prepare_topics(settings, names, log.warning)
        opened = start.open()
        if options.warm_up and not early:
            _warm(make_partition, opened.program)
        collect_rarely()
        _run(_serve(lambda: build_app(settings, make_partition, names, partitions, opened), settings, options))
    except MicrosegError as error:
        code = _failed(str(error), error.exit_code)
    except TimeoutError:
        code = _failed("the broker did not answer in time; a restart goes on where this ended", 2)
    except (KafkaError, OSError) as error:
        code = _failed(str(error) or type(error).__name__, 2)
    except KeyboardInterrupt:
        code = 130
    except Exception:
        traceback.print_exc()
        code = 2
    _leave(code)


def _warm(make_partition: MakePartition, program: Program) -> None:
    warm_up(lambda number, partitions: make_partition(number, partitions, program))


def _failed(message: str, code: int) -> int:
    print("\n".join(f"microseg: {line}" for line in message.splitlines()), file=sys.stderr)
    return code


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Runs it in a loop that is never closed: closing would wait for threads that may hang."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    loop.run_until_complete(work)


def _leave(code: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _check_port(http: tuple[str, int] | None) -> None:
    """Whether the web server will get its port: a clear line now rather than a traceback later."""
    if http is None:
        return
    host, port = http
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host.strip("[]"), port), family=family).close()
    except OSError as error:
        raise WorkerError(
            f"cannot listen on {host}:{port} ({_reason(error)}); set http to another port, or to nothing"
        ) from error


def _reason(error: OSError) -> str:
    return os.strerror(error.errno) if error.errno else str(error)


async def _serve(make_app: Callable[[], WorkerApp], settings: Settings, options: Options) -> None:
    app = make_app()  # here, as it needs the running loop
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    inputs = ", ".join(app.desk.names.inputs)
    log.info("worker %s of %s: %d partitions of %s", settings.worker, settings.application, app.desk.partitions, inputs)
    stopped = _task(_until(stop))
    watch = BrokerWatch(settings, app.fail)
    rules = [_task(app.rules.follow()), _task(app.rules.watch())]
    work: list[asyncio.Future[None]] = [_task(_start(app)), _task(watch.run()), *rules, app.ended]
    if options.until_drained:
        work.append(_task(_drain(app, options)))
    done, _ = await asyncio.wait([*work, stopped], return_when=asyncio.FIRST_COMPLETED)
    for one in work:
        if one in done:
            one.result()
    await _close(app)


def _task(work: Coroutine[Any, Any, None]) -> asyncio.Future[None]:
    return asyncio.ensure_future(work)


async def _until(event: asyncio.Event) -> None:
    await event.wait()


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
