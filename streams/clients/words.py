"""Membership changes in words: the record's measured values, and the rule that measured them where it is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from streams.clients.changes import Change
from streams.memberships.durations import duration_text
from streams.rules.model import Compare, Group, Match, Measure, Node, RuleSet

Value = str | int | float | None
Reason = Mapping[str, Value]

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
_FLAGS = {True: "{}", False: "not {}"}


class Words:
    """Tells changes in words; with the rules also their titles, and what was measured over which time."""

    def __init__(self, rules: RuleSet | None = None) -> None:
        known = rules.rules if rules else ()
        self._titles = {rule.name: rule.title for rule in known}
        self._measures = {rule.name: [one.measure for one in comparisons(rule.when)] for rule in known}

    def title(self, segment: str) -> str:
        """The title of a segment's rule; its name where that is not known."""
        return self._titles.get(segment, segment)

    def why(self, change: Change, segment: str) -> str:
        """What the rule measured at the change: "6 views of accessories in 90d, 0 purchases of accessories"."""
        reasons = change.why.get(segment, [])
        measures: Sequence[Measure | None] = self._measures.get(segment, [])
        if len(measures) != len(reasons):
            measures = [None] * len(reasons)  # published under other rules
        said = [_said(reason, measure) for reason, measure in zip(reasons, measures, strict=True)]
        return ", ".join(one for one in said if one)

    def cause(self, change: Change) -> str:
        """What brought the change about."""
        texts = {"time": "time passed", "rules": "the rules changed", "merge": "two customers were merged"}
        return texts.get(change.cause.kind, "")

    def lines(self, change: Change) -> Iterator[tuple[str, str, str]]:
        """(entered or left, segment, reason) of each segment of a change."""
        for verb, segments in (("entered", change.entered), ("left", change.exited)):
            for segment in segments:
                parts = (self.cause(change), self.why(change, segment))
                yield verb, segment, ": ".join(part for part in parts if part)


def comparisons(node: Node) -> Iterator[Compare]:
    """The comparisons of a condition, in the order in which ``why`` lists them: as they are written."""
    if isinstance(node, Group):
        for part in node.parts:
            yield from comparisons(part)
    elif isinstance(node, Compare):
        yield node


def _said(reason: Reason, measure: Measure | None) -> str:
    """One measured value: a record names its measure and subject by one entry, and has its value beside it."""
    found = [(op, str(subject)) for op, subject in reason.items() if op != "value"]
    if not found:
        return ""
    (op, subject), value = found[0], reason.get("value")
    if value is None:
        return f"no {op} of {subject} yet" if op != "since" else f"no {subject.partition(' ')[2]} yet"
    return f"{_quantity(op, subject, value, measure)}{_window(measure)}"


def _quantity(op: str, subject: str, value: str | int | float, measure: Measure | None) -> str:
    source, _, field = subject.partition(".")
    flags, texts, many = _flags(measure), _texts(measure), "e-mails" if source == "emails" else source
    match op:
        case "count":
            return f"{value} {flags}{_ONE.get(source, source) if value == 1 else many}{texts}"
        case "since":
            nth, _, since = subject.partition(" ")
            return f"{value} since the {nth} {flags}{_ONE.get(since, since)}{texts}"
        case "distinct":
            fields = field if value == 1 else f"different {_FIELDS[field]}"
            return f"{value} {fields} in {flags}{many}{texts}"
        case "share" if isinstance(value, (int, float)):
            return f"{value:.0%} of {many} {flags}".rstrip() + texts
        case "trend":
            return f"{flags}{many}{texts} at {value} times the earlier pace"
        case "sum":
            return f"{field} of {flags}{many}{texts} together {value}"
        case _:
            return f"{op} {field} of {flags}{many}{texts} {value}" if field else f"{op} of {flags}{many}{texts} {value}"


def _flags(measure: Measure | None) -> str:
    """The flags that facts must have, as adjectives before their noun."""
    flags = [_flag(match) for match in (measure.where if measure else ()) if match.flag is not None]
    return "".join(f"{flag} " for flag in flags)


def _flag(match: Match) -> str:
    return _FLAGS[bool(match.flag)].format(match.field)


def _texts(measure: Measure | None) -> str:
    texts = [text for match in (measure.where if measure else ()) for text in match.texts]
    return f" of {' or '.join(texts)}" if texts else ""


def _window(measure: Measure | None) -> str:
    """Over which facts it was measured."""
    if measure is None:
        return ""
    latest = f" among the latest {measure.latest}" if measure.latest else ""
    last = f" in {duration_text(measure.last_ms)}" if measure.last_ms else ""
    days = f" on the last {measure.last_days} days" if measure.last_days else ""
    against = f" against the {duration_text(measure.against_ms)} before" if measure.against_ms else ""
    return latest + last + days + against
