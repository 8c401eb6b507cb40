"""The page of one customer: where they are and why, what is near, their stays over time and their facts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from streams.clients.words import Words
from streams.dashboard.errors import Refused, away, unknown
from streams.dashboard.sources import Sources
from streams.dashboard.why import why_lines
from streams.errors import MicrosegError
from streams.explanations.lines import is_near
from streams.rules.model import RuleSet
from streams.settings import Settings
from streams.survey.asking import ask_explain, ask_past

Json = dict[str, Any]
MOST_FACTS = 500
MOST_NEAR = 8
WAIT_SECONDS = 8.0
#: Ids are keys of Kafka records, which are longer in no shop.
LONGEST_ID = 1_000
_NOTE = "Stays as today's rules have them; what was published under other rules, or before a merge, may differ."


def customer_page(settings: Settings, sources: Sources, rules: RuleSet, user: str) -> Json:
    """All that is known of a customer.

    Raises:
        Refused: nobody of that id is known, or nobody answers who could know.
    """
    if not user or len(user) > LONGEST_ID:
        raise unknown("there is no such customer")
    try:
        explained, past = _asked(settings, user)
    except MicrosegError as error:
        return _stored(sources, rules, user, away(error))
    if explained is None:
        raise unknown(f"nobody called {user!r} is known: no event of theirs, or it was erased", "ids compare exactly")
    if "merged_into" in explained:
        return explained
    return {**_explained(explained, rules), **_past(past, explained), "source": "worker"}


def with_until(settings: Settings, examples: Sequence[Json]) -> list[Json]:
    """Customers in segments, with the instant at which they leave if nothing happens; None: with no end, or nobody
    tells."""
    with ThreadPoolExecutor(max(1, len(examples))) as pool:
        ends = pool.map(lambda one: _until(settings, one["user"], one["segment"]), examples)
        return [{**one, "until": until} for one, until in zip(examples, ends, strict=True)]


def _until(settings: Settings, user: str, segment: str) -> str | None:
    try:
        explained = ask_explain(settings, user, wait_s=WAIT_SECONDS, family=segment.partition("/")[0]).findings or {}
    except MicrosegError:
        return None
    found = [one for one in explained.get("segments", ()) if one["segment"] == segment and one["in"]]
    until: str | None = found[0]["until"] if found else None
    return until


def _asked(settings: Settings, user: str) -> tuple[Json | None, Json]:
    with ThreadPoolExecutor(2) as pool:
        explained = pool.submit(ask_explain, settings, user, None, WAIT_SECONDS)
        past = pool.submit(ask_past, settings, user, MOST_FACTS, WAIT_SECONDS)
        return explained.result().findings, past.result().findings or {}


def _explained(found: Json, rules: RuleSet) -> Json:
    words = Words(rules)
    return {
        "user": found["user"],
        "now": found["at"],
        "rules": found["rules"],
        "suppressed": found["suppressed"],
        "segments": [
            {
                "name": one["segment"],
                "title": words.title(one["segment"]),
                "since": one["since"],
                "until": one["until"],
                "why": list(why_lines(one["when"])),
            }
            for one in found["segments"]
            if one["in"]
        ],
        "near": list(_near(found, words)),
    }


def _near(found: Json, words: Words) -> Iterator[Json]:
    """What is nearest, of each family one."""
    seen: set[str] = set()
    for one in found["segments"]:
        family = one["segment"].partition("/")[0]
        if one["in"] or not is_near(one) or family in seen or len(seen) >= MOST_NEAR:
            continue
        seen.add(family)
        yield {
            "name": one["segment"],
            "title": words.title(one["segment"]),
            "missing": one["missing"],
            "distance": one["distance"],
            "until": one["until"],
        }


def _past(past: Json, found: Json) -> Json:
    """Stays and facts; which stays last is as was published, whatever a replay of the facts says."""
    since = {one["segment"]: one["since"] for one in found["segments"] if one["in"]}
    bars = [_lasting(bar, since, found["at"]) for bar in past.get("bars", ())]
    lasting = {bar["segment"] for bar in bars if bar["to"] is None}
    bars += [
        {"segment": name, "from": from_ or found["at"], "to": None}
        for name, from_ in since.items()
        if name not in lasting
    ]
    return {
        "bars": sorted(bars, key=lambda bar: (bar["from"], bar["segment"])),
        "bars_note": _NOTE if bars else None,
        "facts": past.get("facts", []),
        "facts_total": past.get("facts_total", 0),
    }


def _lasting(bar: Json, since: Mapping[str, str | None], now: str) -> Json:
    """A stay that lasts by the facts alone ends now at the latest; one that is published began when that says."""
    if bar["to"] is not None:
        return bar
    name = bar["segment"]
    return {**bar, "from": since[name] or bar["from"]} if name in since else {**bar, "to": now}


def _stored(sources: Sources, rules: RuleSet, user: str, reason: Refused) -> Json:
    """What the serving store has, where no worker answers."""
    try:
        found = sources.stored(user)
    except MicrosegError:  # what was tried first tells more
        found = None
    if found is None:
        raise reason
    words = Words(rules)
    segments = [
        {
            "name": one["segment"],
            "title": words.title(one["segment"]),
            "since": one["since"],
            "until": None,
            "why": [],
        }
        for one in found["segments"]
    ]
    note = "No worker answers; the serving store tells only where they stand."
    rest: Json = {"rules": rules.digest, "suppressed": None, "near": [], "bars": [], "facts": [], "facts_total": None}
    return {"user": user, "now": found["at"], "source": "store", "segments": segments, "bars_note": note, **rest}
