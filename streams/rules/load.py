"""Loading a rule folder: all rules, or all mistakes of all files at once."""

from __future__ import annotations

from pathlib import Path

from streams.rules.digest import digest_of
from streams.rules.errors import NoRuleFolder, Problems, RuleErrors
from streams.rules.model import Place, Rule, RuleSet, SegmentTest
from streams.rules.parse_measure import Reading
from streams.rules.parse_rule import parse_rule
from streams.rules.references import check_references

__all__ = ["NoRuleFolder", "RuleErrors", "load_rules"]

#: The folders whose rules are evaluated.
LIVE = ("active", "trial")
#: The folders whose files are only kept; their names are known to hints.
KEPT = ("proposed", "retired")
RETENTION_MS = 730 * 86_400_000
MAX_FILE_BYTES = 65_536
MAX_TRIALS = 5


def load_rules(folder: Path, retention_ms: int = RETENTION_MS) -> RuleSet:
    """The rules of ``folder/active`` and ``folder/trial`` in order of their names.

    Raises RuleErrors with every mistake of every file, and NoRuleFolder where there is no such folder.
    """
    problems = Problems()
    files = _live_files(folder, problems)
    references: dict[str, list[SegmentTest]] = {file.stem: [] for file in files}
    found = [_load(file, Reading(problems, references[file.stem], retention_ms)) for file in files]
    rules = [rule for rule in found if rule is not None]
    folders = {name: kept for kept in KEPT for name in _names(folder / kept)}
    check_references(references, rules, folders | {file.stem: file.parent.name for file in files}, problems)
    if problems:
        raise RuleErrors(problems.lines())
    ordered = tuple(sorted(rules, key=lambda rule: rule.name))
    return RuleSet(ordered, digest_of(ordered))


def _live_files(folder: Path, problems: Problems) -> list[Path]:
    """The rule files of the live folders; what stands there and is none, or is too much, is a problem."""
    _refuse_other_folders(folder)
    files: list[Path] = []
    for live in LIVE:
        found = _entries(folder / live)
        for path in found:
            _refuse_odd(path, problems)
        files += [path for path in found if path.suffix == ".yaml"]
    _refuse_excess([path for path in files if path.parent.name == "trial"], problems)
    _refuse_twins(files, problems)
    return files


def _refuse_other_folders(folder: Path) -> None:
    """Raise NoRuleFolder where the folder is missing or no rule folder, which is better than finding no rules in it."""
    try:
        names = {path.name for path in folder.iterdir()}
    except OSError as error:
        raise NoRuleFolder([f"{folder}: no rule folder can be read here: {error.strerror}"]) from error
    if not names.intersection((*LIVE, *KEPT)):
        raise NoRuleFolder([f"{folder}: no rule folder; it has none of the folders active, trial, proposed, retired"])


def _entries(folder: Path) -> list[Path]:
    """What stands in a folder, by name, without hidden (editors' temporary) files; empty where there is no folder."""
    if not folder.exists():
        return []
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise NoRuleFolder([f"{folder}: cannot be read: {error.strerror}"]) from error


def _names(folder: Path) -> list[str]:
    return [path.stem for path in _entries(folder) if path.suffix == ".yaml"]


def _start_of(path: Path) -> Place:
    return Place(f"{path.parent.name}/{_printable(path.name)}", 1, 1)


def _printable(name: str) -> str:
    """A file's name without bytes that are no UTF-8."""
    return name.encode(errors="replace").decode()


def _refuse_odd(path: Path, problems: Problems) -> None:
    if path.is_dir():
        problems.add(_start_of(path), f"a folder inside {path.parent.name}/ is not read; move its files out of it")
    elif path.suffix.lower() in (".yml", ".yaml") and path.suffix != ".yaml":
        problems.add(_start_of(path), f'only files that end in .yaml are read; did you mean "{path.stem}.yaml"?')


def _refuse_excess(trials: list[Path], problems: Problems) -> None:
    for path in trials[MAX_TRIALS:]:
        problems.add(_start_of(path), f"{len(trials)} files in trial/; at most {MAX_TRIALS} segments can be on trial")


def _refuse_twins(files: list[Path], problems: Problems) -> None:
    first: dict[str, Path] = {}
    for path in files:
        twin = first.setdefault(path.stem, path)
        if twin is not path:
            text = f"{twin.parent.name}/{twin.name} has the same name; delete one of the two"
            problems.add(_start_of(path), text)


def _load(path: Path, reading: Reading) -> Rule | None:
    text = _text(path, reading.problems)
    if text is None:
        return None
    return parse_rule(text, path.parent.name, _printable(path.stem), reading)


def _text(path: Path, problems: Problems) -> str | None:
    """The text of a file of at most 64 KiB in UTF-8; a byte order mark is dropped."""
    if path.is_dir():
        return None
    try:
        with path.open("rb") as file:
            data = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        problems.add(_start_of(path), f"cannot be read: {error.strerror}")
        return None
    if len(data) > MAX_FILE_BYTES:
        problems.add(_start_of(path), f"larger than {MAX_FILE_BYTES // 1024} KiB, which no rule needs")
        return None
    return _decoded(data, _start_of(path).file, problems)


def _decoded(data: bytes, file: str, problems: Problems) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
        place = Place(file, before.count(b"\n") + 1, column)
        problems.add(place, "not UTF-8; save the file in that encoding")
        return None
