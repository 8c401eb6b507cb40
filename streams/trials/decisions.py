"""What to do with a trial: the outcome, a sentence about it, and what it rests on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from streams.trials.checks import SAMPLE_RATIO_P, holm, sample_ratio_p
from streams.trials.intervals import Difference, adjusted, always_valid, at_the_end
from streams.trials.samples import Sample
from streams.trials.wording import clear, few, flat, uneven, worse

#: Of trials without any effect this part may end with KEEP or REVERT, all looks of all days together.
ALPHA = 0.05
#: The look at the end has a level of its own, so that with the looks on the way, and those at the guardrails, it stays
#: within ALPHA; ``scripts/trial_bench`` measures it.
ALPHA_AT_THE_END = 0.03
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
    customers of both arms at the end. ``counts_events``: the metric is a share of customers; else it is money, and
    ``events`` are the customers of each arm who have brought some (None: nobody counted them).
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
    events: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """The outcome, why in one sentence, the difference of the primary metric with the interval that decided, and that
    of each guardrail. ``difference`` is None where none may be shown. ``p``: the level at which it would just be
    beyond chance, at any look."""

    trial: str
    outcome: Outcome
    sentence: str
    difference: Difference | None
    guardrails: Mapping[str, Difference]
    sample_ratio_p: float
    p: float = 1.0


def decide_all(trials: Sequence[Trial]) -> list[Decision]:
    """Decisions of trials that are looked at together: only those are kept whose result holds beside the others'
    (Holm, 1979, over each one's primary metric); those of them that ended are to be adjusted, the others go on. A harm
    needs no such proof."""
    found = [decide(trial) for trial in trials]
    ended = {trial.name for trial in trials if trial.ended}
    if len(found) == 1:
        return found
    holds = holm({one.trial: one.p for one in found if one.difference}, ALPHA)
    return [
        _not_beside_others(one, one.trial in ended) if one.outcome is Outcome.KEEP and one.trial not in holds else one
        for one in found
    ]


def decide(trial: Trial) -> Decision:
    """The decision of one trial at one look; looks may be as many as one likes."""
    ratio_p = sample_ratio_p([trial.treatment.n, trial.control.n], [trial.share, 1 - trial.share])
    if ratio_p < SAMPLE_RATIO_P:
        sentence = uneven(trial.treatment.n, trial.control.n, ratio_p)
        return Decision(trial.name, Outcome.INVALID, sentence, None, {}, ratio_p)
    treatment, control = adjusted(trial.treatment, trial.control)
    running = always_valid(treatment, control, trial.planned, ALPHA)
    shown = at_the_end(treatment, control, ALPHA_AT_THE_END) if trial.ended else running
    harm = {
        name: always_valid(mine, theirs, trial.planned, ALPHA)
        for name, (mine, theirs) in (trial.guardrails or {}).items()
    }
    outcome, sentence = _judged(trial, running, shown, harm)
    p = min(running.p, shown.p * ALPHA / ALPHA_AT_THE_END) if trial.ended else running.p
    return Decision(trial.name, outcome, sentence, shown, harm, ratio_p, min(1.0, p))


def _judged(
    trial: Trial, running: Difference, shown: Difference, harm: Mapping[str, Difference]
) -> tuple[Outcome, str]:
    harmed = [name for name, difference in harm.items() if difference.above]
    if harmed:
        return Outcome.REVERT, worse(harmed)
    if _too_few(trial):
        what = trial.metric if trial.counts_events else "customers with an order"
        return (Outcome.ADJUST if trial.ended else Outcome.RUNNING), few(FEWEST_EVENTS, what, trial.ended)
    said = trial.metric, trial.treatment, trial.control, shown, trial.counts_events
    if running.below or (trial.ended and shown.below):
        return Outcome.REVERT, clear(*said, more=False)
    if running.above or (trial.ended and shown.above):
        return Outcome.KEEP, clear(*said, more=True)
    return (Outcome.ADJUST if trial.ended else Outcome.RUNNING), flat(*said, ended=trial.ended)


def _too_few(trial: Trial) -> bool:
    counted = (trial.treatment.y, trial.control.y) if trial.counts_events else trial.events
    return counted is not None and min(counted) < FEWEST_EVENTS


def _not_beside_others(one: Decision, ended: bool) -> Decision:
    then = "extend it" if ended else "let it run on"
    sentence = f"{one.sentence[:-1]}, but not by enough beside the other trials: {then}."
    return replace(one, outcome=Outcome.ADJUST if ended else Outcome.RUNNING, sentence=sentence)
