"""From findings to candidates: what the engine says of their rules, and which of them say the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np

from streams.discovery.candidates import SMALLEST, Candidate, Outcome
from streams.discovery.everyone import Everyone
from streams.discovery.families import FAMILY, as_pairs, bought, pairs_of
from streams.discovery.history import History, Past
from streams.discovery.judged import program_of
from streams.discovery.measures import DAY_MS, Clause, condition
from streams.discovery.outcomes import Target, targets, told
from streams.discovery.picking import Finding
from streams.discovery.plain import by_cells, cells, explained
from streams.discovery.records import Bools, Ints
from streams.discovery.search import Limits
from streams.discovery.words import words
from streams.events.text import compared
from streams.rules.errors import RuleErrors

WEEKS = 8
#: A segment that has so many of its members in a family is said by it.
_INSIDE = 0.5


class Shop(NamedTuple):
    """Customers as of the instant from which outcomes are told, and now; the categories that were looked at."""

    everyone: Everyone
    history: History
    then: Past
    now: Past
    tags: list[int]


class _Judged(NamedTuple):
    """Members of a rule by week, oldest first, and of it or of its segments NAME/value from when outcomes are told, and
    now."""

    weeks: list[Bools]
    then: dict[str, Bools]
    now: dict[str, Bools]


class _Kept(NamedTuple):
    """A candidate, its members, and of a family those of its segments by value."""

    candidate: Candidate
    members: Bools
    segments: dict[str, Bools]


def rule_of(tests: list[Clause], history: History) -> dict[str, Any]:
    """The rule as the loader's schema takes it."""
    parts = [condition(test, history.names) for test in tests]
    family = {"for_each": "category"} if any(test.measure.tag < 0 for test in tests) else {}
    return {**family, "when": parts[0] if len(parts) == 1 else {"all": parts}}


def candidates_of(shop: Shop, found: list[Finding], limits: Limits) -> list[Candidate]:
    """The findings as candidates, best first, without those that are too small by now, that say what a live segment or
    a better candidate says, or that plain recency, frequency and money explain."""
    rules = {f"candidate-{number}": rule_of(one.tests, shop.history) for number, one in enumerate(found)}
    judged = _judged(shop, rules)
    live = shop.everyone.live_members()
    families = shop.everyone.families
    kept: list[_Kept] = []
    for name, one in sorted(zip(rules, found, strict=True), key=lambda pair: (pair[1].tag >= 0, -pair[1].ratio)):
        members = judged[name].weeks[-1]
        overlaps = {segment: jaccard(members, other) for segment, other in live.items()}
        # in some segment of a family may be almost everybody, so only another family can say the same
        likest = max((share for segment, share in overlaps.items() if one.tag >= 0 or segment in families), default=0.0)
        if members.sum() < limits.fewest or likest >= limits.alike:
            continue
        values = {compared(shop.history.names.shown[test.measure.tag]) for test in one.tests if test.measure.tag > 0}
        segments = _by_value(judged[name].now) if one.tag < 0 else {}
        if any(_says_it(better, members, segments, values, limits) for better in kept):
            continue
        outcomes, plain = _outcomes(shop, one, name, judged[name].then)
        if plain > limits.plain:
            continue
        said = words(one.tests, shop.history.names)
        sizes = _sizes(shop.now.at_ms, judged[name].weeks)
        overlaps = {segment: share for segment, share in overlaps.items() if share}
        size = int(members.sum())
        candidate = Candidate(rules[name], said, size, sizes, outcomes, overlaps, plain, one.ratio, one.expected)
        kept.append(_Kept(candidate, members, segments))
    return [one.candidate for one in kept]


def measured_rules(shop: Shop, rules: Sequence[Mapping[str, Any]]) -> list[Candidate | None]:
    """Rules that somebody else thought of, as the loader's schema takes them, as candidates with no words and a score
    of 0; None in place of one that the loader refuses."""
    return [_measured(shop, dict(rule)) for rule in rules]


def _measured(shop: Shop, rule: dict[str, Any]) -> Candidate | None:
    name = "candidate-0"
    try:
        judged = _judged(shop, {name: rule})[name]
    except RuleErrors:
        return None
    members = judged.weeks[-1]
    overlaps = {segment: jaccard(members, other) for segment, other in shop.everyone.live_members().items()}
    family = FAMILY if "for_each" in rule else 0
    found = Finding([], "category_purchase" if family else "purchase", family, 0.0, 0.0)
    outcomes, plain = _outcomes(shop, found, name, judged.then)
    sizes = _sizes(shop.now.at_ms, judged.weeks)
    told_overlaps = {segment: share for segment, share in overlaps.items() if share}
    return Candidate(rule, "", int(members.sum()), sizes, outcomes, told_overlaps, plain, 0.0)


