"""A look at a trial: its totals as samples, and the decision with the numbers under it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from streams.trials.assignment import CONTROL, TREATMENT
from streams.trials.decisions import Decision, Trial
from streams.trials.intervals import Difference
from streams.trials.samples import Sample, of_counts
from streams.trials.totals import TrialTotals
from streams.trials.wording import against, amount, interval

_MICROS = 1_000_000
#: Metrics that are shares of customers, and guardrails, with the fields of totals that count them.
SHARES = {"clicks": "clicked", "conversions": "converted"}
GUARDRAILS = {"unsubscribes": "unsubscribed", "complaints": "complained", "bounces": "bounced"}
REVENUE = "revenue"


class Setup(NamedTuple):
    """How a trial was set up. ``metric``: clicks, conversions or revenue; ``planned``: customers of both arms at the
    end; ``share``: of the treatment; ``guardrails``: names out of GUARDRAILS."""

    segment: str
    against: str
    metric: str
    planned: int
    ended: bool
    share: float = 0.5
    guardrails: tuple[str, ...] = tuple(GUARDRAILS)


def arms_of(totals: Iterable[TrialTotals]) -> dict[str, dict[str, TrialTotals]]:
    """Totals by segment and arm; an arm that nobody was drawn for is empty."""
    found: dict[str, dict[str, TrialTotals]] = {}
    for one in totals:
        empty = {arm: TrialTotals(one.segment, arm) for arm in (TREATMENT, CONTROL)}
        found.setdefault(one.segment, empty)[one.arm] = one
    return found


def sample_of(metric: str, arm: TrialTotals) -> Sample:
    """An arm's sums of a metric; of revenue in the currency, with what customers brought before as the covariate."""
    if metric != REVENUE:
        return of_counts(arm.customers, getattr(arm, {**SHARES, **GUARDRAILS}[metric]))
    square = _MICROS * _MICROS
    return Sample(
        arm.customers,
        arm.revenue_micros / _MICROS,
        arm.revenue_squares / square,
        arm.before_micros / _MICROS,
        arm.before_squares / square,
        arm.before_revenue_products / square,
    )


def trial_of(setup: Setup, arms: Mapping[str, TrialTotals]) -> Trial:
    """The trial at this look; ``arms`` as of ``arms_of``."""
    treatment, control = arms[TREATMENT], arms[CONTROL]
    shares = setup.metric != REVENUE
    return Trial(
        setup.segment,
        setup.metric,
        sample_of(setup.metric, treatment),
        sample_of(setup.metric, control),
        max(setup.planned, 2),
        setup.ended,
        setup.share,
        {name: (sample_of(name, treatment), sample_of(name, control)) for name in setup.guardrails},
        shares,
        None if shares else (treatment.converted, control.converted),
    )


def numbers_of(trial: Trial, decision: Decision) -> list[str]:
    """The numbers under a decision's sentence, one line each."""
    sizes = f"{trial.treatment.n:,} in treatment, {trial.control.n:,} in control"
    lines = [f"customers: {sizes}, {trial.planned:,} planned; sample ratio p = {decision.sample_ratio_p:.3f}"]
    if decision.difference is None:
        return lines
    kind = "at the end" if trial.ended else "at every look at once"
    told = against(trial.treatment, trial.control, decision.difference, trial.counts_events)
    lines.append(f"{trial.metric}: {told} {kind}, p = {decision.p:.3f}")
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
        "difference": _difference(decision.difference),
        "p": decision.p,
        "guardrails": {name: _difference(one) for name, one in decision.guardrails.items()},
        "sample_ratio_p": decision.sample_ratio_p,
    }


def _difference(one: Difference | None) -> dict[str, float | None] | None:
    """JSON has no infinity: an end that is not known is null."""
    if one is None:
        return None
    return {name: value if abs(value) < float("inf") else None for name, value in one._asdict().items()}
