"""Names, titles, reasons and strategies out of what was measured, where no model gave better ones."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Any, NamedTuple

from streams.discovery.candidates import Candidate, Outcome
from streams.discovery.model.texts import clean
from streams.rules.model import EACH

_MOST_TITLE = 80
_MOST_NAME = 50
_SINGULAR = {"views": "view", "carts": "cart", "purchases": "purchase", "items": "item"}
_SAID = {"more_than": "more than", "at_least": "at least", "less_than": "fewer than", "at_most": "at most"}
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
        "stay away",
        "They are about to stay away: say what is new since their last visit, once, and ask what was missing.",
        "They stay: no win-back offers; thank them, and offer the club.",
    ),
    "return": (
        "send goods back",
        "Help before the order: sizes, materials, pictures by customers; no push for larger baskets.",
        "They keep what they order: larger baskets and new products are safe to show.",
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
    parts = [*_parts(candidate.rule["when"])]
    title = clean("; ".join(parts), _MOST_TITLE)
    best = strongest(candidate.outcomes)
    return Words(_name(parts), title[:1].upper() + title[1:], _why(best), _strategy(best))


def strongest(outcomes: Collection[Outcome]) -> Outcome | None:
    """The outcome whose interval lies farthest from no difference, as a ratio; None where there is none."""
    return max(outcomes, key=_distance, default=None)


def _distance(one: Outcome) -> float:
    near = one.low if one.lift >= 1 else 1 / one.high if one.high > 0 else 1.0
    return near if near > 0 else 0.0


def outcome_words(one: Outcome) -> str:
    """What members do, beside others: one line of text."""
    interval = f"95 % interval {one.low:.2f} to {one.high:.2f}"
    return f"{one.name}: {one.rate:.1%} against {one.base:.1%}, lift {one.lift:.2f} ({interval}, {one.members:,} members)"


def _why(best: Outcome | None) -> str:
    if best is None:
        return "Found by search; what these customers do later was not measured."
    does = _OUTCOMES.get(best.name, _UNKNOWN)[0]
    return (
        f"Found by search: later {best.rate:.0%} of them {does}, of other customers {best.base:.0%} "
        f"({best.lift:.2f} times as many, 95 % interval {best.low:.2f} to {best.high:.2f})."
    )


def _strategy(best: Outcome | None) -> str:
    _, more, fewer = _OUTCOMES.get(best.name, _UNKNOWN) if best else _UNKNOWN
    return more if best is None or best.lift >= 1 else fewer


def free_name(wanted: str, taken: Collection[str]) -> str:
    """The name, with a number behind it where it is taken."""
    name, number = wanted, 2
    while name in taken:
        end = f"-{number}"
        name, number = f"{wanted[: _MOST_NAME - len(end)].rstrip('-')}{end}", number + 1
    return name


def _name(parts: list[str]) -> str:
    words = re.findall(r"[a-z0-9]+", " ".join(parts).lower())
    dropped = {"of", "the", "and", "in", "within", "at", "least", "than", "where", "is", "different"}
    kept = [word for word in words if word not in dropped]
    name = ""
    for word in kept:
        if len(name) + len(word) + 1 > _MOST_NAME:
            break
        name = f"{name}-{word}" if name else word
    return name or "found"


def _parts(node: dict[str, Any]) -> Iterator[str]:
    """The conditions of a rule, each as a phrase: "at least 6 views of accessories within 90d"."""
    for kind, prefix in (("all", ""), ("any", "either "), ("none", "not ")):
        if kind in node:
            for number, part in enumerate(node[kind]):
                for said in _parts(part):
                    yield said if kind == "any" and number else f"{prefix}{said}"
            return
    yield _phrase(node)


def _phrase(node: dict[str, Any]) -> str:
    measure = next(iter(node))
    about = f"{_subject(measure, str(node[measure]), node)}{_matching(node)}{_window(node)}"
    comparison = next((key for key in node if key in (*_SAID, "exactly", "between")), None)
    if comparison is None:
        return about
    bound = _bound(comparison, node[comparison])
    if measure in ("count", "distinct"):
        return f"{bound} {about}"
    return f"{about} {'is ' if comparison not in ('exactly', 'between') else ''}{bound}"


def _subject(measure: str, subject: str, node: dict[str, Any]) -> str:
    source, _, field = subject.partition(".")
    if measure == "count":
        return source
    if measure == "distinct":
        return f"different {field} of {source}"
    if measure == "since":
        which, _, facts = subject.partition(" ")
        return f"time since the {which} {_SINGULAR.get(facts, facts)}"
    if measure == "ratio":
        return f"{source} per {_SINGULAR.get(str(node.get('per')), node.get('per'))}"
    if measure in ("profile", "segment"):
        return f"{measure} {subject}"
    return f"{measure} of {subject.replace('.', ' ')}"


def _bound(comparison: str, bound: Any) -> str:
    if comparison == "between":
        return f"{bound[0]} to {bound[1]}"
    if comparison == "exactly":
        return "no" if bound in (0, "0") else f"exactly {bound}"
    return f"{_SAID[comparison]} {bound}"


def _matching(node: dict[str, Any]) -> str:
    said = [_matched(field, value) for field, value in node.get("where", {}).items()]
    return "".join(said)


def _matched(field: str, value: Any) -> str:
    if isinstance(value, bool):
        return f", {field}," if value else f", not {field},"
    if isinstance(value, dict):
        ((comparison, bound),) = value.items()
        return f" with {field} {_bound(comparison, bound)}"
    texts = [f"one {field}" if one == EACH else clean(str(one), 30) for one in (value if isinstance(value, list) else [value])]
    return f" of {' or '.join(texts)}"


def _window(node: dict[str, Any]) -> str:
    latest = f" among the latest {node['latest']}" if "latest" in node else ""
    last = f" within {node['last']}" if "last" in node else ""
    days = f" within {node['last_days']} calendar days" if "last_days" in node else ""
    before = f" up to {node['before']} ago" if "before" in node else ""
    against = f" against the {node['against']} before" if "against" in node else ""
    return latest + last + days + before + against
