"""Rule files moved from folder to folder, which is their life cycle; nothing moves that would break the others."""

from __future__ import annotations

import os
import re
from pathlib import Path

from streams.errors import MicrosegError
from streams.events.instants import stamp
from streams.rules.errors import Problems, RuleErrors, quoted
from streams.rules.folder import LIVE, MAX_TRIALS, read_folder, read_text
from streams.rules.load import load_texts
from streams.rules.model import Rule, RuleSet
from streams.rules.nearest import hint
from streams.rules.yaml_nodes import YamlMap, YamlText, read_yaml

#: From where a trial may start: what is active is in nobody's trial, and its customers would carry no arm.
STARTING = ("proposed", "retired")


class NotMoved(MicrosegError):
    """A rule file that stays where it is, and why."""

    exit_code = 1


def proposal(folder: Path, given: str) -> Path:
    """The file of a rule that may go on trial: its path, or only its name.

    Raises NotMoved where it is none.
    """
    path = Path(given)
    if path.suffix == ".yaml" and path.is_file():
        if path.resolve().parent not in [(folder / name).resolve() for name in STARTING]:
            raise NotMoved(f"{given} is not in {folder}/proposed; a trial starts with a file from there")
        return path
    known = {path.stem: path for name in reversed(STARTING) for path in sorted((folder / name).glob("*.yaml"))}
    if given in known:
        return known[given]
    raise NotMoved(f"no proposed segment is named {quoted(given)}{hint(given, known)}")


def with_trial(folder: Path, path: Path, retention_ms: int) -> tuple[RuleSet, dict[str, str]]:
    """The live rules with a file's segment on trial, and their texts.

    Raises:
        RuleErrors: the rules are refused as they are, or would be with it; places are those in the file.
        NotMoved: it says nothing about a trial, or there are enough trials.
    """
    problems = Problems()
    texts = {name: text for name, text in read_folder(folder, problems).texts.items() if text is not None}
    name, text = f"trial/{path.name}", read_text(path, problems)
    if problems or text is None:
        raise RuleErrors(problems.lines())
    if f"active/{path.name}" in texts or name in texts:
        raise NotMoved(f"{path.stem} is live already")
    if sum(one.startswith("trial/") for one in texts) >= MAX_TRIALS:
        raise NotMoved(f"{MAX_TRIALS} segments are on trial, which is the most; decide on one of them first")
    texts[name] = text
    try:
        rules = load_texts(texts, retention_ms)
    except RuleErrors as error:
        there = f"{path.parent.name}/{path.name}"
        raise RuleErrors([re.sub(f"^{re.escape(name)}:", f"{there}:", one) for one in error.errors]) from error
    if next(rule for rule in rules.rules if rule.name == path.stem).trial is None:
        raise NotMoved(f"{path}: no trial: in this rule; add trial: {{against: SEGMENT, days: 14, metric: clicks}}")
    return rules, texts


def start(folder: Path, path: Path, started_ms: int, retention_ms: int) -> Rule:
    """Moves a file into trial/, with the instant at which its trial begins; raises as ``with_trial``."""
    _, texts = with_trial(folder, path, retention_ms)
    text = started(texts.pop(f"trial/{path.name}"), started_ms)
    rules = load_texts({**texts, f"trial/{path.name}": text}, retention_ms)
    target = folder / "trial" / path.name
    target.parent.mkdir(exist_ok=True)
    part = target.with_name(f".{path.name}.part")  # the loader does not look at hidden files
    part.write_text(text, encoding="utf-8")
    os.replace(part, target)
    path.unlink()
    return next(rule for rule in rules.rules if rule.name == path.stem)


def started(text: str, at_ms: int) -> str:
    """The text of a rule file with ``started:`` in its trial, in place of an earlier one; all else stays."""
    root = read_yaml(text, "", Problems())
    trial = root.entries["trial"].value if isinstance(root, YamlMap) and "trial" in root.entries else None
    if not isinstance(trial, YamlMap) or not trial.entries:
        return text
    said, old = stamp(at_ms), trial.entries.get("started")
    if old is not None and isinstance(old.value, YamlText):
        place = _index(text, old.value.place.line, old.value.place.column)
        return text[:place] + said + text[place + len(old.value.text) + (0 if old.value.plain else 2) :]
    first = next(iter(trial.entries.values())).key.place
    place = _index(text, first.line, first.column)
    bracketed = text[:place].rstrip().endswith("{")
    more = f"started: {said}, " if bracketed else f"started: {said}\n{' ' * (first.column - 1)}"
    return text[:place] + more + text[place:]


def _index(text: str, line: int, column: int) -> int:
    return sum(len(one) + 1 for one in text.split("\n")[: line - 1]) + column - 1


def move(folder: Path, segment: str, to: str, retention_ms: int, source: str = "trial") -> Path:
    """Moves a segment's file from ``source`` to another folder; returns where it is now.

    Raises:
        NotMoved: there is none, or a file already where it should go, or the rules would be refused then, as where
            others refer to the segment and could not do without it.
    """
    path, target = folder / source / f"{segment}.yaml", folder / to / f"{segment}.yaml"
    if target.exists():
        raise NotMoved(f"{target} exists already; delete or rename one of the two")
    try:
        load_texts(moved(folder, path, to), retention_ms)
    except RuleErrors as error:
        raise NotMoved(f"{path} stays, as the rules would be refused without it there:\n{error}") from error
    target.parent.mkdir(exist_ok=True)
    try:
        os.replace(path, target)
    except OSError as error:
        raise NotMoved(f"{path} cannot be moved: {error.strerror}") from error
    return target


def moved(folder: Path, path: Path, to: str) -> dict[str, str]:
    """The texts of the live rules as if a file lay in the folder ``to``; raises RuleErrors where it cannot be read."""
    problems = Problems()
    texts = {name: text for name, text in read_folder(folder, problems).texts.items() if text is not None}
    text = texts.pop(f"{path.parent.name}/{path.name}", None)
    if to in LIVE:
        text = read_text(path, problems) if text is None else text
        if problems or text is None:
            raise RuleErrors(problems.lines())
        texts[f"{to}/{path.name}"] = text
    return texts
