"""Ingest as a process: from settings to an exit code."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from threading import Event
from typing import NoReturn

from streams.dialects.words import Shop
from streams.exports.categories import read_categories
from streams.ingest.agent import Agent, job_of
from streams.ingest.batch import Translating
from streams.ingest.door.delivery import Delivery
from streams.ingest.door.doors import Doors
from streams.ingest.topics import prepare
from streams.jobs.process import run_job, watch
from streams.settings import Settings
from streams.worker.clock import WallClock
from streams.worker.garbage import collect_rarely
from streams.worker.logs import Voice, note
from streams.worker.web.address import check_address


@dataclass(frozen=True, slots=True)
class Options:
    """How ingest is run."""

    until_drained: bool = False
    as_json: bool = False
    http: tuple[str, int] | None = None  # where the front door is; None: there is none


def run_ingest(settings: Settings, options: Options = Options()) -> NoReturn:
    """Runs ingest until a signal, its work's end, or an error, and leaves the process (see ``run_job``)."""
    run_job(settings, job_of(settings), partial(_serve, settings, options))


def _serve(settings: Settings, options: Options, stop: Event, voice: Voice) -> None:
    shop = Shop(settings.currency, read_categories(settings.categories))
    doors = Doors.of(settings) if options.http else None
    check_address(options.http)
    names = prepare(settings, create=doors is not None)
    agent = Agent(settings, Translating(settings, names.refused, shop), until_drained=options.until_drained)
    watch(settings, agent.busy_seconds, voice)
    with _front_door(settings, options, doors, agent):
        _told_start(settings)
        collect_rarely()
        agent.run(stop)
    if options.until_drained:
        print(_summary(agent, as_json=options.as_json))


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
