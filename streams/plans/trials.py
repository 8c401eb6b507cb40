"""What a trial can find with the customers that it will have, said before it starts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import isfinite
from typing import TYPE_CHECKING, Any

from streams.rules.model import RATIO_SCALE, RuleSet, TrialTerms

if TYPE_CHECKING:
    from streams.plans.plan import Plan

#: Which part of customers does it where nothing is known yet, in two weeks of usual mail.
USUAL = {"clicks": 0.025, "conversions": 0.005}


def forecasts(sizes: Mapping[str, int], rules: RuleSet) -> dict[str, dict[str, Any]]:
    """Of each trial, by the ``sizes`` of segments: its ``customers`` (members now; more enter while it runs), those of
    each arm, and where its metric is a share that usually is ``usual``, the ``smallest_effect`` that it finds in 4 of 5
    cases, as a part of that; None where it finds none, or where that cannot be said."""
    return {
        rule.name: _forecast(rule.on_trial, sizes.get(rule.name, 0))
        for rule in rules.rules
        if rule.on_trial is not None
    }


def _forecast(terms: TrialTerms, customers: int) -> dict[str, Any]:
    treatment = customers * terms.share // RATIO_SCALE
    control = customers * (RATIO_SCALE - terms.share - terms.holdout) // RATIO_SCALE
    usual = USUAL.get(terms.metric)
    return {
        "against": terms.against,
        "metric": terms.metric,
        "days": terms.days,
        "customers": customers,
        "treatment": treatment,
        "control": control,
        "usual": usual,
        "smallest_effect": None if usual is None else _effect(usual, min(treatment, control)),
    }


def _effect(usual: float, an_arm: int) -> float | None:
    try:
        from streams.trials.planning import planned_effect
    except ModuleNotFoundError:  # without microseg[stats] the plan still says how many there are
        return None
    found = planned_effect(usual, an_arm)
    return round(found, 4) if isfinite(found) else None


def lines(plan: Plan) -> Iterator[str]:
    """The forecasts in words, one line each."""
    for name, one in plan["trials"].items():
        arms = f"{one['customers']:,} customers now ({one['treatment']:,} treatment, {one['control']:,} control)"
        yield f"trial {name} against {one['against']}, {one['days']} days: {arms}; {_found(one)}"


def _found(one: dict[str, Any]) -> str:
    if one["usual"] is None:
        return "what revenue it finds depends on how much that varies"
    usual = f"where {one['usual']:.1%} is usual"
    if one["smallest_effect"] is None:
        return f"too few to find any difference in {one['metric']} ({usual})"
    return f"it finds {one['metric']} that are better by {one['smallest_effect']:.0%} or more ({usual})"
