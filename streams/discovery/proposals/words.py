"""Names, titles, reasons and strategies out of what was measured, where no model gave better ones."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from streams.discovery.candidates import Candidate, Outcome
from streams.discovery.model.texts import clean

_MOST_TITLE = 100
_MOST_NAME = 50
_IDLE = frozenset(("of", "the", "and", "in", "within", "at", "least", "more", "than", "is", "was", "put", "into", "as"))
#: outcome -> what members do, what to mail where they do it more often than others, and where more rarely
_OUTCOMES: dict[str, tuple[str, str, str]] = {
    "purchase": (
        "buy",
        "They are about to buy: show what they looked at and what goes with it; no discount is needed.",
        "They rarely buy: find out what holds them back (price, size, delivery) before any offer; mail seldom.",
    ),
    "category_purchase": (
        "buy from this category",
        "Mail this category alone, newest first, while the interest is there.",
        "Leave this category out of their mails and try its neighbours.",
    ),
    "click": (
        "click in mails",
        "They read what is sent: use them for launches, and ask them for reviews.",
        "Mail less often and about one thing at a time; ask which topics they want.",
    ),
    "lapse": (
        "do nothing more",
        "They are about to leave: say what is new since their last visit, once, and ask what was missing.",
        "They stay: no win-back offers; thank them, and offer the club.",
    ),
    "return": (
        "come back to buy",
        "They come back on their own: remind them of what they bought before, without a discount.",
        "They hardly come back: one last mail that asks why, then leave them in peace.",
    ),
}
_UNKNOWN = ("do this", "They do this more often than others; write to them about it.", "They do this rarely.")


class Words(NamedTuple):
    """What people read of a proposal."""

    name: str
    title: str
    why: str
    strategy: str


def template_words(candidate: Candidate) -> Words:
    """Words for a candidate of the search."""
    title = clean(candidate.words, _MOST_TITLE) or "Found by search"
    best = main_outcome(candidate)
    return Words(_name(title), title[:1].upper() + title[1:], _why(best), _strategy(best))


def main_outcome(candidate: Candidate) -> Outcome | None:
    """The outcome by which a group was found; None where none was measured."""
    return candidate.outcomes[0] if candidate.outcomes else None


def outcome_name(one: Outcome) -> str:
    """An outcome with its category: "category_purchase (shoes)"."""
    return f"{one.name} ({clean(one.category)})" if one.category else one.name


def outcome_words(one: Outcome) -> str:
    """What members do, beside others: one line of text."""
    figures = f"{one.rate:.1%} against {one.base:.1%}, lift {one.lift:.2f}"
    return f"{outcome_name(one)}: {figures} (95 % interval {one.low:.2f} to {one.high:.2f}, {one.members:,} members)"


def _why(best: Outcome | None) -> str:
    if best is None:
        return "Found by search; what these customers do later was not measured."
    does = _OUTCOMES.get(best.name, _UNKNOWN)[0]
    if best.category:
        does = does.replace("this category", clean(best.category))
    return (
        f"Found by search: {best.rate:.0%} of them {does} in the weeks after, of other customers {best.base:.0%} "
        f"({best.lift:.2f} times as many, 95 % interval {best.low:.2f} to {best.high:.2f})."
    )


def _strategy(best: Outcome | None) -> str:
    if best is None:
        return "Not known yet: look at a few of them with microseg explain before anything is sent."
    _, more, fewer = _OUTCOMES.get(best.name, _UNKNOWN)
    return more if best.lift >= 1 else fewer


def free_name(wanted: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where it is taken."""
    name, number = wanted, 2
    while name in taken:
        end = f"-{number}"
        name, number = f"{wanted[: _MOST_NAME - len(end)].rstrip('-')}{end}", number + 1
    return name


def _name(title: str) -> str:
    """A file's name out of a title."""
    name = ""
    for word in re.findall(r"[a-z0-9]+", title.lower()):
        longer = f"{name}-{word}" if name else word
        if word not in _IDLE and len(longer) <= _MOST_NAME:
            name = longer
    return name or "found-by-search"
