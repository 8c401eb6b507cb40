"""A round of discovery as the settings want it: one at a time, on a rule folder, with the model that is set."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from streams.authoring.run_examples import Shop
from streams.discovery.errors import RoundRunning
from streams.discovery.everyone import Everyone
from streams.discovery.likeness import Likeness
from streams.discovery.miner import mine
from streams.discovery.proposals.known import known_rules
from streams.discovery.proposals.writing import Context
from streams.discovery.round import Found, Plan, Report, Tell, run_round
from streams.events.instants import instant_ms, stamp
from streams.language.client import Caller, Journal
from streams.language.costs import Spending
from streams.language.errors import ModelFault
from streams.rules.load import LoadedFolder
from streams.settings_discovery import Discovery

LOCK = "discovery.lock"


@dataclass(frozen=True)
class Ground:
    """On what a round works: the rule folder as it was loaded, where the data folder is, the settings of the shop, the
    wall clock's instant."""

    folder: Path
    loaded: LoadedFolder
    data_dir: Path
    shop: Shop
    now_ms: int


@dataclass(frozen=True)
class Done:
    """A finished round: of how many customers, how many candidates the search found, what was made of them, and what it
    cost (None: no model was asked)."""

    report: Report
    spending: Spending | None
    log: Path
    customers: int = 0
    candidates: int = 0


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """Lets one round run at a time; raises RoundRunning where another does. The lock ends with the process."""
    data_dir.mkdir(parents=True, exist_ok=True)
    with (data_dir / LOCK).open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RoundRunning(f"another round of discovery is running ({data_dir / LOCK} is held)") from None
        yield


def searched(everyone: Everyone, asof_ms: int) -> Found:
    """What the search finds among customers as of an instant; raises TooFewCustomers."""
    mined = mine(everyone, asof_ms)
    return Found(mined.evidence, mined.candidates, mined.measure, Likeness(everyone, asof_ms))


def discover(found: Found, ground: Ground, settings: Discovery, environ: Mapping[str, str] | None, tell: Tell) -> Done:
    """One round; ``environ`` (of the key and the URL) of None asks no model.

    Raises MicrosegError where proposals cannot be written.
    """
    spending = Spending(settings)
    log = settings.log_in(ground.data_dir)
    model, fault = _model(settings, spending, Journal(log, lambda: stamp(ground.now_ms)), environ)
    titles = {rule.name: rule.title for rule in ground.loaded.rule_set.rules}
    known = known_rules(ground.folder, ground.now_ms, ground.shop.retention_ms)
    context = _context(found, ground)
    report = run_round(found, Plan(model, settings.max_proposals, titles), known, context, tell)
    report.fault = report.fault or fault
    cost = spending if spending.requests else None
    return Done(report, cost, log, found.evidence.customers, len(found.candidates))


def _model(
    settings: Discovery, spending: Spending, journal: Journal, environ: Mapping[str, str] | None
) -> tuple[Caller | None, str | None]:
    """The model, or why there is none (None: none is wanted)."""
    if environ is None or settings.model is None:
        return None, None
    try:
        return Caller(settings, spending, journal, environ), None
    except ModelFault as fault:
        return None, str(fault)


def _context(found: Found, ground: Ground) -> Context:
    asof = found.evidence.asof
    try:
        now_ms = instant_ms(asof if "T" in asof else f"{asof}T00:00:00Z")
    except ValueError:
        now_ms = ground.now_ms
    return Context(ground.folder, found.evidence.customers, now_ms, asof, ground.shop, ground.loaded.texts)


def facts_of(done: Done) -> dict[str, Any]:
    """A round as JSON."""
    report = done.report
    return {
        "proposals": [
            {
                "name": one.draft.words.name,
                "file": str(one.path),
                "title": one.draft.words.title,
                "why": one.draft.words.why,
                "strategy": one.draft.words.strategy,
                "by": one.draft.by,
                "expected": one.draft.expected,
                "examples": one.examples,
                "measured": one.draft.candidate.to_json(),
            }
            for one in report.written
        ],
        "left_out": report.left_out,
        "fault": report.fault,
        "cost": done.spending.to_json() if done.spending else None,
        "log": str(done.log) if done.spending else None,
    }
