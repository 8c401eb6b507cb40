"""Loading rules from a folder or from texts: all of them, or all mistakes of all files at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from streams.rules.digest import digest_of
from streams.rules.errors import NoRuleFolder, Problems, RuleErrors
from streams.rules.folder import read_folder
from streams.rules.model import RuleSet, SegmentTest
from streams.rules.parse_measure import Reading
from streams.rules.parse_rule import parse_rule
from streams.rules.references import check_references

__all__ = ["LoadedFolder", "NoRuleFolder", "RuleErrors", "load_folder", "load_rules", "load_texts"]

RETENTION_MS = 730 * 86_400_000


@dataclass(frozen=True, slots=True)
class LoadedFolder:
    """A good rule folder: its rules, the texts that they were read from by ``active/NAME.yaml`` or ``trial/NAME.yaml``,
    and the names of the rules in ``retired/``."""

    rule_set: RuleSet
    texts: dict[str, str]
    retired: frozenset[str]


def load_rules(folder: Path, retention_ms: int = RETENTION_MS) -> RuleSet:
    """The rules of ``folder/active`` and ``folder/trial`` in order of their names.

    Raises RuleErrors with every mistake of every file, and NoRuleFolder where there is no such folder.
    """
    return load_folder(folder, retention_ms).rule_set


def load_folder(folder: Path, retention_ms: int = RETENTION_MS) -> LoadedFolder:
    """The same with the texts, each of which was read once.

    Raises RuleErrors with every mistake of every file, and NoRuleFolder where there is no such folder.
    """
    problems = Problems()
    found = read_folder(folder, problems)
    rule_set = _loaded(found.texts, found.kept, retention_ms, problems)
    texts = {file: text for file, text in found.texts.items() if text is not None}
    return LoadedFolder(rule_set, texts, frozenset(name for name, kept in found.kept.items() if kept == "retired"))


def load_texts(texts: Mapping[str, str], retention_ms: int = RETENTION_MS) -> RuleSet:
    """The rules in texts by ``active/NAME.yaml`` or ``trial/NAME.yaml``; raises RuleErrors with every mistake."""
    return _loaded(texts, {}, retention_ms, Problems())


def _loaded(texts: Mapping[str, str | None], kept: Mapping[str, str], retention_ms: int, problems: Problems) -> RuleSet:
    references: dict[str, list[SegmentTest]] = {}
    rules, folders = [], dict(kept)
    for file, text in texts.items():
        path = PurePosixPath(file)
        folder, name = path.parent.name, path.stem
        folders[name] = folder
        reading = Reading(problems, references.setdefault(name, []), retention_ms)
        if text is not None and (rule := parse_rule(text, folder, name, reading)):
            rules.append(rule)
    check_references(references, rules, folders, problems)
    if problems:
        raise RuleErrors(problems.lines())
    ordered = tuple(sorted(rules, key=lambda rule: rule.name))
    return RuleSet(ordered, digest_of(ordered))
