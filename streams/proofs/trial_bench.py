"""``scripts/trial_bench``: how often trials with and without an effect end with which decision, over thousands of them.

Each trial is looked at every day of its two weeks, and decided at the first look that says so, as a person would.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from streams.progress import counting
from streams.proofs.command import exit_code_of
from streams.trials.checks import HETEROGENEITY_P, simpson
from streams.trials.decisions import ALPHA, ALPHA_AT_THE_END, Outcome, Trial, decide
from streams.trials.planning import PLANNED_POWER, POWER, customers_an_arm
from streams.trials.samples import Sample, of_counts

DAYS = 14
#: Guardrails have these shares in both arms.
UNSUBSCRIBES = 0.002


class Case(NamedTuple):
    """A metric's share in the broad segment, and by what part of it the trial's mail is better."""

    metric: str
    share: float
    better_by: float

    @property
    def an_arm(self) -> int:
        """The customers that the planner asks for."""
        return customers_an_arm(self.share, self.better_by, ALPHA_AT_THE_END, PLANNED_POWER)


CASES = (Case("opens", 0.25, 0.1), Case("clicks", 0.025, 0.2), Case("conversions", 0.005, 0.3))


def main() -> int:
    """Reads the arguments, simulates, tells. Exit code 1: a promise is not kept."""
    args = _parser().parse_args()
    return exit_code_of("trial_bench", lambda: _run(args))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/trial_bench", description=__doc__)
    parser.add_argument("--trials", type=int, default=2_000, metavar="N", help="trials a case (2,000)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the chance (1)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _run(args: argparse.Namespace) -> int:
    chance = np.random.default_rng(args.seed)
    found = {}
    for case in CASES:
        for better_by in (0.0, case.better_by):
            found[case.metric, better_by] = outcomes(case, better_by, args.trials, chance)
    alerts = clean_alerts(args.trials, chance)
    kept = {key: _kept(key[1], counted, args.trials) for key, counted in found.items()}
    alert_kept = alerts <= args.trials * HETEROGENEITY_P + _spread(args.trials, HETEROGENEITY_P)
    if args.json:
        rows = [{"metric": m, "better_by": b, **counted, "kept": kept[m, b]} for (m, b), counted in found.items()]
        print(json.dumps({"trials": args.trials, "cases": rows, "clean_simpson_alerts": alerts}))
    else:
        _table(found, kept, alerts, alert_kept, args.trials)
    return 0 if all(kept.values()) and alert_kept else 1


def outcomes(case: Case, better_by: float, trials: int, chance: np.random.Generator) -> Counter[str]:
    """How so many trials of a case end."""
    with counting(f"{case.metric} {better_by:+.0%}", range(trials)) as each:
        return Counter(_course(case, better_by, chance) for _ in each)


def _course(case: Case, better_by: float, chance: np.random.Generator) -> str:
    """One trial, looked at every day until it is decided."""
    daily = np.linspace(0, case.an_arm, DAYS + 1).astype(int)[1:]
    shares = (case.share * (1 + better_by), case.share)
    did = [_grown(daily, share, chance) for share in shares]
    left = [_grown(daily, UNSUBSCRIBES, chance) for _ in shares]
    for day, n in enumerate(daily.tolist()):
        trial = Trial(
            case.metric,
            case.metric,
            of_counts(n, int(did[0][day])),
            of_counts(n, int(did[1][day])),
            2 * case.an_arm,
            ended=day == DAYS - 1,
            guardrails={"unsubscribes": (of_counts(n, int(left[0][day])), of_counts(n, int(left[1][day])))},
        )
        outcome = decide(trial).outcome
        if outcome is not Outcome.RUNNING:
            return str(outcome)
    raise AssertionError("a trial that ended is decided")


def _grown(daily: NDArray[np.int_], share: float, chance: np.random.Generator) -> NDArray[np.int_]:
    """How many had done it by each day."""
    return chance.binomial(np.diff(daily, prepend=0), share).cumsum()


def clean_alerts(times: int, chance: np.random.Generator) -> int:
    """How often the Simpson alert is raised where there is nothing: five strata of equal effect in even arms."""
    with counting("clean strata", range(times)) as each:
        return sum(_alerted(chance) for _ in each)


def _alerted(chance: np.random.Generator) -> bool:
    strata: list[tuple[Sample, Sample]] = []
    for share in (0.02, 0.05, 0.1, 0.2, 0.3):
        odds = share / (1 - share) * 1.5
        n = int(chance.integers(2_000, 6_000))
        treated = int(chance.binomial(n, 0.5))
        strata.append((_drawn(treated, odds / (1 + odds), chance), _drawn(n - treated, share, chance)))
    found = simpson(strata)
    return found is not None and found.alert


def _drawn(n: int, share: float, chance: np.random.Generator) -> Sample:
    return of_counts(n, int(chance.binomial(n, share)))


def _kept(better_by: float, counted: Counter[str], trials: int) -> bool:
    """Whether the promise is kept, but for what the number of trials leaves to chance."""
    if better_by:
        return counted[Outcome.KEEP] >= trials * POWER - _spread(trials, POWER)
    return counted[Outcome.KEEP] + counted[Outcome.REVERT] <= trials * ALPHA + _spread(trials, ALPHA)


def _spread(trials: int, share: float) -> float:
    """By how much a count may be off by chance, in 999 of 1,000 such simulations."""
    return 3.1 * float(np.sqrt(trials * share * (1 - share)))


def _table(
    found: dict[tuple[str, float], Counter[str]],
    kept: dict[tuple[str, float], bool],
    alerts: int,
    alert_kept: bool,
    trials: int,
) -> None:
    from rich.console import Console
    from rich.table import Table

    told: Sequence[str] = [Outcome.KEEP, Outcome.ADJUST, Outcome.REVERT, Outcome.INVALID]
    table = Table("metric", "better by", "an arm", *told, "", title=f"{trials:,} trials a case, looked at on 14 days")
    sizes = {case.metric: case.an_arm for case in CASES}
    for (metric, better_by), counted in found.items():
        shares = [f"{counted[one] / trials:.1%}" for one in told]
        said = "well" if kept[metric, better_by] else "[red]not kept[/red]"
        table.add_row(metric, f"{better_by:.0%}", f"{sizes[metric]:,}", *shares, said)
    console = Console()
    console.print(table)
    console.print(f"Simpson alerts where there is nothing: {alerts / trials:.2%}{'' if alert_kept else ' (too many)'}")


if __name__ == "__main__":
    sys.exit(main())
