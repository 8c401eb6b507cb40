"""``scripts/trial_bench``: whether the statistics of trials keep their promises, by simulation and on one real trial.

Trials with and without an effect are looked at every day of their two weeks, and decided at the first look that says
so, as a person would; clean weeks of mail must raise no Simpson alert beyond the stated rate, planted reversals must.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from streams.progress import counting
from streams.proofs.command import exit_code_of
from streams.proofs.trials.chance import CASES, DAYS, Case, drawn
from streams.proofs.trials.clean import alerted, caught
from streams.proofs.trials.hillstrom import FILE, Line, arms_of, lines
from streams.proofs.trials.many import decided, ended
from streams.trials.decisions import ALPHA, Outcome
from streams.trials.planning import POWER
from streams.trials.strata import ALERT_RATE

#: Of planted reversals so many must be found.
CAUGHT = 0.95
#: How far an interval of ours may be from that of statsmodels.
EXACT = 1e-9


class Found(NamedTuple):
    """How a case's trials ended, and whether that is as promised."""

    case: Case
    better_by: float
    outcomes: Counter[str]
    kept: bool


def main() -> int:
    """Reads the arguments, simulates, tells. Exit code 1: a promise is not kept."""
    args = _parser().parse_args()
    return exit_code_of("trial_bench", lambda: _run(args), KeyError)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/trial_bench", description=__doc__)
    parser.add_argument("--trials", type=int, default=2_000, metavar="N", help="trials a case (2,000)")
    parser.add_argument("--weeks", type=int, default=1_000, metavar="N", help="clean weeks, and planted ones (1,000)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the chance (1)")
    default = Path("../shared/data/hillstrom")
    parser.add_argument("--hillstrom", type=Path, default=default, metavar="DIR", help=f"the data's folder ({default})")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    return parser


def _run(args: argparse.Namespace) -> int:
    chance = np.random.default_rng(args.seed)
    found = [simulated(case, better, args.trials, chance) for case in CASES for better in (0.0, case.better_by)]
    with counting("clean weeks", range(args.weeks)) as each:
        alerts = sum(alerted(chance) for _ in each)
    with counting("planted reversals", range(args.weeks)) as each:
        reversals = sum(caught(chance) for _ in each)
    real = list(lines(arms_of(args.hillstrom))) if (args.hillstrom / FILE).exists() else []
    told = _told(args, found, alerts, reversals, real)
    if args.json:
        print(json.dumps(told))
    else:
        _table(found, args.trials)
        _say(told, real)
    return 0 if told["kept"] else 1


def simulated(case: Case, better_by: float, trials: int, chance: np.random.Generator) -> Found:
    """So many trials of a case."""
    courses = drawn(case, better_by, trials, chance)
    outcomes = ended(decided(courses, 2 * case.an_arm, shares=bool(case.share)))
    if better_by:
        return Found(case, better_by, outcomes, outcomes[Outcome.KEEP] >= trials * POWER)
    wrong = outcomes[Outcome.KEEP] + outcomes[Outcome.REVERT]
    return Found(case, better_by, outcomes, wrong <= trials * ALPHA)


def _told(
    args: argparse.Namespace, found: Sequence[Found], alerts: int, reversals: int, real: Sequence[Line]
) -> dict[str, Any]:
    cases = [
        {
            "metric": one.case.metric,
            "better_by": one.better_by,
            "an_arm": one.case.an_arm,
            **one.outcomes,
            "kept": one.kept,
        }
        for one in found
    ]
    agrees = all(one.decision.outcome is one.truth and one.off < EXACT for one in real)
    enough = alerts <= args.weeks * ALERT_RATE and reversals >= args.weeks * CAUGHT
    return {
        "trials": args.trials,
        "cases": cases,
        "weeks": args.weeks,
        "clean_alerts": alerts,
        "reversals_caught": reversals,
        "hillstrom": [
            {"treatment": one.treatment, "control": one.control, "metric": one.metric, "outcome": one.decision.outcome}
            for one in real
        ],
        "kept": all(one.kept for one in found) and enough and agrees,
    }


def _table(found: Sequence[Found], trials: int) -> None:
    from rich.console import Console
    from rich.table import Table

    told: Sequence[str] = [Outcome.KEEP, Outcome.ADJUST, Outcome.REVERT, Outcome.INVALID]
    table = Table(
        "metric", "better by", "an arm", *told, "", title=f"{trials:,} trials a case, looked at on {DAYS} days"
    )
    for one in found:
        shares = [f"{one.outcomes[name] / trials:.1%}" for name in told]
        said = "kept" if one.kept else "[red]not kept[/red]"
        table.add_row(one.case.metric, f"{one.better_by:.0%}", f"{one.case.an_arm:,}", *shares, said)
    Console().print(table)


def _say(told: dict[str, Any], real: Sequence[Line]) -> None:
    weeks = told["weeks"]
    print(f"promised: without an effect KEEP or REVERT in at most {ALPHA:.0%}, with one KEEP in at least {POWER:.0%}")
    alerts, caught_part = told["clean_alerts"] / weeks, told["reversals_caught"] / weeks
    print(
        f"Simpson alerts in {alerts:.1%} of {weeks:,} clean weeks with daily looks (stated: at most {ALERT_RATE:.0%})"
    )
    print(f"planted reversals found: {caught_part:.1%} of {weeks:,}")
    if not real:
        print(f"the real trial was left out: there is no {FILE} (--hillstrom DIR)")
    for one in real:
        agrees = "as statsmodels" if one.decision.outcome is one.truth and one.off < EXACT else "NOT as statsmodels"
        print(f"{one.treatment} against {one.control}, {one.metric}: {one.decision.outcome}, {agrees}")
        print(f"    {one.decision.sentence}")


if __name__ == "__main__":
    sys.exit(main())