def _says_it(better: _Kept, mine: Bools, segments: dict[str, Bools], values: set[str], limits: Limits) -> bool:
    """Whether a better candidate has much the same members as one of these members or, of a family, segments by value;
    or is a family that has most of them in its segment of a category that the rule is about (``values``)."""
    if better.segments and segments:
        every, none = sorted({*segments, *better.segments}), np.zeros_like(mine)
        one, other = (
            np.concatenate([each.get(value, none) for value in every]) for each in (better.segments, segments)
        )
        return jaccard(one, other) >= limits.alike
    if better.segments:
        parts = (better.segments[value] for value in sorted(values & set(better.segments)))
        return any((which & mine).sum() >= _INSIDE * mine.sum() for which in parts)
    return jaccard(better.members, mine) >= limits.alike


def _by_value(segments: dict[str, Bools]) -> dict[str, Bools]:
    return {name.partition("/")[2]: which for name, which in segments.items()}


def _judged(shop: Shop, rules: dict[str, dict[str, Any]]) -> dict[str, _Judged]:
    """What the engine says of the rules; by week, a family's members are those in any of its segments."""
    if not rules:
        return {}
    program = program_of(shop.everyone, rules)
    then = shop.everyone.members_of(program, shop.then.at_ms)
    weeks = [shop.everyone.members_of(program, at_ms) for at_ms in _weeks(shop.now.at_ms)]
    return {
        name: _Judged(
            [np.any(list(_of(name, one).values()), axis=0) for one in weeks], _of(name, then), _of(name, weeks[-1])
        )
        for name in rules
    }


def _of(name: str, members: dict[str, Bools]) -> dict[str, Bools]:
    """The rule's own segment, or those of its family; one that is empty where there is none."""
    found = {segment: which for segment, which in members.items() if segment.partition("/")[0] == name}
    return found or {name: np.zeros(len(next(iter(members.values()), np.zeros(0))), np.bool_)}


def _weeks(now_ms: int) -> list[int]:
    return [now_ms - back * 7 * DAY_MS for back in range(WEEKS - 1, -1, -1)]


def _sizes(now_ms: int, weeks: list[Bools]) -> list[tuple[str, int]]:
    return [(_day(at_ms), shown_size(members)) for at_ms, members in zip(_weeks(now_ms), weeks, strict=True)]


def _outcomes(shop: Shop, one: Finding, name: str, then: dict[str, Bools]) -> tuple[list[Outcome], float]:
    """What members did later, the outcome by which they were found first; and how much of that is plain."""
    shown, cell = shop.history.names.shown, cells(shop.then, shop.history.customers)
    members = np.any(list(then.values()), axis=0)
    known = targets(shop.then, shop.now, [one.tag] if one.tag > 0 else [])
    outcomes = [told(target, members, shown[target.tag] if target.tag else "") for target in known]
    if one.tag < 0:
        pairs = pairs_of(shop.then, shop.tags)
        there = pairs.there(shop.then, shop.history.customers)
        main = Target(one.outcome, one.tag, there, bought(pairs, shop.then, shop.now) & there)
        mine = as_pairs(then, pairs, shop.history.names, name)
        outcomes.append(told(main, mine))
        plain = plain_share(main, mine, cell[pairs.owner])
    else:
        plain = plain_share(next(target for target in known if target.name == one.outcome), members, cell)
    good = [outcome for outcome in outcomes if outcome]
    return sorted(good, key=lambda outcome: outcome.name != one.outcome), plain


def plain_share(target: Target, members: Bools, cell: Ints) -> float:
    """Which part of the members' difference from all others recency × frequency × money explain, 0 to 1."""
    mine, others = members & target.which, ~members & target.which
    if not mine.any() or not others.any():
        return 1.0
    by_cell = by_cells(cell, target.did, others)  # what members do is not explained by itself
    return explained([float(target.did[mine].mean()), float(target.did[others].mean()), float(by_cell[mine].mean())])


def jaccard(one: Bools, other: Bools) -> float:
    """In both, of those in any."""
    either = int((one | other).sum())
    return round(int((one & other).sum()) / either, 4) if either else 0.0


def shown_size(members: Bools) -> int:
    """How many they are; 0 where they are so few that a person might be told."""
    size = int(members.sum())
    return size if size >= SMALLEST else 0


def _day(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).date().isoformat()
