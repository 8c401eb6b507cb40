"""Membership changes in words: each record says by itself what was measured, over which facts, and what came out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from streams.clients.changes import Change
from streams.rules.model import RuleSet

#: One measured condition of a record: the words of the rule file in their order, and ``value``.
Reason = Mapping[str, Any]

_ONE = {
    "emails": "e-mail",
    "views": "view",
    "carts": "cart",
    "purchases": "purchase",
    "items": "item",
    "refunds": "refund",
    "opens": "open",
    "clicks": "click",
}
_FIELDS = {"category": "categories", "product": "products", "campaign": "campaigns"}
_CAUSES = {"time": "time passed", "rules": "the rules changed", "merge": "two customers were merged"}


class Words:
    """Tells changes in words; with the rules also the titles of segments."""

    def __init__(self, rules: RuleSet | None = None) -> None:
        self._titles = {rule.name: rule.title for rule in (rules.rules if rules else ())}

    def title(self, segment: str) -> str:
        """The title of a segment's rule, with the value of a family's segment; its name where that is not known."""
        name, _, value = segment.partition("/")
        title = self._titles.get(name)
        return segment if title is None else f"{title}: {value}" if value else title

    def why(self, change: Change, segment: str) -> str:
        """What the rule measured at the change: "6 views of accessories in 90d, 0 purchases of accessories"."""
        said = [_said(reason) for reason in change.why.get(segment, [])]
        return ", ".join(one for one in said if one)

    def cause(self, change: Change) -> str:
        """What brought the change about, where it was no event."""
        return _CAUSES.get(change.cause.kind, "")

    def lines(self, change: Change) -> Iterator[tuple[str, str, str]]:
        """(entered or left, segment, reason) of each segment of a change."""
        for verb, segments in (("entered", change.entered), ("left", change.exited)):
            for segment in segments:
                parts = (self.cause(change), self.why(change, segment))
                yield verb, segment, ": ".join(part for part in parts if part)


def _said(reason: Reason) -> str:
    """One condition: its first entry names the measure and what it is of."""
    op, subject = next(((op, str(subject)) for op, subject in reason.items() if op != "value"), ("", ""))
    value = reason.get("value")
    match op:
        case "":
            return ""
        case "profile":
            return f"{subject} is {'missing' if value is None else value}"
        case "segment":
            return f"in {subject}" if value else f"not in {subject}"
    return f"{_nothing(op, subject, reason) if value is None else _quantity(op, subject, value, reason)}{_when(reason)}"


def _nothing(op: str, subject: str, reason: Reason) -> str:
    """A value that is undefined: there is too little to measure."""
    what, _, field = (subject.partition(" ")[2] if op == "since" else subject).partition(".")
    if "latest" in reason and op in ("count", "sum", "distinct"):  # of nothing these would be 0
        return f"no {reason['latest']} {_many(what)} yet"
    facts = _facts(what, 2, reason)
    return f"no {facts} yet" if op == "since" else f"no {op} {f'{field} ' if field else ''}of {facts} yet"


def _quantity(op: str, subject: str, value: str | int | float, reason: Reason) -> str:
    source, _, field = subject.partition(".")
    facts = _facts(source, 2, reason)
    match op:
        case "count":
            return f"{value} {_facts(source, value, reason)}"
        case "since":
            nth, _, since = subject.partition(" ")
            return f"{value} since the {nth} {_facts(since, 1, reason)}"
        case "distinct":
            fields = field if value == 1 else f"different {_FIELDS.get(field, field)}"
            return f"{value} {fields} in {facts}"
        case "share" if isinstance(value, (int, float)):
            return f"{value:.0%} of {_many(source)}{_part(reason)}"
        case "trend":
            return f"{facts} at {value} times the earlier pace"
        case "ratio":
            return f"{value} {facts} for each {_one(str(reason.get('per', '')))}"
        case "sum":
            return f"{field} of {facts} together {value}"
        case _:
            return f"{op} {field} of {facts} {value}" if field else f"{op} of {facts} {value}"


def _facts(source: str, count: object, reason: Reason) -> str:
    """So many facts of a source that match ``where``: "opened e-mails of campaign spring"."""
    flags = "".join(f"{flag} " for flag in _flags(reason))
    return f"{flags}{_one(source) if count == 1 else _many(source)}{_narrowed(reason)}"


def _one(source: str) -> str:
    return _ONE.get(source, source)


def _many(source: str) -> str:
    return "e-mails" if source == "emails" else source


def _part(reason: Reason) -> str:
    """What is said of a part of the facts: its flags stand behind the noun, as they are what is measured."""
    flags = " and ".join(_flags(reason))
    return (f" {flags}" if flags else "") + _narrowed(reason)


def _flags(reason: Reason) -> list[str]:
    """The flags of ``where``, as adjectives."""
    where = _where(reason)
    return [name if value else f"not {name}" for name, value in where.items() if isinstance(value, bool)]


def _narrowed(reason: Reason) -> str:
    """The texts and numbers of ``where``, behind their noun: " of shoes or bags with price at least 150"."""
    found = [(name, value) for name, value in _where(reason).items() if not isinstance(value, bool)]
    texts = [_of(name, _values(value)) for name, value in found if not _is_number(value)]
    numbers = [f"{name} {' or '.join(_values(value))}" for name, value in found if _is_number(value)]
    return "".join(texts) + (f" with {' and '.join(numbers)}" if numbers else "")


def _of(name: str, values: list[str]) -> str:
    kind = "" if name == "category" else f"{name} "
    return f" of {kind}{' or '.join(values)}"


def _where(reason: Reason) -> Mapping[str, Any]:
    where = reason.get("where")
    return where if isinstance(where, Mapping) else {}


def _is_number(value: object) -> bool:
    one = value[0] if isinstance(value, list) and value else value
    return isinstance(one, (int, float, Mapping))


def _values(value: object) -> list[str]:
    return [_value(one) for one in (value if isinstance(value, list) else [value])]


def _value(value: object) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    return " and ".join(f"{name.replace('_', ' ')} {_ends(end)}" for name, end in value.items())


def _ends(end: object) -> str:
    return " and ".join(map(str, end)) if isinstance(end, list) else str(end)


def _when(reason: Reason) -> str:
    """Over which facts it was measured."""
    last, before, days = reason.get("last"), reason.get("before"), reason.get("last_days")
    latest = f" among the latest {reason['latest']}" if "latest" in reason and reason.get("value") is not None else ""
    window = f" in the {last} that ended {before} ago" if before else f" in {last}" if last else ""
    if days:
        window = " today" if days == 1 else f" on the last {days} days"
    against = f" against the {reason['against']} before" if "against" in reason else ""
    return latest + window + against
