"""A rule set as plain immutable values: what the loader yields and the compiler reads.

Units: durations in milliseconds; bounds in ten-thousandths (``RATIO_SCALE``) of the measure's own unit, except those of
``since``, which are milliseconds. Texts are in their compared form (NFC, trimmed, case folded).
"""

from __future__ import annotations

from dataclasses import dataclass, field

RATIO_SCALE = 10_000
EACH = "$each"

#: source -> field -> kind; "text" fields are compared by equality, "number" by bounds, "flag" is true or false.
SOURCES: dict[str, dict[str, str]] = {
    "views": {"product": "text", "category": "text", "price": "number"},
    "carts": {"product": "text", "category": "text", "price": "number"},
    "purchases": {
        "total": "number",
        "discount": "number",
        "discounted": "flag",
        "units": "number",
        "product": "text",
        "category": "text",
    },
    "items": {"product": "text", "category": "text", "price": "number", "quantity": "number"},
    "refunds": {"total": "number"},
    "emails": {"campaign": "text", "segment": "text", "opened": "flag", "clicked": "flag", "bounced": "flag"},
    "opens": {"campaign": "text", "segment": "text"},
    "clicks": {"campaign": "text", "segment": "text"},
}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands in a rule file; lines and columns count from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Bounds:
    """An interval of numbers; ``None`` is an open end, ``*_open`` says that the end itself is outside."""

    low: int | None = None
    high: int | None = None
    low_open: bool = False
    high_open: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """One entry of ``where``: the fact's field is one of ``texts``, or lies in one of ``ranges``, or equals
    ``flag``."""

    field: str
    texts: tuple[str, ...] = ()
    ranges: tuple[Bounds, ...] = ()
    flag: bool | None = None


@dataclass(frozen=True, slots=True)
class Measure:
    """A number computed from a row at an instant; see the contract's table of measures."""

    op: str
    source: str
    field: str | None = None
    where: tuple[Match, ...] = ()
    last_ms: int | None = None
    before_ms: int = 0
    last_days: int | None = None
    latest: int | None = None
    against_ms: int | None = None
    per: str | None = None


@dataclass(frozen=True, slots=True)
class Compare:
    """A measure within bounds; undefined is false."""

    measure: Measure
    bounds: Bounds
    place: Place = field(compare=False, default=Place("", 0, 0))


@dataclass(frozen=True, slots=True)
class ProfileTest:
    """A profile property: exactly one of ``texts`` (with ``negated``), ``missing`` and ``bounds`` is set."""

    name: str
    texts: tuple[str, ...] | None = None
    negated: bool = False
    missing: bool | None = None
    bounds: Bounds | None = None
    place: Place = field(compare=False, default=Place("", 0, 0))


@dataclass(frozen=True, slots=True)
class SegmentTest:
    """Membership in another segment; ``value`` names one segment of a family."""

    name: str
    value: str | None = None
    member: bool = True
    place: Place = field(compare=False, default=Place("", 0, 0))


@dataclass(frozen=True, slots=True)
class Group:
    """``all``, ``any`` or ``none`` over a non-empty tuple of nodes."""

    kind: str
    parts: tuple[Node, ...]


Node = Compare | ProfileTest | SegmentTest | Group

METRICS = ("clicks", "conversions", "revenue")
GUARDRAILS = ("unsubscribes", "complaints", "bounces")


@dataclass(frozen=True, slots=True)
class TrialTerms:
    """How a segment is measured against another one: for so many ``days`` from ``started_ms`` on, with which one
    ``metric``; ``share`` (ten-thousandths) of its customers get its mail, ``holdout`` none, the others that of
    ``against``. ``customers``: how many are planned for."""

    against: str
    days: int = 14
    metric: str = "clicks"
    share: int = RATIO_SCALE // 2
    holdout: int = 0
    guardrails: tuple[str, ...] = GUARDRAILS
    customers: int | None = None
    started_ms: int | None = None
    place: Place = field(compare=False, default=Place("", 0, 0))


@dataclass(frozen=True, slots=True)
class Rule:
    """One segment, or with ``for_each`` a family of segments."""

    name: str
    title: str
    when: Node
    folder: str = "active"
    why: str = ""
    strategy: str = ""
    for_each: str | None = None
    for_ms: int | None = None
    keep_for_ms: int | None = None
    everyone: bool = False
    trial: TrialTerms | None = None

    @property
    def on_trial(self) -> TrialTerms | None:
        """The terms under which its customers are drawn for an arm now; they stay in the file when the trial ends."""
        return self.trial if self.folder == "trial" else None


@dataclass(frozen=True, slots=True)
class RuleSet:
    """The live rules in order of their names, and a digest of their meaning (12 hexadecimal digits)."""

    rules: tuple[Rule, ...]
    digest: str
