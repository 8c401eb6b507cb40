"""Hypothesis strategies for rule sets, as values of the rule model; a language says which parts may occur."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from hypothesis import strategies as st

from streams.rules.model import (
    EACH,
    RATIO_SCALE,
    SOURCES,
    Bounds,
    Compare,
    Group,
    Match,
    Measure,
    Node,
    ProfileTest,
    Rule,
    RuleSet,
    SegmentTest,
)
from tests.laws.pools import PROPERTIES, TEXTS, WINDOWS_MS

FLAT_OPS = ("count", "count", "distinct", "sum", "average", "share", "since last", "since first", "trend")


@dataclass(frozen=True)
class Language:
    """The parts of the rule language that may occur."""

    ops: tuple[str, ...] = FLAT_OPS
    windows_ms: tuple[int, ...] = WINDOWS_MS
    before: bool = False
    last_days: bool = False
    references: bool = False
    families: bool = False
    course: bool = False  # for and keep_for


#: What the first engine evaluates, and the whole language.
FIRST = Language()
WHOLE = Language(
    ops=(*FLAT_OPS, "highest", "lowest", "overdue", "ratio"),
    before=True,
    last_days=True,
    references=True,
    families=True,
    course=True,
)

_COUNTS = tuple(number * RATIO_SCALE for number in (0, 1, 1, 2, 3))
_ENDS = {
    "count": _COUNTS,
    "distinct": _COUNTS,
    "share": (0, 2_500, 3_333, 5_000, 6_667, 8_000, 10_000),
    "trend": (0, 5_000, 10_000, 15_000, 20_000),
    "ratio": (0, 5_000, 10_000, 20_000),
    "overdue": (5_000, 10_000, 13_333, 20_000),
}
_AMOUNT_ENDS = tuple(round(number * RATIO_SCALE) for number in (0, 1, 2, 5, 9.99, 10, 12.75, 20, 25.5, 40))


def rule_sets(language: Language, most: int = 4) -> st.SearchStrategy[RuleSet]:
    """Rule sets of one to ``most`` rules; a rule refers only to those before it, so there is no circle."""

    @st.composite
    def drawn(draw: st.DrawFn) -> RuleSet:
        rules: list[Rule] = []
        for number in range(draw(st.integers(1, most))):
            rules.append(draw(_rules(language, f"r{number}", tuple(rules))))
        return RuleSet(tuple(rules), "0123456789ab")

    return drawn()


@cache
def _rules(language: Language, name: str, others: tuple[Rule, ...]) -> st.SearchStrategy[Rule]:
    each = st.sampled_from((None, None, "category", "product", "campaign")) if language.families else st.none()
    length = st.one_of(st.none(), st.sampled_from(language.windows_ms)) if language.course else st.none()
    return each.flatmap(
        lambda family: st.builds(
            Rule,
            name=st.just(name),
            title=st.just(name),
            when=nodes(language, family, others),
            for_each=st.just(family),
            for_ms=length,
            keep_for_ms=length,
            everyone=st.sampled_from((False, True, True)),
        )
    )


@cache
def nodes(language: Language, family: str | None = None, others: tuple[Rule, ...] = ()) -> st.SearchStrategy[Node]:
    """Conditions and groups of groups of them."""
    leaves: list[st.SearchStrategy[Node]] = [compares(language, family)] * 4 + [profile_tests()]
    if language.references and others:
        leaves.append(_references(others))
    return st.recursive(
        st.one_of(*leaves),
        lambda parts: st.builds(
            Group, st.sampled_from(("all", "all", "any", "none")), st.lists(parts, min_size=1, max_size=3).map(tuple)
        ),
        max_leaves=5,
    )


@cache
def compares(language: Language, family: str | None = None) -> st.SearchStrategy[Compare]:
    """A measure of any kind, within bounds that its values are likely to cross."""
    return st.sampled_from(language.ops).flatmap(lambda op: _compare(language, op, family))


@cache
def profile_tests() -> st.SearchStrategy[ProfileTest]:
    """Equality, its negation, presence, and numeric comparison."""
    name = st.sampled_from(PROPERTIES)
    texts = st.lists(st.sampled_from(("de", "us", "35", "29.5", "n/a", "true")), min_size=1, max_size=2, unique=True)
    ends = st.sampled_from(tuple(round(n * RATIO_SCALE) for n in (0, 29.5, 30, 35)))
    return st.one_of(
        st.builds(ProfileTest, name=name, texts=texts.map(tuple), negated=st.booleans()),
        st.builds(ProfileTest, name=name, missing=st.booleans()),
        st.builds(ProfileTest, name=name, bounds=_bounds(ends)),
    )


def _references(others: tuple[Rule, ...]) -> st.SearchStrategy[SegmentTest]:
    def value(rule: Rule) -> st.SearchStrategy[str | None]:
        return st.none() if rule.for_each is None else st.one_of(st.none(), st.sampled_from(TEXTS[rule.for_each]))

    return st.sampled_from(others).flatmap(
        lambda rule: st.builds(SegmentTest, name=st.just(rule.name), value=value(rule), member=st.booleans())
    )


@cache
def _compare(language: Language, op: str, family: str | None) -> st.SearchStrategy[Compare]:
    @st.composite
    def drawn(draw: st.DrawFn) -> Compare:
        source, field = draw(st.sampled_from(_targets(op)))
        per = draw(st.sampled_from(tuple(SOURCES))) if op == "ratio" else None
        shared = _shared_fields(source, per)
        where = draw(_wheres(source, shared, family, at_least=1 if op == "share" and shared else 0))
        measure = Measure(op, source, field, where=where, per=per, **draw(_windows(language, op)))
        return Compare(measure, draw(_bounds(_ends(language, op))))

    return drawn()


@cache
def _targets(op: str) -> list[tuple[str, str | None]]:
    """The sources, with their fields, of which there is such a measure."""
    if op == "distinct":
        wanted = {"product": "text", "category": "text", "campaign": "text"}.items()
        return [(source, name) for source, fields in SOURCES.items() for name, _ in wanted if name in fields]
    if op in ("sum", "average", "highest", "lowest"):
        return [
            (source, name) for source, fields in SOURCES.items() for name, kind in fields.items() if kind == "number"
        ]
    # a share needs a `where`, and refunds hardly have one
    return [(source, None) for source in SOURCES if not (op == "share" and source == "refunds")]


def _shared_fields(source: str, per: str | None) -> tuple[str, ...]:
    """The fields that may stand in `where`: those that both sources of a ratio have."""
    fields = SOURCES[source]
    return tuple(name for name in fields if per is None or SOURCES[per].get(name) == fields[name])


@cache
def _ends(language: Language, op: str) -> st.SearchStrategy[int]:
    return st.sampled_from(language.windows_ms if op.startswith("since") else _ENDS.get(op, _AMOUNT_ENDS))


def _bounds(ends: st.SearchStrategy[int]) -> st.SearchStrategy[Bounds]:
    return st.one_of(
        st.builds(Bounds, low=ends, low_open=st.booleans()),
        st.builds(Bounds, high=ends, high_open=st.booleans()),
        ends.map(lambda end: Bounds(low=end, high=end)),
        st.tuples(ends, ends).map(lambda two: Bounds(low=min(two), high=max(two))),
    )


@cache
def _windows(language: Language, op: str) -> st.SearchStrategy[dict[str, Any]]:
    """The modifiers that say which facts are looked at."""
    windows = st.sampled_from(language.windows_ms)
    if op == "trend":
        return st.fixed_dictionaries({"last_ms": windows, "against_ms": windows})
    shapes: list[dict[str, st.SearchStrategy[Any]]] = [{}, {"last_ms": windows}, {"last_ms": windows}]
    if language.before:
        shapes.append({"last_ms": windows, "before_ms": windows})
    if language.last_days:
        shapes.append({"last_days": st.integers(1, 3)})
    latest = {} if op == "ratio" else {"latest": st.integers(1, 3)}  # which does not go with ratio
    return st.one_of(*(st.fixed_dictionaries(shape, optional=latest) for shape in shapes))


@cache
def _wheres(
    source: str, names: tuple[str, ...], family: str | None, at_least: int
) -> st.SearchStrategy[tuple[Match, ...]]:
    if not names:
        return st.just(())
    chosen = st.lists(st.sampled_from(names), min_size=at_least, max_size=2, unique=True)
    return chosen.flatmap(lambda some: st.tuples(*(_match(source, name, family) for name in some)))


@cache
def _match(source: str, name: str, family: str | None) -> st.SearchStrategy[Match]:
    kind = SOURCES[source][name]
    if kind == "flag":
        return st.builds(Match, st.just(name), flag=st.booleans())
    if kind == "number":
        ranges = st.lists(_bounds(st.sampled_from(_AMOUNT_ENDS)), min_size=1, max_size=2)
        return st.builds(Match, st.just(name), ranges=ranges.map(tuple))
    texts = st.lists(st.sampled_from(TEXTS[name]), min_size=1, max_size=2, unique=True).map(tuple)
    return st.builds(Match, st.just(name), texts=st.one_of(texts, st.just((EACH,))) if name == family else texts)
