"""A look at a trial: from the terms in its rule file and the totals of its arms to what is to be decided on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from streams.rules.model import RATIO_SCALE, TrialTerms
from streams.trials.assignment import CONTROL, TREATMENT
from streams.trials.decisions import Decision, Outcome, Trial, decide_all
from streams.trials.samples import Sample, of_counts
from streams.trials.totals import Totals, TrialTotals

DAY_MS = 86_400_000
_MICROS = 1_000_000
#: guardrail -> the number of TrialTotals
_HARM = {"unsubscribes": "unsubscribed", "complaints": "complained", "bounces": "bounced"}
#: Where a decision would have the rule file go.
MOVES = {Outcome.KEEP: "active", Outcome.REVERT: "retired"}


@dataclass(frozen=True, slots=True)
class Look:
    """What is known of a segment's trial at an instant: its arms (by name, also a holdout), when it ends (None: nobody
    said when it began), what was decided on, and the decision."""

    segment: str
    terms: TrialTerms
    arms: Mapping[str, TrialTotals]
    ends_ms: int | None
    trial: Trial
    decision: Decision

    @property
    def move(self) -> str | None:
        """The folder that the rule file should go to; None: it stays."""
        return MOVES.get(self.decision.outcome)


def looks(trials: Mapping[str, TrialTerms], totals: Totals, now_ms: int, lag_ms: int) -> list[Look]:
    """All trials, by segment, looked at together.

    A trial has ended when its days are over and ``lag_ms`` more, in which the last of its mail may still bring
    something.
    """
    arms = {name: {one.arm: one for one in totals.trials if one.segment == name} for name in trials}
    ends = {name: _end(terms, lag_ms) for name, terms in trials.items()}
    ended = {name for name, end in ends.items() if end is not None and end <= now_ms}
    asked = [_trial(name, trials[name], arms[name], name in ended) for name in sorted(trials)]
    return [
        Look(trial.name, trials[trial.name], arms[trial.name], ends[trial.name], trial, one)
        for trial, one in zip(asked, decide_all(asked), strict=True)
    ]


def _end(terms: TrialTerms, lag_ms: int) -> int | None:
    return None if terms.started_ms is None else terms.started_ms + terms.days * DAY_MS + lag_ms


def _trial(name: str, terms: TrialTerms, arms: Mapping[str, TrialTotals], ended: bool) -> Trial:
    treatment, control = (arms.get(arm, TrialTotals(name, arm)) for arm in (TREATMENT, CONTROL))
    both = treatment.customers + control.customers
    return Trial(
        name,
        terms.metric,
        _sample(treatment, terms.metric),
        _sample(control, terms.metric),
        terms.customers or max(both, 1),
        ended,
        terms.share / (RATIO_SCALE - terms.holdout),
        {guard: (_harmed(treatment, guard), _harmed(control, guard)) for guard in terms.guardrails},
        counts_events=terms.metric != "revenue",
        events=(treatment.converted, control.converted) if terms.metric == "revenue" else None,
    )


def _sample(one: TrialTotals, metric: str) -> Sample:
    """The metric's sums over an arm; of revenue, in the shop's currency, with that from before as covariate."""
    if metric == "clicks":
        return of_counts(one.customers, one.clicked)
    if metric == "conversions":
        return of_counts(one.customers, one.converted)
    squares = _MICROS * _MICROS
    return Sample(
        one.customers,
        one.revenue_micros / _MICROS,
        one.revenue_squares / squares,
        one.before_micros / _MICROS,
        one.before_squares / squares,
        one.before_revenue_products / squares,
    )


def _harmed(one: TrialTotals, guard: str) -> Sample:
    return of_counts(one.customers, getattr(one, _HARM[guard]))
