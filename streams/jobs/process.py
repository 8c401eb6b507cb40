"""A job as a process: from settings to an exit code."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from threading import Event, Thread
from types import FrameType
from typing import NoReturn

from confluent_kafka import KafkaException

from streams.errors import MicrosegError
from streams.jobs.errors import Job, explained
from streams.settings import Settings
from streams.worker.logs import Voice, note, speak

#: What librdkafka is asked for may take so much longer than the broker is waited for.
HANG_SECONDS = 30.0
WATCH_SECONDS = 1.0


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


def run_job(settings: Settings, job: Job, serve: Callable[[Event, Voice], None]) -> NoReturn:
    """Runs ``serve`` until a signal, its work's end, or an error, and leaves the process.

    Exit code 0: told to stop, or drained; 2: could not go on, with one line on standard error. The process ends at
    once, without unwinding its clients' threads: everything that counts is in committed transactions by then.
    """
    voice = speak(settings.log, settings.secrets())
    code = 0
    try:
        stop = Stop()
        serve(stop.called, voice)
        note("stopped", "stopped: %s", stop.reason, more={"reason": stop.reason, "exit_code": 0})
    except MicrosegError as error:
        code = voice.failed(str(error), error.exit_code)
    except KafkaException as error:
        code = voice.failed(str(explained(job, error)), 2)
    except OSError as error:
        code = voice.failed(str(error), 2)
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        voice.bug(error)
        code = 2
    _leave(code)


def watch(settings: Settings, busy_seconds: Callable[[], float], voice: Voice) -> None:
    """Ends the process, from a thread, where a transaction hangs: a restart does what it did not."""
    longest_s = settings.broker_wait_ms / 1000 + HANG_SECONDS
    Thread(target=partial(_watch, busy_seconds, longest_s, voice), name="watch", daemon=True).start()


def _watch(busy_seconds: Callable[[], float], longest_s: float, voice: Voice) -> None:
    while busy_seconds() < longest_s:
        time.sleep(WATCH_SECONDS)
    _leave(voice.failed(f"a transaction has hung for {longest_s:.0f} s; restart to go on", 2))


def _leave(code: int) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
