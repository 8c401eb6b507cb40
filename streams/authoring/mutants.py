"""Mutants of rules: each is the rule after one small edit. One that no example notices is a question left open."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from streams.authoring.edits import Edit, edits_of
from streams.authoring.meaning import meaning
from streams.authoring.model import Acceptance, ExampleFile
from streams.authoring.run_examples import Shop, holds, needed_by, reach
from streams.rules.errors import Problems
from streams.rules.model import Place, Rule, RuleSet
from streams.rules.nearest import hint
from streams.rules.parse_measure import Reading
from streams.rules.parse_rule import parse_root
from streams.rules.yaml_nodes import YamlMap, read_yaml


@dataclass(frozen=True, slots=True)
class Mutant:
    """A rule after one edit; ``edit`` is the text by which it is reported and accepted."""

    place: Place
    edit: str
    asked: str
    rule: Rule


@dataclass(frozen=True, slots=True)
class Hunt:
    """What came of the mutants of one rule: which were noticed, which were not, and what is wrong with the accepted."""

    rule: str
    noticed: tuple[Mutant, ...]
    survivors: tuple[Mutant, ...]
    accepted: tuple[Mutant, ...]
    mistakes: tuple[str, ...]


def mutants_of(rule: Rule, text: str, retention_ms: int) -> list[Mutant]:
    """The mutants of the rule in a text, without those that mean the same as the rule, or as one before."""
    root = read_yaml(text, f"{rule.folder}/{rule.name}.yaml", Problems())
    assert isinstance(root, YamlMap)
    known = {meaning(rule)}
    found: list[Mutant] = []
    for edit, name in _named(list(edits_of(root))):
        problems = Problems()
        mutant = parse_root(edit.root, rule.folder, rule.name, Reading(problems, [], retention_ms))
        if mutant is None or meaning(mutant) in known:
            continue
        known.add(meaning(mutant))
        found.append(Mutant(edit.place, name, _question(edit), mutant))
    return found


def _named(edits: Sequence[Edit]) -> Iterator[tuple[Edit, str]]:
    """Edits with their texts, numbered where two places of a file allow the same one."""
    total, seen = Counter(edit.text for edit in edits), Counter[str]()
    for edit in edits:
        seen[edit.text] += 1
        yield edit, edit.text if total[edit.text] == 1 else f"{edit.text} #{seen[edit.text]}"


def _question(edit: Edit) -> str:
    return f'nobody says {edit.asked} ("{edit.before}" could be "{edit.after}")'


def hunt(rule: Rule, text: str, rules: RuleSet, files: Sequence[ExampleFile], shop: Shop) -> Hunt:
    """Run the examples that a rule concerns under each of its mutants."""
    links = reach(rules)
    runs = [(needed_by(rules, file.about, links), file) for file in _concerned(rule.name, files, links)]
    own = {one.edit: one for file in files if file.name == rule.name for one in file.accepted}
    noticed: list[Mutant] = []
    survivors: list[Mutant] = []
    for mutant in mutants_of(rule, text, shop.retention_ms):
        (noticed if _is_noticed(mutant.rule, runs, shop) else survivors).append(mutant)
    accepted = tuple(mutant for mutant in survivors if mutant.edit in own)
    open_questions = tuple(mutant for mutant in survivors if mutant.edit not in own)
    mistakes = tuple(_rotten(own, noticed, survivors))
    return Hunt(rule.name, tuple(noticed), open_questions, accepted, mistakes)


def _concerned(name: str, files: Iterable[ExampleFile], links: Mapping[str, frozenset[str]]) -> list[ExampleFile]:
    """The files that speak about a rule or one that refers to it, its own first: that most often notices."""
    concerned = [file for file in files if any(one == name or name in links[one] for one in file.about)]
    return sorted(concerned, key=lambda file: file.name != name)


def _is_noticed(mutant: Rule, runs: Sequence[tuple[RuleSet, ExampleFile]], shop: Shop) -> bool:
    return any(not holds(_with(rules, mutant), [file], shop) for rules, file in runs)


def _with(rules: RuleSet, mutant: Rule) -> RuleSet:
    return replace(rules, rules=tuple(mutant if rule.name == mutant.name else rule for rule in rules.rules))


def _rotten(own: Mapping[str, Acceptance], noticed: Sequence[Mutant], survivors: Sequence[Mutant]) -> Iterator[str]:
    """Accepted mutants that are noticed after all, or that there are none of."""
    killed, alive = {mutant.edit for mutant in noticed}, {mutant.edit for mutant in survivors}
    for edit, acceptance in own.items():
        place = acceptance.place
        where = f"{place.file}:{place.line}:{place.column}"
        if edit in killed:
            yield f'{where}: "{edit}" is accepted, but an example notices it; delete this entry'
        elif edit not in alive:
            yield f'{where}: no mutant "{edit}" of this rule{hint(edit, sorted(killed | alive))}'
