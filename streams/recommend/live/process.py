"""Keeping recommendations current as a process: from settings to an exit code."""

from __future__ import annotations

from functools import partial
from threading import Event
from typing import NoReturn

from streams.jobs.process import run_job, watch
from streams.recommend.live.following import Following, Wanted, job_of
from streams.recommend.products import Feed
from streams.settings import Settings
from streams.worker.clock import WallClock
from streams.worker.logs import Voice


def run_following(settings: Settings, feed: Feed | None, wanted: Wanted, *, until_drained: bool) -> NoReturn:
    """Follows until a signal, its work's end, or an error, and leaves the process (see ``run_job``)."""
    run_job(settings, job_of(settings), partial(_serve, settings, feed, wanted, until_drained))


def _serve(
    settings: Settings, feed: Feed | None, wanted: Wanted, until_drained: bool, stop: Event, voice: Voice
) -> None:
    following = Following(settings, stop, WallClock(), feed, wanted)
    watch(settings, following.busy_seconds, voice)
    following.run(until_drained=until_drained)
