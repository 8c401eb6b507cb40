"""Which rules are there already: live, proposed, or retired of late; nothing is proposed twice."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from streams.authoring.meaning import meaning
from streams.discovery.candidates import Candidate
from streams.rules.errors import Problems
from streams.rules.folder import KEPT, LIVE, read_text
from streams.rules.model import Rule
from streams.rules.parse_measure import Reading
from streams.rules.parse_rule import parse_rule

#: For so long a segment that a person has retired is not proposed again.
RETIRED_MS = 90 * 86_400_000
#: Two segments that share so much of their members (Jaccard) are the same one.
SAME_MEMBERS = 0.8


@dataclass(frozen=True)
class Known:
    """The files of a rule folder: where each meaning stands, and the names that are taken."""

    places: dict[str, str]
    names: frozenset[str]

    def twin(self, rule: Rule, candidate: Candidate | None) -> str | None:
        """What a rule is a duplicate of, in words; None: it is new."""
        if place := self.places.get(plain_meaning(rule)):
            return f"says the same as {place}"
        overlaps = candidate.overlaps if candidate else {}
        near = max(overlaps, key=lambda name: overlaps[name], default=None)
        if near is not None and overlaps[near] >= SAME_MEMBERS:
            return f"has nearly the members of the live segment {near} (Jaccard {overlaps[near]:.2f})"
        return None

    def with_rule(self, rule: Rule) -> Known:
        """The same with one more, which was just proposed."""
        places = {**self.places, plain_meaning(rule): f"proposed/{rule.name}.yaml"}
        return Known(places, self.names | {rule.name})


def plain_meaning(rule: Rule) -> str:
    """A digest of what a rule means whatever its name is and wherever it stands."""
    return meaning(replace(rule, name="", folder="active"))


def known_rules(folder: Path, now_ms: int, retention_ms: int) -> Known:
    """The rules of a folder as its files are now; what cannot be read as a rule only takes its name."""
    places: dict[str, str] = {}
    names: set[str] = set()
    for kind in (*LIVE, *KEPT, "tests"):
        for path in sorted((folder / kind).glob("*.yaml")):
            names.add(path.stem)
            if kind != "tests" and (kind != "retired" or _is_late(path, now_ms)):
                rule = _rule(path, kind, retention_ms)
                if rule is not None:
                    places.setdefault(plain_meaning(rule), f"{kind}/{path.name}")
    return Known(places, frozenset(names))


def _is_late(path: Path, now_ms: int) -> bool:
    """Whether a file was put there less than RETIRED_MS ago: moving one sets its time of change on every system."""
    stat = path.stat()
    return now_ms - max(stat.st_mtime_ns, stat.st_ctime_ns) // 1_000_000 < RETIRED_MS


def _rule(path: Path, kind: str, retention_ms: int) -> Rule | None:
    problems = Problems()
    text = read_text(path, problems)
    return None if text is None else parse_rule(text, kind, path.stem, Reading(problems, [], retention_ms))
