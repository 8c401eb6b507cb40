"""Tracking as a process: from settings to an exit code."""

from __future__ import annotations

import json
from functools import partial
from threading import Event
from typing import NoReturn

from streams.jobs.process import run_job, watch
from streams.settings import Settings
from streams.tracking.agent import Agent, job_of
from streams.tracking.terms import LiveTerms
from streams.tracking.topics import prepare
from streams.worker.logs import Voice, note


def run_track(settings: Settings, *, until_drained: bool = False, as_json: bool = False) -> NoReturn:
    """Runs tracking until a signal, its work's end, or an error, and leaves the process (see ``run_job``)."""
    serve = partial(_serve, settings, until_drained=until_drained, as_json=as_json)
    run_job(settings, job_of(settings), serve)


def _serve(settings: Settings, stop: Event, voice: Voice, *, until_drained: bool, as_json: bool) -> None:
    places = prepare(settings)
    agent = Agent(settings, places, LiveTerms(settings), until_drained=until_drained)
    watch(settings, agent.busy_seconds, voice)
    note("started", "track %s of %s", settings.worker, settings.application, more={"worker": settings.worker})
    agent.run(stop)
    if until_drained:
        print(_summary(agent, as_json=as_json))


def _summary(agent: Agent, *, as_json: bool) -> str:
    counts, customers = agent.intake.counts, agent.customers()
    told = {"records": counts.records, "taken": counts.taken, "odd": counts.odd, "customers": customers}
    if as_json:
        return json.dumps({**told, "seconds": round(agent.seconds, 3), "cpu_seconds": round(agent.cpu_seconds, 3)})
    return f"{counts.records:,} records, {counts.taken:,} of them about mail and orders; {customers:,} customers"
