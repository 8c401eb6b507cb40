"""Tracking as a process: from settings to an exit code."""

from __future__ import annotations

import json
import os
import sys
import time
from functools import partial
from threading import Thread
from typing import NoReturn

from confluent_kafka import KafkaException

from streams.errors import MicrosegError
from streams.ingest.process import Stop
from streams.settings import Settings
from streams.tracking.agent import Agent
from streams.tracking.errors import explained
from streams.tracking.terms import LiveTerms
from streams.tracking.topics import prepare
from streams.worker.logs import Voice, note, speak

#: What librdkafka is asked for may take so much longer than the broker is waited for.
HANG_SECONDS = 30.0
WATCH_SECONDS = 1.0


def run_track(settings: Settings, *, until_drained: bool = False, as_json: bool = False) -> NoReturn:
    """Runs tracking until a signal, its work's end, or an error, and leaves the process.

    Exit code 0: told to stop, or drained; 2: could not go on, with one line on standard error. The process ends at
    once, without unwinding its clients' threads: everything that counts is in committed transactions by then.
    """
    voice = speak(settings.log, settings.secrets())
    code = 0
    try:
        _serve(settings, voice, until_drained=until_drained, as_json=as_json)
    except MicrosegError as error:
        code = voice.failed(str(error), error.exit_code)
    except KafkaException as error:
        code = voice.failed(str(explained(settings.worker, error)), 2)
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        voice.bug(error)
        code = 2
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _serve(settings: Settings, voice: Voice, *, until_drained: bool, as_json: bool) -> None:
    stop, began = Stop(), time.monotonic()
    places = prepare(settings)
    agent = Agent(settings, places, LiveTerms(settings), until_drained=until_drained)
    watch = partial(_watch, agent, settings.broker_wait_ms / 1000 + HANG_SECONDS, voice)
    Thread(target=watch, name="watch", daemon=True).start()
    note("started", "track %s of %s", settings.worker, settings.application, more={"worker": settings.worker})
    agent.run(stop.called)
    if until_drained:
        print(_summary(agent, time.monotonic() - began, as_json=as_json))
    note("stopped", "stopped: %s", stop.reason, more={"reason": stop.reason, "exit_code": 0})


def _watch(agent: Agent, longest_s: float, voice: Voice) -> None:
    """Ends the process where a transaction hangs: a restart does what it did not."""
    while agent.busy_seconds() < longest_s:
        time.sleep(WATCH_SECONDS)
    code = voice.failed(f"a transaction has hung for {longest_s:.0f} s; restart to go on", 2)
    sys.stderr.flush()
    os._exit(code)


def _summary(agent: Agent, seconds: float, *, as_json: bool) -> str:
    counts, customers = agent.intake.counts, agent.customers()
    told = {"records": counts.records, "taken": counts.taken, "odd": counts.odd, "customers": customers}
    if as_json:
        return json.dumps({**told, "seconds": round(seconds, 3)})
    return f"{counts.records:,} records, {counts.taken:,} of them about mail and orders; {customers:,} customers"
