"""Which rules are there already: live, proposed, or retired of late; nothing is proposed twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from streams.authoring.meaning import meaning
from streams.discovery.candidates import Candidate
from streams.memberships.wording import condition_words
from streams.rules.errors import Problems
from streams.rules.folder import KEPT, LIVE, read_text
from streams.rules.model import Rule
from streams.rules.order import references
from streams.rules.parse_measure import Reading
from streams.rules.parse_rule import parse_rule

#: Jaccard indices of a rule's members with those of other rules, all as the loader's schema takes them.
Alike = Callable[[Mapping[str, Any], Sequence[Mapping[str, Any]]], Sequence[float]]
#: For so long a segment that a person has retired is not proposed again.
RETIRED_MS = 90 * 86_400_000
#: Two segments that share so much of their members (Jaccard) are the same one.
SAME_MEMBERS = 0.8


@dataclass(frozen=True)
class Known:
    """The files of a rule folder: where each meaning stands, the names that are taken, and the rules that are not live
    (proposed, or retired of late) by their place."""

    places: dict[str, str]
    names: frozenset[str]
    resting: dict[str, Rule]

    def twin(self, rule: Rule, candidate: Candidate, alike: Alike | None = None) -> str | None:
        """What a rule is a duplicate of, in words; None: it is new."""
        if place := self.places.get(plain_meaning(rule)):
            return f"says the same as {place}"
        overlaps = {f"the live segment {name}": share for name, share in candidate.overlaps.items()}
        if alike is not None:
            others = {place: one for place, one in self.resting.items() if not references(one.when)}
            shares = alike(candidate.rule, [rule_words(one) for one in others.values()])
            overlaps |= dict(zip(others, shares, strict=True))
        near = max(overlaps, key=lambda name: overlaps[name], default=None)
        if near is not None and overlaps[near] >= SAME_MEMBERS:
            return f"has nearly the members of {near} (Jaccard {overlaps[near]:.2f})"
        return None

    def with_rule(self, rule: Rule) -> Known:
        """The same with one more, which was just proposed."""
        place = f"proposed/{rule.name}.yaml"
        places = {**self.places, plain_meaning(rule): place}
        return Known(places, self.names | {rule.name}, {**self.resting, place: rule})


def rule_words(rule: Rule) -> dict[str, Any]:
    """A rule as the loader's schema takes it, without its words and waits."""
    return {**({"for_each": rule.for_each} if rule.for_each else {}), "when": condition_words(rule.when)}


def plain_meaning(rule: Rule) -> str:
    """A digest of what a rule means whatever its name is and wherever it stands."""
    return meaning(replace(rule, name="", folder="active"))


def known_rules(folder: Path, now_ms: int, retention_ms: int) -> Known:
    """The rules of a folder as its files are now; what cannot be read as a rule only takes its name."""
    places: dict[str, str] = {}
    names: set[str] = set()
    resting: dict[str, Rule] = {}
    for kind in (*LIVE, *KEPT, "tests"):
        for path in sorted((folder / kind).glob("*.yaml")):
            names.add(path.stem)
            if kind != "tests" and (kind != "retired" or _is_late(path, now_ms)):
                rule = _rule(path, kind, retention_ms)
                if rule is not None:
                    place = f"{kind}/{path.name}"
                    places.setdefault(plain_meaning(rule), place)
                    resting |= {place: rule} if kind in KEPT else {}
    return Known(places, frozenset(names), resting)


def _is_late(path: Path, now_ms: int) -> bool:
    """Whether a file was put there less than RETIRED_MS ago: moving one sets its time of change on every system."""
    stat = path.stat()
    return now_ms - max(stat.st_mtime_ns, stat.st_ctime_ns) // 1_000_000 < RETIRED_MS


def _rule(path: Path, kind: str, retention_ms: int) -> Rule | None:
    problems = Problems()
    text = read_text(path, problems)
    return None if text is None else parse_rule(text, kind, path.stem, Reading(problems, [], retention_ms))
