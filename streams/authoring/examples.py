"""The example files of a rule folder: ``tests/NAME.yaml`` has the examples of the rule ``NAME``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from streams.authoring.example_nodes import Known, parse_examples
from streams.authoring.model import ExampleFile, rule_of
from streams.rules.errors import Problems, RuleErrors, quoted
from streams.rules.folder import KEPT, LIVE, read_text
from streams.rules.model import Place, Rule, RuleSet
from streams.rules.nearest import hint

FOLDER = "tests"
MAX_FILE_BYTES = 1 << 20


def load_examples(folder: Path, rules: RuleSet) -> list[ExampleFile]:
    """The example files of a rule folder by name; raises RuleErrors with every mistake of every file."""
    problems = Problems()
    found = read_examples(folder, {rule.name: rule for rule in rules.rules}, problems)
    if problems:
        raise RuleErrors(problems.lines())
    return found


def example_mistakes(folder: Path, rules: RuleSet | None, *, strict: bool = False) -> list[str]:
    """What is wrong with the example files, one line each; ``rules`` of ``None`` are broken, of which only the names
    are known.

    Where it is ``strict``, a rule without an example of a member and one of a non-member is a mistake as well.
    """
    problems = Problems()
    known: dict[str, Rule | None] = dict.fromkeys(name for live in LIVE for name in _stems(folder / live))
    known |= {rule.name: rule for rule in rules.rules} if rules else {}
    found = read_examples(folder, known, problems)
    if strict and rules and not problems:
        _need_both_sides(rules, found, problems)
    return problems.lines()


def read_examples(folder: Path, rules: Mapping[str, Rule | None], problems: Problems) -> list[ExampleFile]:
    """The example files that are right; the examples of a rule that is only kept (proposed, retired) rest with it."""
    known = Known(rules, problems)
    kept = {name for one in KEPT for name in _stems(folder / one)} - set(rules)
    found = [_read(path, known) for path in _files(folder / FOLDER, problems) if path.stem not in kept]
    return [one for one in found if one is not None]


def without_examples(rules: RuleSet, files: Iterable[ExampleFile]) -> list[str]:
    """The rules that no example speaks about."""
    spoken = {name for file in files if file.examples for name in file.about}
    return [rule.name for rule in rules.rules if rule.name not in spoken]


def _stems(folder: Path) -> list[str]:
    return [path.stem for path in _visible(folder) if path.suffix == ".yaml"]


def _visible(folder: Path) -> list[Path]:
    """What stands in a folder without hidden (editors' temporary) files; a missing or unreadable one is empty."""
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError:
        return []


def _files(folder: Path, problems: Problems) -> list[Path]:
    found = _visible(folder)
    for path in found:
        if path.suffix.lower() in (".yml", ".yaml") and path.suffix != ".yaml":
            text = f'only files that end in .yaml are read; did you mean "{path.stem}.yaml"?'
            problems.add(_start(path), text)
    return [path for path in found if path.suffix == ".yaml"]


def _start(path: Path) -> Place:
    return Place(f"{FOLDER}/{path.name.encode(errors='replace').decode()}", 1, 1)


def _read(path: Path, known: Known) -> ExampleFile | None:
    if path.stem not in known.rules:
        text = f"examples of no rule: there is no {quoted(path.stem)} in active/ or trial/"
        known.problems.add(_start(path), text + hint(path.stem, known.rules))
        return None
    found = read_text(path, known.problems, MAX_FILE_BYTES)
    return None if found is None else parse_examples(found, path.stem, known)


def _need_both_sides(rules: RuleSet, files: Iterable[ExampleFile], problems: Problems) -> None:
    sides = _sides(files)
    for rule in rules.rules:
        for side in ("member", "non-member"):
            if (rule.name, side) not in sides:
                text = f"no example of a {side}; add one to {FOLDER}/{rule.name}.yaml"
                problems.add(Place(f"{rule.folder}/{rule.name}.yaml", 1, 1), text)


def _sides(files: Iterable[ExampleFile]) -> set[tuple[str, str]]:
    """Of which rules there is a customer expected inside, and one expected in none of their segments."""
    sides: set[tuple[str, str]] = set()
    for file in files:
        for said in (said for example in file.examples for said in example.expect):
            inside = {rule_of(segment) for segment in said.segments}
            sides |= {(name, "member" if name in inside else "non-member") for name in file.about}
    return sides
