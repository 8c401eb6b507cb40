"""What each address answers, as values; every function here may take a while and belongs into a thread."""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from streams.dashboard import customers, proposals, refused, workers
from streams.dashboard.access import Rights
from streams.dashboard.errors import Refused, away, unknown
from streams.dashboard.looking import Look, Looking
from streams.dashboard.segments import Beside, Segments
from streams.dashboard.sources import Cached, Sources
from streams.errors import MicrosegError
from streams.events.instants import stamp
from streams.settings import Settings
from streams.worker.clock import Clock

Json = dict[str, Any]
#: For so long the figures of mail, trials, copy and refused events are not asked for again.
CACHED_SECONDS = 20.0
ROWS_SECONDS = 1.0
#: Looks at a trial that are remembered, and how far apart they are.
MOST_LOOKS, LOOK_MS = 500, 60_000


class Pages:
    """The pages of one dashboard."""

    def __init__(self, settings: Settings, sources: Sources, looking: Looking, clock: Clock) -> None:
        self._settings, self._sources, self._looking, self._clock = settings, sources, looking, clock
        self._quick = replace(settings, broker_wait_ms=2_000)
        self._content: Cached[Json] = Cached(sources.content, CACHED_SECONDS)
        self._trials: Cached[list[Json]] = Cached(sources.trials, CACHED_SECONDS)
        self._report: Cached[Json | None] = Cached(sources.report, CACHED_SECONDS)
        self._last_round: Cached[Json | None] = Cached(sources.last_round, CACHED_SECONDS)
        self._refused: Cached[Json] = Cached(lambda: refused.refused_page(self._quick), CACHED_SECONDS / 4)
        self._rows: Cached[Json] = Cached(self._segments, ROWS_SECONDS)
        self._seen: dict[str, deque[list[Any]]] = {}  # earlier looks at trials
        self._lock = threading.Lock()

    def overview(self, rights: Rights) -> Json:
        """Counts of everything, and what is wrong."""
        look, settings = self._looking.visit(), self._settings
        rules = look.figures.rules.rule_set
        return {
            "application": settings.application,
            "version": version("microseg"),
            "clock": settings.clock,
            "timezone": settings.timezone,
            "currency": settings.currency,
            "demo": settings.application == "demo" and settings.clock == "event",
            "rules": rules.digest,
            "segments": len(rules.rules),
            "proposals": proposals.count(settings.rules),
            "trials": sum(rule.on_trial is not None for rule in rules.rules),
            **self._counts(look),
            "trouble": trouble(look),
            "access": rights.told(),
        }

    def counters(self) -> Json:
        """What moves: the counts of the overview, and the size of each segment."""
        look = self._looking.visit()
        rules = look.figures.rules.rule_set.rules
        with look.feed.lock:
            known = look.feed.progress >= 1
            sizes = {rule.name: look.feed.members.sizes[rule.name] for rule in rules} if known else {}
        return {**self._counts(look), "sizes": sizes}

    def look(self) -> Look:
        """What is read now; counts as a visit."""
        return self._looking.visit()

    def segments(self) -> Json:
        """A row a segment; those who ask at about the same time get the same."""
        look = self._looking.visit()
        return self._rows(look, look)

    def _segments(self, look: Look) -> Json:
        beside = self._beside(look)
        with look.feed.lock:
            found = self._found(look, beside)
            return {
                "now": stamp(self._now_ms(look)),
                "known_since": found.known_since(),
                "segments": list(found.rows()),
            }

    def segment(self, name: str, rights: Rights) -> Json:
        """The page of a segment; customers only to who may see them."""
        look = self._looking.visit()
        rule = look.figures.rules.rule(name)
        if rule is None or (name != rule.name and rule.for_each is None):
            self._check(look)
            raise unknown(
                f"there is no segment {name!r}", "see the list of segments; a value of a family is NAME/value"
            )
        beside = self._beside(look)
        with look.feed.lock:
            found = self._found(look, beside)
            page, examples = found.page(rule, name), found.examples(name)
        page["members"] = None
        if rights.customers:
            told = [found.told_example(name, one) for one in examples]
            page["members"] = customers.with_until(self._quick, told) if look.figures.found.answers else told
        return page

    def customer(self, user: str) -> Json:
        """The page of a customer; the asker has checked that it may be shown."""
        look = self._looking.visit()
        self._check(look)
        return customers.customer_page(self._quick, self._sources, look.figures.rules.rule_set, user)

    def proposals(self) -> Json:
        """What waits for a person."""
        self._looking.visit()
        found = proposals.proposals(self._settings.rules, self._settings.retention_ms)
        return {**found, "last_round": self._last_round(None)}

    def trials(self) -> Json:
        """All trials with how they stood when they were looked at before."""
        look = self._looking.visit()
        self._check(look)
        found = self._trials_of(look)
        return {"trials": [{**one, "looks": self._looks(one, look)} for one in found]}

    def refused(self, rights: Rights) -> Json:
        """Reasons, and samples to who may see customers."""
        self._check(self._looking.visit())
        try:
            page = self._refused(None)
        except MicrosegError as error:
            raise away(error) from error
        if rights.customers:
            return page
        return {**page, "reasons": [{**one, "samples": []} for one in page["reasons"]]}

    def workers(self) -> Json:
        """Workers and partitions."""
        look = self._looking.visit()
        self._check(look)
        return workers.workers_page(look.figures.found, look.figures.partitions, self._clock.now_ms())

    def _check(self, look: Look) -> None:
        """Raises Refused where the broker is away, rather than that what it would tell shows as nothing."""
        found = look.figures.found
        if found.ends is None and found.trouble:
            raise Refused(503, *found.trouble[0])

    def _counts(self, look: Look) -> Json:
        figures, feed, found = look.figures, look.feed, look.figures.found
        answers = found.answers or {}
        return {
            "now": stamp(self._now_ms(look)),
            "state": "ready" if feed.progress >= 1 else "starting",
            "progress": round(feed.progress, 4),
            "customers": workers.customers(found, figures.partitions),
            "events": found.events(figures.inputs),
            "events_per_second": workers.speed(found, list(range(figures.partitions))),
            "changes_per_minute": feed.per_minute(),
            "refused": found.refused,
            "workers": len({one.worker for one in answers.values()}) if found.answers is not None else None,
            "lag": workers.lag(found),
        }

    def _now_ms(self, look: Look) -> int:
        return self._clock.now_ms() if self._settings.clock == "wall" else look.feed.members.newest_ms

    def _found(self, look: Look, beside: Beside) -> Segments:
        rules = look.figures.rules.rule_set
        return Segments(look.feed.members, rules, self._now_ms(look), beside, ready=look.feed.progress >= 1)

    def _beside(self, look: Look) -> Beside:
        """What other rooms know; what cannot be had is left out, as the rest can do without."""
        rules = look.figures.rules
        found = Beside(texts=rules.texts)
        with suppress(MicrosegError):
            found = replace(found, content=self._content(rules.rule_set, rules.rule_set))
        if look.figures.found.ends is None:
            return found
        with suppress(MicrosegError):
            found = replace(found, report=self._report(rules.rule_set, rules.rule_set))
        return replace(found, trials={one["name"]: one for one in self._trials_of(look)})

    def _trials_of(self, look: Look) -> list[Json]:
        rules = look.figures.rules.rule_set
        try:
            return self._trials(rules, rules, self._clock.now_ms())
        except MicrosegError:
            return []

    def _looks(self, trial: Json, look: Look) -> list[list[Any]]:
        now_ms = self._clock.now_ms()
        with self._lock:
            seen = self._seen.setdefault(trial["name"], deque(maxlen=MOST_LOOKS))
            interval = trial["interval"]
            if interval is not None and (not seen or now_ms - seen[-1][0] >= LOOK_MS):
                seen.append([now_ms, *interval])
            return [[stamp(at_ms), *numbers] for at_ms, *numbers in seen]


def trouble(look: Look) -> list[Json]:
    """What is wrong now, each with what to do."""
    found = [{"error": error, "hint": hint} for error, hint in look.figures.found.trouble]
    if look.feed.trouble and look.figures.found.ends is not None:  # else it is the broker, which is told already
        found.append({"error": look.feed.trouble, "hint": "the page tries again by itself"})
    return found
