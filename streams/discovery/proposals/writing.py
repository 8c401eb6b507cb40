"""A proposal as files: the rule with what was measured of it in comments, and its examples."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from streams.authoring.files import write_whole
from streams.authoring.run_examples import Shop
from streams.discovery.candidates import SMALLEST, Candidate
from streams.discovery.model.texts import clean
from streams.discovery.proposals.example_text import example_text
from streams.discovery.proposals.rule_text import rule_text
from streams.discovery.proposals.words import Words, outcome_words
from streams.errors import MicrosegError
from streams.rules.load import load_texts
from streams.rules.model import Rule

#: Overlaps with live segments that a header tells of.
_MOST_OVERLAPS = 5


@dataclass(frozen=True)
class Draft:
    """What is to be proposed: the candidate as it was measured, the words, who wrote these (``by``: "search" or the
    model's name), and how many members the model expected (None: it did not say)."""

    candidate: Candidate
    words: Words
    by: str
    expected: int | None = None


@dataclass(frozen=True)
class Context:
    """Where proposals go, and what they were measured on: customers, the instant, the texts of live rules."""

    folder: Path
    customers: int
    now_ms: int
    asof: str
    shop: Shop
    live: Mapping[str, str]


@dataclass(frozen=True)
class Written:
    """A proposal that lies in the rule folder; ``examples`` is False where none were found."""

    draft: Draft
    path: Path
    examples: bool


def draft_rule(draft: Draft, context: Context) -> Rule:
    """The rule of a draft, through the loader; raises RuleErrors."""
    words = draft.words
    text = rule_text(draft.candidate.rule, words.title, words.why, words.strategy)
    loaded = load_texts({**context.live, f"active/{words.name}.yaml": text}, context.shop.retention_ms)
    return next(rule for rule in loaded.rules if rule.name == words.name)


def write_proposal(draft: Draft, rule: Rule, context: Context) -> Written:
    """Write ``tests/NAME.yaml`` and then ``proposed/NAME.yaml``; raises MicrosegError."""
    words = draft.words
    examples = example_text(rule, context.now_ms, context.shop)
    header = header_lines(draft, context, examples is not None)
    text = rule_text(draft.candidate.rule, words.title, words.why, words.strategy, header)
    path = context.folder / "proposed" / f"{words.name}.yaml"
    if examples is not None:
        _write(context.folder / "tests" / path.name, examples)
    _write(path, text)
    return Written(draft, path, examples is not None)


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text.encode())
    except OSError as error:
        raise MicrosegError(f"{path}: the proposal cannot be written: {error.strerror}") from error


def header_lines(draft: Draft, context: Context, has_examples: bool) -> list[str]:
    """What was measured, for the person who decides."""
    one = draft.candidate
    return [
        f"Proposed by discovery ({draft.by}), counted as of {clean(context.asof)}.",
        f"Size now: {one.size:,} of {context.customers:,} customers ({one.size / max(1, context.customers):.1%}).",
        *_expected(draft),
        f"Size in past weeks: {_history(one)}",
        f"Overlap with live segments (Jaccard): {_overlaps(one)}",
        "Later behaviour of members against other customers:",
        *(f"  {outcome_words(outcome)}" for outcome in one.outcomes),
        *([] if one.outcomes else ["  not measured"]),
        f"Beside recency, frequency and money: they explain {one.rfm:.0%} of the difference; the rest is new.",
        f"Strategy: {draft.words.strategy}",
        _examples_line(draft.words.name, has_examples),
        "To take it, move this file to trial/ or active/; to turn it down, move it to retired/.",
    ]


def _expected(draft: Draft) -> list[str]:
    if draft.expected is None:
        return []
    return [f"The model had expected about {draft.expected:,} members."]


def _history(one: Candidate) -> str:
    if not one.sizes:
        return "not measured"
    said = ", ".join(f"{clean(day)} {_size(size)}" for day, size in one.sizes)
    sizes = [size for _, size in one.sizes]
    return f"{said} (from {_size(min(sizes))} to {_size(max(sizes))})"


def _size(size: int) -> str:
    return f"{size:,}" if size >= SMALLEST else f"under {SMALLEST}"


def _overlaps(one: Candidate) -> str:
    largest = sorted(one.overlaps.items(), key=lambda pair: (-pair[1], pair[0]))[:_MOST_OVERLAPS]
    return ", ".join(f"{clean(name)} {share:.0%}" for name, share in largest if share > 0) or "none"


def _examples_line(name: str, has_examples: bool) -> str:
    if has_examples:
        return f"Examples are in tests/{name}.yaml; microseg test runs them once this file is in trial/ or active/."
    return "No examples could be made up; write a member and a non-member before it goes live."
