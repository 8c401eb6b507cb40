"""The nearest right name for a wrong one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

_FEW = 24
#: What people who know other tools write, with its name here.
_SYNONYMS = {
    "=": "exactly",
    "==": "exactly",
    "equals": "exactly",
    ">": "more_than",
    ">=": "at_least",
    "<": "less_than",
    "<=": "at_most",
    "above": "more_than",
    "over": "more_than",
    "below": "less_than",
    "under": "less_than",
    "and": "all",
    "or": "any",
    "not": "none",
    "avg": "average",
    "mean": "average",
    "max": "highest",
    "min": "lowest",
    "within": "last",
    "window": "last",
    "period": "last",
    "in": "one_of",
    "not_in": "none_of",
    "orders": "purchases",
    "baskets": "carts",
    "mails": "emails",
    "name": "title",
    "description": "why",
    "conditions": "when",
}


def nearest(name: str, names: Iterable[str], likeness: float = 0.6) -> str | None:
    """The one of ``names`` that is most like ``name``; ``None`` where none is like it. ``likeness`` is from 0 to 1."""
    choices = sorted(names)
    if (meant := _SYNONYMS.get(name.lower())) in choices:
        return meant
    found = get_close_matches(name.lower(), choices, 1, likeness)
    return found[0] if found else None


def hint(name: str, names: Iterable[str]) -> str:
    """The end of a message: the nearest right name, or all of them where none is near and they are few."""
    choices = list(names)
    if found := nearest(name, choices):
        return f'; did you mean "{found}"?'
    return f"; write {one_of(choices)}" if 0 < len(choices) <= _FEW else ""


def one_of(names: Iterable[str]) -> str:
    """ "one of a, b", or "a" where there is no choice."""
    choices = list(names)
    return choices[0] if len(choices) == 1 else f"one of {listing(choices)}"


def listing(names: Iterable[str]) -> str:
    """Names with commas between."""
    return ", ".join(names)
