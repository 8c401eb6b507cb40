"""Two editions of one rule folder: as it is, and an older one in which every duration was half as long."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from streams.rules.load import load_folder

Texts = Mapping[str, str]

_DURATION = re.compile(r"\b(\d+)([smhdw])\b")
_FAMILY = re.compile(r"^for_each:", re.MULTILINE)


def texts_of(folder: Path) -> Texts:
    """The files of a good rule folder by ``active/NAME.yaml`` or ``trial/NAME.yaml``; raises RuleErrors."""
    return load_folder(folder).texts


def older(texts: Texts) -> Texts:
    """The same rules with every duration halved, so that each rule with a window is to be judged anew."""
    return {name: _DURATION.sub(_half, text) for name, text in texts.items()}


def _half(found: re.Match[str]) -> str:
    return f"{max(1, int(found[1]) // 2)}{found[2]}"


def without_families(texts: Texts) -> Texts:
    """Those of the rules that make one segment each."""
    return {name: text for name, text in texts.items() if not _FAMILY.search(text)}


def write_rules(folder: Path, texts: Texts) -> Path:
    """Puts the files into a folder, over those of the same names; returns the folder."""
    for name, text in texts.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    return folder
