"""The names of a shop (categories, products, campaigns) as short codes: what the model may say of them.

A name is text that anybody may have written. The model sees it once, cleaned, in the table of the data block; rules
name it by its code, also those that the model writes, so no name outside the table can come back.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from streams.discovery.model.texts import clean
from streams.rules.model import EACH

_LETTERS = {"category": "c", "product": "p", "campaign": "m", "segment": "s"}
_OTHER = "v"
#: Comparisons of a property whose values are texts of the shop.
_OF_PROPERTIES = ("is", "is_not", "one_of", "none_of")
#: Names that the model is told of at most.
MOST_NAMES = 150


class Names:
    """Codes by name and names by code, in the order in which they are first met."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], str] = {}
        self._names: dict[str, str] = {}
        self._shown: dict[str, str] = {}

    def code(self, field: str, name: str) -> str:
        """The code of a name in a field, made where it has none; ``$each`` stays."""
        if name == EACH:
            return name
        key = (_LETTERS.get(field, _OTHER), name)
        if key not in self._codes:
            code = f"{key[0]}{sum(letter == key[0] for letter, _ in self._codes) + 1}"
            self._codes[key], self._names[code], self._shown[code] = code, name, clean(name)
        return self._codes[key]

    def full(self) -> bool:
        """Whether no further name should be told."""
        return len(self._codes) >= MOST_NAMES

    def has(self, field: str, name: str) -> bool:
        """Whether a name has a code."""
        return (_LETTERS.get(field, _OTHER), name) in self._codes

    def table(self) -> dict[str, str]:
        """The cleaned names by code."""
        return dict(self._shown)

    def coded(self, rule: Any) -> Any:
        """A rule with codes in place of names."""
        return self._walked(rule, self._code_of)

    def decoded(self, rule: Any) -> Any:
        """A rule with names in place of codes; what is no code stays."""
        return self._walked(rule, lambda _, text: self._names.get(text, text))

    def _code_of(self, field: str, text: str) -> str:
        return self.code(field, text)

    def _walked(self, node: Any, change: Any) -> Any:
        if isinstance(node, list):
            return [self._walked(part, change) for part in node]
        if not isinstance(node, Mapping):
            return node
        found = {}
        for key, value in node.items():
            if key == "where" and isinstance(value, Mapping):
                found[key] = {field: _changed(field, texts, change) for field, texts in value.items()}
            elif key in ("profile", "segment") or (key in _OF_PROPERTIES and "profile" in node):
                found[key] = _changed(key, value, change)
            else:
                found[key] = self._walked(value, change)
        return found


def _changed(field: str, value: Any, change: Any) -> Any:
    """Texts changed, one or in a list; flags, numbers and comparisons of numbers stay."""
    if isinstance(value, str):
        return change(field, value)
    if isinstance(value, list):
        return [change(field, one) if isinstance(one, str) else one for one in value]
    return value
