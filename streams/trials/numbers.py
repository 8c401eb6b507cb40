"""The numbers under a decision, in words and as JSON has them."""

from __future__ import annotations

from math import isfinite
from typing import Any

from streams.trials.decisions import Decision, Trial
from streams.trials.intervals import Difference
from streams.trials.wording import against, amount, interval, likelihood


def numbers_of(trial: Trial, decision: Decision) -> list[str]:
    """The numbers under a decision's sentence, one line each."""
    sizes = f"{trial.treatment.n:,} in treatment, {trial.control.n:,} in control"
    lines = [f"customers: {sizes}, {trial.planned:,} planned; sample ratio {likelihood(decision.sample_ratio_p)}"]
    if decision.difference is None:
        return lines
    kind = "at the end" if trial.ended else "at every look at once"
    told = against(trial.treatment, trial.control, decision.difference, trial.counts_events)
    lines.append(f"{trial.metric}: {told} {kind}, {likelihood(decision.p)}")
    for name, found in decision.guardrails.items():
        mine, theirs = (trial.guardrails or {})[name]
        shares = f"{amount(mine.mean, True)} against {amount(theirs.mean, True)}"
        lines.append(f"{name}: {shares}, {interval(found, True)}{', worse' if found.above else ''}")
    return lines


def told(trial: Trial, decision: Decision) -> dict[str, Any]:
    """A decision as a JSON object."""
    return {
        "segment": trial.name,
        "metric": trial.metric,
        "outcome": str(decision.outcome),
        "sentence": decision.sentence,
        "numbers": numbers_of(trial, decision),
        "customers": {"treatment": trial.treatment.n, "control": trial.control.n, "planned": trial.planned},
        "ended": trial.ended,
        "means": {"treatment": trial.treatment.mean, "control": trial.control.mean},
        "difference": difference_told(decision.difference),
        "p": decision.p,
        "guardrails": {name: difference_told(one) for name, one in decision.guardrails.items()},
        "sample_ratio_p": decision.sample_ratio_p,
    }


def difference_told(one: Difference | None) -> dict[str, float | None] | None:
    """A difference as a JSON object; JSON has no infinity, so an end that is not known is None."""
    if one is None:
        return None
    return {name: value if isfinite(value) else None for name, value in one._asdict().items()}
