"""Proposals as their files tell of them: the rule, and what was measured of it in the comments above."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from streams.rules.errors import Problems, RuleErrors
from streams.rules.folder import read_folder, read_text
from streams.rules.load import load_texts
from streams.rules.model import Rule

Json = dict[str, Any]
_BY = re.compile(r"Proposed by discovery \((.*)\), counted as of (.*)\.")
_SIZE = re.compile(r"Size now: ([\d,]+) of ([\d,]+) customers")
_HISTORY = re.compile(r"Size in past weeks: (.*?)(?: \(from .*)?")
_WEEK = re.compile(r"(\S+) (?:([\d,]+)|under \d+)(?:, |$)")
_OVERLAPS = "Overlap with live segments (Jaccard): "
_OVERLAP = re.compile(r"(\S+) (\d+)%")
_LIFT = re.compile(
    r"(.+): ([\d.]+)% against ([\d.]+)%, lift ([\d.]+) "
    r"\(95 % interval ([\d.]+) to ([\d.]+), ([\d,]+) members\)"
)


def proposals(folder: Path, retention_ms: int) -> Json:
    """All files of ``proposed/``, and what is wrong with those that are broken."""
    found: list[Json] = []
    broken: list[Json] = []
    live = _live(folder)
    for path in sorted((folder / "proposed").glob("*.yaml")):
        if path.name.startswith("."):
            continue
        problems = Problems()
        text = read_text(path, problems)
        rule, errors = (None, problems.lines()) if text is None else _read(path.name, text, live, retention_ms)
        if errors:
            broken.append(_broken(path, errors[0]))
        else:
            found.append(_proposal(path, text or "", rule, folder))
    return {"proposals": found, "broken": broken}


def _live(folder: Path) -> dict[str, str]:
    """The texts of live rules, on which a proposal may stand; none where they cannot be read."""
    try:
        return {name: text for name, text in read_folder(folder, Problems()).texts.items() if text is not None}
    except RuleErrors:
        return {}


def _read(name: str, text: str, live: Mapping[str, str], retention_ms: int) -> tuple[Rule | None, list[str]]:
    """The rule of a file beside the live ones, or what is wrong with it; neither where only others are broken."""
    file = f"active/{name}"
    others = {one: said for one, said in live.items() if not one.endswith(f"/{name}")}
    for beside in ({}, others):  # most stand alone, which is quicker
        try:
            rules = load_texts({**beside, file: text}, retention_ms).rules
            return next(rule for rule in rules if f"{rule.name}.yaml" == name), []
        except RuleErrors as error:
            errors = [one for one in error.errors if one.startswith(f"{file}:")]
    return None, errors


def count(folder: Path) -> int:
    """How many files wait for a person."""
    return sum(1 for path in (folder / "proposed").glob("*.yaml") if not path.name.startswith("."))


def _broken(path: Path, error: str) -> Json:
    said = error.replace(f"active/{path.name}", f"proposed/{path.name}")
    return {"name": path.stem, "path": f"proposed/{path.name}", "error": said}


def _proposal(path: Path, text: str, rule: Rule | None, folder: Path) -> Json:
    return {
        "name": path.stem,
        "title": rule.title if rule else path.stem,
        "path": f"proposed/{path.name}",
        "why": rule.why if rule else "",
        "strategy": rule.strategy if rule else "",
        "trial": rule is not None and rule.trial is not None,
        "examples": _examples(folder / "tests" / path.name),
        "rule": text,
        **measured(header_of(text)),
    }


def _examples(path: Path) -> int:
    """How many examples there are, as the file's lines tell."""
    try:
        return len(re.findall(r"^- ", path.read_text(encoding="utf-8"), re.MULTILINE))
    except (OSError, UnicodeDecodeError):
        return 0


def header_of(text: str) -> list[str]:
    """The comments at the top of a file, without the line for editors; lines that were broken are whole again."""
    lines: list[str] = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        said = line[2:] if line.startswith("# ") else line[1:]
        if said.startswith("yaml-language-server"):
            continue
        if said.startswith("  ") and lines and not _LIFT.fullmatch(said.strip()) and not _starts_lift(said):
            lines[-1] += f" {said.strip()}"
        else:
            lines.append(said.rstrip())
    return lines


def _starts_lift(said: str) -> bool:
    return re.match(r"  \S.*: [\d.]+% against ", said) is not None


def measured(header: Sequence[str]) -> Json:
    """What discovery wrote above a rule, as numbers; what is not there is None or empty."""
    found: Json = {"proposed_by": None, "as_of": None, "size": None, "of": None}
    found |= {"stability": [], "lift": [], "overlap": [], "header": list(header)}
    for line in header:
        if said := _BY.fullmatch(line):
            found["proposed_by"], found["as_of"] = said.groups()
        elif said := _SIZE.match(line):
            found["size"], found["of"] = map(_whole, said.groups())
        elif said := _HISTORY.fullmatch(line):
            found["stability"] = [[day, _whole(size) if size else None] for day, size in _WEEK.findall(said[1])]
        elif line.startswith(_OVERLAPS):
            found["overlap"] = list(_overlaps(line.removeprefix(_OVERLAPS)))
        elif said := _LIFT.fullmatch(line.strip()):
            found["lift"].append(_lift(said.groups()))
    return found


def _overlaps(text: str) -> Iterator[Json]:
    for name, share in _OVERLAP.findall(text):
        yield {"name": name, "share": int(share) / 100}


def _lift(said: Sequence[str]) -> Json:
    outcome, rate, base, lift, low, high, members = said
    return {
        "outcome": outcome,
        "rate": round(float(rate) / 100, 6),
        "base": round(float(base) / 100, 6),
        "lift": float(lift),
        "low": float(low),
        "high": float(high),
        "members": _whole(members),
    }


def _whole(text: str) -> int:
    return int(text.replace(",", ""))
