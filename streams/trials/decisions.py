"""What to do with a trial: the outcome, a sentence about it, and the numbers under it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from streams.trials.checks import SAMPLE_RATIO_P, holm, sample_ratio_p
from streams.trials.intervals import Difference, adjusted, always_valid, at_the_end
from streams.trials.samples import Sample

#: Of trials without any effect this part may end with KEEP or REVERT, all looks of all days together.
ALPHA = 0.05
#: The look at the end has a level of its own, so that with the looks on the way it stays within ALPHA.
ALPHA_AT_THE_END = 0.04
#: Events that an arm must have before its share says anything.
FEWEST_EVENTS = 20


class Outcome(StrEnum):
    """What to do."""

    RUNNING = "RUNNING"
    INVALID = "INVALID"
    REVERT = "REVERT"
    KEEP = "KEEP"
    ADJUST = "ADJUST"


@dataclass(frozen=True, slots=True)
class Trial:
    """What is known of a trial at a look.

    ``metric`` names its one primary metric; ``guardrails`` are shares that must not become greater (unsubscribes,
    complaints, bounces): (treatment, control) by name. ``share``: of the treatment among both arms. ``planned``:
    customers of both arms at the end.
    """

    name: str
    metric: str
    treatment: Sample
    control: Sample
    planned: int
    ended: bool
    share: float = 0.5
    guardrails: Mapping[str, tuple[Sample, Sample]] | None = None
    counts_events: bool = True


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome, why in one sentence, the difference of the primary metric with the interval that decided, and that
    of each guardrail. ``difference`` is None where none may be shown."""

    trial: str
    outcome: Outcome
    sentence: str
    difference: Difference | None
    guardrails: Mapping[str, Difference]
    sample_ratio_p: float


def decide_all(trials: Sequence[Trial]) -> list[Decision]:
    """Decisions of trials that are looked at together: of those that would be kept at their end only they are whose
    result holds beside the others' (Holm); the others are to be adjusted. A harm needs no such proof."""
    found = [decide(trial) for trial in trials]
    ended = {trial.name for trial in trials if trial.ended}
    p_values = {one.trial: one.difference.p for one in found if one.difference and one.trial in ended}
    holds = holm(p_values, ALPHA_AT_THE_END)
    return [
        _not_beside_others(one) if one.outcome is Outcome.KEEP and one.trial in ended - holds else one for one in found
    ]


def decide(trial: Trial) -> Decision:
    """The decision of one trial at one look; looks may be as many as one likes."""
    ratio_p = sample_ratio_p([trial.treatment.n, trial.control.n], [trial.share, 1 - trial.share])
    if ratio_p < SAMPLE_RATIO_P:
        return Decision(trial.name, Outcome.INVALID, _uneven(trial, ratio_p), None, {}, ratio_p)
    treatment, control = adjusted(trial.treatment, trial.control)
    running = always_valid(treatment, control, trial.planned, ALPHA)
    shown = at_the_end(treatment, control, ALPHA_AT_THE_END) if trial.ended else running
    harm = {
        name: always_valid(mine, theirs, trial.planned, ALPHA)
        for name, (mine, theirs) in (trial.guardrails or {}).items()
    }
    outcome, sentence = _judged(trial, running, shown, harm)
    return Decision(trial.name, outcome, sentence, shown, harm, ratio_p)


def _judged(
    trial: Trial, running: Difference, shown: Difference, harm: Mapping[str, Difference]
) -> tuple[Outcome, str]:
    worse = [name for name, difference in harm.items() if difference.above]
    if worse:
        return Outcome.REVERT, f"More {' and '.join(worse)} than in the broad segment: take it back."
    if _too_few(trial):
        few = f"fewer than {FEWEST_EVENTS} {trial.metric} in an arm"
        if trial.ended:
            return Outcome.ADJUST, f"Not enough data: {few}. Extend the trial or widen the segment."
        return Outcome.RUNNING, f"Not enough data yet: {few}."
    if running.below or (trial.ended and shown.below):
        return Outcome.REVERT, f"Fewer {trial.metric} than the broad segment's mail brings: {_told(trial, shown)}."
    if running.above or (trial.ended and shown.above):
        return Outcome.KEEP, f"More {trial.metric} than the broad segment's mail brings: {_told(trial, shown)}."
    if trial.ended:
        return (
            Outcome.ADJUST,
            f"No clear difference in {trial.metric}: {_told(trial, shown)}. Change the mail or the rule.",
        )
    return Outcome.RUNNING, f"No clear difference in {trial.metric} yet: {_told(trial, shown)}."


def _too_few(trial: Trial) -> bool:
    return trial.counts_events and min(trial.treatment.y, trial.control.y) < FEWEST_EVENTS


def _told(trial: Trial, difference: Difference) -> str:
    before = trial.control.mean
    if trial.counts_events:
        numbers = f"{trial.treatment.mean:.2%} against {before:.2%}, a difference of {difference.value:+.2%}"
        return f"{numbers} ({difference.low:+.2%} to {difference.high:+.2%})"
    numbers = f"{trial.treatment.mean:.2f} a customer against {before:.2f}, a difference of {difference.value:+.2f}"
    return f"{numbers} ({difference.low:+.2f} to {difference.high:+.2f})"


def _uneven(trial: Trial, p: float) -> str:
    sizes = f"{trial.treatment.n:,} and {trial.control.n:,}"
    return f"The arms are not as they were drawn ({sizes}, p = {p:.6f}): something loses customers of one of them."


def _not_beside_others(one: Decision) -> Decision:
    sentence = f"{one.sentence[:-1]}, but not by enough beside the other trials that end: extend it."
    return Decision(one.trial, Outcome.ADJUST, sentence, one.difference, one.guardrails, one.sample_ratio_p)
