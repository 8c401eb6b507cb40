"""Sentences about trials, and numbers as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, isfinite, log10

from streams.trials.intervals import Difference
from streams.trials.samples import Sample


def uneven(treatment: int, control: int, p: float) -> str:
    """Of arms whose sizes chance does not explain."""
    sizes = f"{treatment:,} and {control:,}"
    return f"The arms are not as they were drawn ({sizes}, {likelihood(p)}): something loses customers of one of them."


def worse(guardrails: Sequence[str]) -> str:
    """Of a trial that does harm."""
    return f"More {' and '.join(guardrails)} than in the broad segment: take it back."


def few(fewest: int, what: str, ended: bool) -> str:
    """Of a trial in which too little happened."""
    if ended:
        return f"Not enough data: fewer than {fewest} {what} in an arm. Extend the trial or widen the segment."
    return f"Not enough data yet: fewer than {fewest} {what} in an arm."


def clear(metric: str, treatment: Sample, control: Sample, found: Difference, shares: bool, *, more: bool) -> str:
    """Of a difference beyond chance."""
    word = "More" if more else "Fewer" if shares else "Less"
    return f"{word} {metric} than the broad segment's mail brings: {against(treatment, control, found, shares)}."


def flat(metric: str, treatment: Sample, control: Sample, found: Difference, shares: bool, *, ended: bool) -> str:
    """Of a difference that may be chance."""
    told = against(treatment, control, found, shares)
    if ended:
        return f"No clear difference in {metric}: {told}. Change the mail or the rule."
    return f"No clear difference in {metric} yet: {told}."


def against(treatment: Sample, control: Sample, found: Difference, shares: bool) -> str:
    """Both arms and their difference: 4.00% against 2.60%, a difference of +1.40% (+0.69% to +2.11%)."""
    one, other = amount(treatment.mean, shares), amount(control.mean, shares)
    a_customer = "" if shares else " a customer"
    cleaned = abs(found.value - (treatment.mean - control.mean)) > 1e-12
    allowing = " when what they brought before is taken into account" if cleaned else ""
    return f"{one}{a_customer} against {other}, a difference of {interval(found, shares)}{allowing}"


def interval(found: Difference, shares: bool) -> str:
    """+1.40% (+0.69% to +2.11%)."""
    value, low, high = (amount(one, shares, signed=True) for one in (found.value, found.low, found.high))
    return f"{value} ({low} to {high})" if isfinite(found.low) else value


def amount(number: float, shares: bool, *, signed: bool = False) -> str:
    """A share as per cent, money as it is, with two decimals; with a sign more where that is what it takes to tell on
    which side of 0 it is."""
    shown, digits = number * 100 if shares else number, 2
    if signed and 1e-6 < abs(shown) < 0.005:
        digits = ceil(-log10(abs(shown)))
    return format(round(shown, digits) + 0.0, f"{'+' if signed else ''},.{digits}f") + "%" * shares


def likelihood(p: float) -> str:
    """p = 0.042, or p < 0.001."""
    return "p < 0.001" if p < 0.001 else f"p = {p:.3f}"
