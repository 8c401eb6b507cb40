"""What can be wrong with a rule folder, and how mistakes are gathered until all of them are known.

RuleErrors          at least one mistake in the rule files; ``errors`` has a line for each
└── NoRuleFolder    there is no rule folder at that path, or it cannot be read
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from streams.errors import MicrosegError
from streams.rules.model import Place

_SHOWN = 60


class RuleErrors(MicrosegError):
    """Rule files that are refused; ``errors`` are lines ``file:line:column: what is wrong``, in order."""

    exit_code = 1

    def __init__(self, errors: Iterable[str]) -> None:
        self.errors = list(errors)
        super().__init__("\n".join(self.errors))


class NoRuleFolder(RuleErrors):
    """The path is no rule folder or cannot be read; ``errors`` is one line that says so."""

    exit_code = 2


class Problems:
    """The mistakes found so far."""

    def __init__(self) -> None:
        self._found: set[tuple[str, int, int, str]] = set()
        self._silenced: set[Place] = set()

    def __len__(self) -> int:
        return len(self._found)

    def add(self, place: Place, text: str) -> None:
        """Note one mistake."""
        if place not in self._silenced:
            self._found.add((place.file, place.line, place.column, text))

    def add_last(self, place: Place, text: str) -> None:
        """Note a mistake that makes any later one at the same place a mere consequence, which is dropped."""
        self.add(place, text)
        self._silenced.add(place)

    def lines(self) -> list[str]:
        """One line a mistake, in order of file, line and column."""
        return [f"{file}:{line}:{column}: {text}" for file, line, column, text in sorted(self._found)]


def quoted(text: str) -> str:
    """A text of the reader's in double quotes, on one line and not too long."""
    short = text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"
    return json.dumps(short, ensure_ascii=False)
