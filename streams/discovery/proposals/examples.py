"""Examples of a proposed rule: a member, a non-member, and customers on both sides of its bounds.

A member is searched for among mixtures of facts that the engine judges, and made as small as it can be; then one fact
is left out, added or moved to a window's end, and the engine says who is in and who is out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import NamedTuple

import orjson

from streams.authoring.run_examples import Shop
from streams.discovery.proposals.attempts import Way, added, leaves, mixtures, window_of
from streams.discovery.proposals.facts import EACH_VALUE, Fact, events_of
from streams.engine.replay import segments_of_all
from streams.rules.model import Compare, Rule, RuleSet
from streams.rules.order import references

MIXTURES = 400
#: Rounds in which facts are left out of a member, and pairs of neighbours that are shown.
_ROUNDS = 80
_MOST_NEIGHBOURS = 6
#: How old the one fact of somebody else is.
_AGES_MS = (86_400_000, 40 * 86_400_000, 400 * 86_400_000)


class Person(NamedTuple):
    """A customer of an example: their name, what they did, and whether they are in the segment."""

    user: str
    facts: Way
    inside: bool


class Found(NamedTuple):
    """A member, a non-member, and customers near the bounds, the members among them first."""

    member: Person
    stranger: Person
    neighbours: tuple[Person, ...]


def find_examples(rule: Rule, now_ms: int, shop: Shop, seed: int = 7) -> Found | None:
    """Examples of a rule at an instant; None where no member was found among what was tried, or where the rule refers
    to other segments."""
    if references(rule.when):
        return None
    judge = _Judge(rule, now_ms, shop)
    tried = list(dict.fromkeys(mixtures(rule.when, MIXTURES, Random(seed))))
    tried.sort(key=lambda way: (len(way), orjson.dumps(events_of(way, now_ms))))
    member = next((way for way, inside in judge.each(tried) if inside and way), None)
    if member is None:
        return None
    member = _smallest(member, judge)
    neighbours = [*_neighbours(rule, member, judge)]
    stranger = next((one for one in neighbours if not one.inside), None) or _somebody(judge)
    if stranger is None:
        return None
    rest = [one for one in neighbours if one is not stranger][:_MOST_NEIGHBOURS]
    return Found(Person("member", member, True), stranger, tuple(rest))


def _somebody(judge: _Judge) -> Person | None:
    """A customer who is not in the segment, of a rule that no single fact takes a member out of."""
    ways = [(Fact(source, age_ms),) for source in ("views", "purchases", "emails") for age_ms in _AGES_MS]
    return next((Person("somebody-else", way, False) for way, inside in judge.each(ways) if not inside), None)


def segment_of(rule: Rule) -> str:
    """The segment that the examples are about: of a family the one of a made-up value."""
    return f"{rule.name}/{EACH_VALUE}" if rule.for_each else rule.name


class _Judge:
    """Says of customers whether they are in the segment at the instant."""

    def __init__(self, rule: Rule, now_ms: int, shop: Shop) -> None:
        self.rule, self.now_ms, self.shop = rule, now_ms, shop

    def each(self, ways: Sequence[Way]) -> list[tuple[Way, bool]]:
        """Ways with what the engine says of them."""
        replay = self.shop.replay(RuleSet((self.rule,), ""))
        for number, way in enumerate(ways):
            replay.read(self._lines(number, way))
        found = dict(segments_of_all(replay.run(self.now_ms)))
        segment = segment_of(self.rule)
        inside = [segment in found.get(str(number), ()) for number in range(len(ways))]
        return list(zip(ways, inside, strict=True))

    def _lines(self, number: int, way: Way) -> Iterator[bytes]:
        for place, event in enumerate(events_of(way, self.now_ms)):
            yield orjson.dumps({**event, "user": str(number), "id": f"#{place:04d}"})


def _smallest(member: Way, judge: _Judge) -> Way:
    """The member without the facts that it does not need."""
    for _ in range(_ROUNDS):
        shorter = [member[:place] + member[place + 1 :] for place in range(len(member))]
        found = next((way for way, inside in judge.each([way for way in shorter if way]) if inside), None)
        if found is None:
            break
        member = found
    return member


def _neighbours(rule: Rule, member: Way, judge: _Judge) -> Iterator[Person]:
    """Customers who differ from the member by one fact, where that shows a bound; non-members alone, and of a window
    both sides of its end."""
    edits = _edits(rule, member)
    judged = dict(judge.each([way for pair in edits.values() for way in pair]))
    seen: set[Way] = set()
    for name, pair in edits.items():
        sides = [judged[way] for way in pair]
        if len(pair) == 1 and not sides[0] and pair[0] not in seen:
            yield Person(name, pair[0], False)
        elif len(pair) == 2 and sides == [True, False]:
            yield Person(f"{name}-in", pair[0], True)
            yield Person(f"{name}-out", pair[1], False)
        seen |= set(pair)


def _edits(rule: Rule, member: Way) -> Mapping[str, tuple[Way, ...]]:
    """What one may do to a member, by a name for who comes of it: one way, or one that is to stay in and one out."""
    found: dict[str, tuple[Way, ...]] = {}
    compares = [leaf for leaf in leaves(rule.when) if isinstance(leaf, Compare)]
    for source in dict.fromkeys(fact.source for fact in member):
        place = next(number for number, fact in enumerate(member) if fact.source == source)
        if len(member) > 1:
            found[f"one-{source}-less"] = (member[:place] + member[place + 1 :],)
    for number, leaf in enumerate(compares, 1):
        more = tuple(added(leaf))
        found[f"one-{leaf.measure.source}-more-{number}"] = (member + more,)
        if leaf.measure.last_ms:
            found |= _at_the_end(leaf, number, member, more)
    return found


def _at_the_end(leaf: Compare, number: int, member: Way, more: Sequence[Fact]) -> dict[str, tuple[Way, ...]]:
    """A fact that is counted for one more millisecond, and one that no longer is; of what is needed and what is not
    allowed."""
    end_ms = window_of(leaf.measure)[1]
    source = leaf.measure.source
    found: dict[str, tuple[Way, ...]] = {}
    needed = [place for place, fact in enumerate(member) if fact.source == source and fact.age_ms < end_ms]
    if needed:
        place = max(needed, key=lambda one: member[one].age_ms)
        rest = member[:place] + member[place + 1 :]
        pair = tuple((*rest, member[place].aged(age_ms)) for age_ms in (end_ms - 1, end_ms))
        found[f"oldest-{source}-{number}"] = pair
    gone = tuple((*member, more[0].aged(age_ms)) for age_ms in (end_ms, end_ms - 1))
    found[f"past-{source}-{number}"] = gone
    return found
