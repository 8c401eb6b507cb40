"""The block of a document that holds the figures: filled from a result, never by hand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from streams.proofs.bench.measured import Result
from streams.proofs.bench.table import markdown
from streams.proofs.ground import ProofError

BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"
SIZES = {
    "events": "events",
    "users": "customers",
    "runs": "runs of each",
    "quix_events": "events of Quix Streams",
    "faust_events": "of Faust",
}


def block(told: dict[str, Any], result: Result, pictures: Sequence[str]) -> str:
    """The figures, with what they belong to."""
    lines = [
        f"Measured {told['date']} on {told['machine']}; load average before: {told['load_before']}.",
        ", ".join(f"{name} {one}" for name, one in told["versions"].items()) + ".",
        "The job: " + ", ".join(f"{told['sizes'][name]:,} {words}" for name, words in SIZES.items()) + ".",
    ]
    if told["sizes"]["name"] != "full":
        lines.insert(0, f"**A {told['sizes']['name']} run: small sizes, not comparable with those of a full one.**\n")
    missed = [row.what for row in result.rows if row.reached is False]
    lines += ["", markdown(result.rows), ""]
    lines += [f"Not reached: {'; '.join(missed) or 'nothing'}."]
    lines += [f"Wrong: {fault}" for fault in result.faults[:20]]
    lines += ["", *(f"![{Path(one).stem}]({one})" for one in pictures)] if pictures else []
    return "\n".join(lines)


def filled(text: str, figures: str, name: str) -> str:
    """A document with its block filled; raises ProofError where it has no block."""
    start, end = text.find(BEGIN), text.find(END)
    if start < 0 or end < start:
        raise ProofError(f"{name}: there are no lines {BEGIN} and {END} to write between")
    return f"{text[: start + len(BEGIN)]}\n{figures}\n{text[end:]}"


def write(file: Path, told: dict[str, Any], result: Result, pictures: Sequence[Path]) -> None:
    """Fills the block of a file; pictures are named as seen from it."""
    seen = [os.path.relpath(one, file.parent) for one in pictures]
    file.write_text(filled(file.read_text(encoding="utf-8"), block(told, result, seen), str(file)), encoding="utf-8")
