"""The fenced blocks of the documentation's pages, with where each stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))

_BLOCK = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_TITLE = re.compile(r'title="([^"]*)"')


@dataclass(frozen=True)
class Block:
    """One block: its page, the line at which it begins, its language (empty: none is said), its title and its text."""

    page: Path
    line: int
    language: str
    title: str
    text: str

    @property
    def place(self) -> str:
        """For messages."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def blocks_of(page: Path) -> list[Block]:
    """All blocks of a page in their order."""
    text = page.read_text(encoding="utf-8")
    return [
        _block(page, text.count("\n", 0, found.start()) + 1, found[1].strip(), found[2])
        for found in _BLOCK.finditer(text)
    ]


def _block(page: Path, line: int, info: str, text: str) -> Block:
    title = _TITLE.search(info)
    return Block(page, line, info.split(" ")[0], title[1] if title else "", text)
