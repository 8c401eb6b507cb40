"""One round over live customers, from the settings to proposals and a word of it for all."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from streams.authoring.run_examples import Shop
from streams.discovery.errors import TurnLost
from streams.discovery.round import Tell
from streams.discovery.start import Done, Ground, alone, discover, searched
from streams.errors import MicrosegError
from streams.rounds.standing import standing
from streams.rounds.topic import create, read_last, write_last
from streams.rounds.turn import Turn
from streams.rules.load import load_folder
from streams.settings import Settings


class Order(NamedTuple):
    """What is to be done: ``folder`` of rules; ``due_ms``: the instant of the schedule that it is for (0: by hand)."""

    settings: Settings
    folder: Path
    due_ms: int = 0


def ground_of(settings: Settings, folder: Path, now_ms: int) -> Ground:
    """On what a round with these settings works; raises MicrosegError where the rules are not good."""
    shop = Shop(settings.timezone, settings.retention_ms, settings.traffic)
    return Ground(folder, load_folder(folder, settings.retention_ms), settings.data_dir, shop, now_ms)


def live_round(order: Order, environ: Mapping[str, str] | None, now: Callable[[], int], tell: Tell) -> Done:
    """Runs a round; ``environ`` as in ``discover``, ``now`` tells the time (ms).

    Raises:
        RoundRunning: another one is running.
        MicrosegError: it cannot be done; that is told in the topic, too.
    """
    settings = order.settings
    create(settings)
    with alone(settings.data_dir), Turn(settings) as turn:
        begun = read_last(settings).begun(now(), order.due_ms, settings.worker)
        write_last(settings, begun)

        def told(stage: str, done: int, of: int) -> None:
            turn.check()
            tell(stage, done, of)

        try:
            done = _done(order, environ, now(), told)
            turn.check()
        except TurnLost:
            raise  # whoever has it now tells of theirs
        except MicrosegError as error:
            write_last(settings, begun.ended(now(), error=str(error)))
            raise
        write_last(settings, begun.ended(now(), **_told(done)))
    return done


def _done(order: Order, environ: Mapping[str, str] | None, now_ms: int, tell: Tell) -> Done:
    ground = ground_of(order.settings, order.folder, now_ms)
    found = standing(order.settings, now_ms, tell)
    tell("searching", 0, 0)
    return discover(searched(found.everyone, found.asof_ms), ground, order.settings.discovery, environ, tell)


def _told(done: Done) -> dict[str, object]:
    """What the topic says of a finished round."""
    report, spending = done.report, done.spending
    return {
        "customers": done.customers,
        "candidates": done.candidates,
        "proposals": tuple(one.draft.words.name for one in report.written),
        "requests": spending.requests if spending else 0,
        "usd": round(spending.usd(), 6) if spending else 0.0,
        "fault": report.fault or "",
    }
