"""What the README of the rule folder shows: its YAML blocks and its table of mistakes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

RULES = Path(__file__).parents[2] / "segment_rules"
README = RULES / "README.md"

_BLOCK = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PATH = re.compile(r"# segment_rules/(\S+)\n")
_MISTAKE = re.compile(r"^\| `([\[{].*)` \| (.*) \|$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """One YAML block: the line of the README after which it stands, and its text."""

    line: int
    text: str

    @property
    def path(self) -> str:
        """The file that it says it is, relative to the rule folder; empty where it does not say."""
        named = _PATH.match(self.text)
        return named[1] if named else ""

    @property
    def file(self) -> str:
        """The file in which it can be tried."""
        return self.path or f"active/readme-{self.line}.yaml"

    @property
    def is_rule(self) -> bool:
        """Whether it is a whole rule rather than a part of its ``when``, or examples."""
        return re.search("^title:", self.text, re.MULTILINE) is not None

    @property
    def is_examples(self) -> bool:
        """Whether it is a file of examples."""
        return re.search("^- name:", self.text, re.MULTILINE) is not None

    @property
    def whole(self) -> str:
        """The text of a whole file: parts of a ``when`` have a rule around them."""
        return self.text if self.is_rule or self.is_examples else as_rule(self.text)


def as_rule(when: str) -> str:
    """A rule around a condition, a group of conditions or a list of them."""
    indent = "    " if when.lstrip().startswith("- ") else "  "
    head = "title: T\nwhen:\n" + ("  all:\n" if indent == "    " else "")
    return head + "".join(f"{indent}{line}\n" for line in when.splitlines())


def blocks() -> list[Block]:
    """All YAML blocks."""
    text = README.read_text(encoding="utf-8")
    return [Block(text.count("\n", 0, found.start()) + 1, found[1]) for found in _BLOCK.finditer(text)]


def mistakes() -> list[tuple[str, str]]:
    """The rows of the table of mistakes: what stands in ``when``, and what is said about it."""
    return _MISTAKE.findall(README.read_text(encoding="utf-8"))
