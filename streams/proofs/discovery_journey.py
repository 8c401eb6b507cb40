"""``scripts/discovery_journey``: what discovery finds in the Complete Journey's real baskets, with pictures.

Writes docs/discovery_journey.md and a picture of each finding beside it; the same data gives the same files.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import orjson

from streams.discovery.candidates import Candidate, Outcome
from streams.discovery.miner import Mined, mine
from streams.discovery.search import Limits
from streams.engine.replay import Replay
from streams.proofs.bench.pictures import check_drawing
from streams.proofs.command import exit_code_of
from streams.proofs.journey import convert
from streams.rules.load import load_rules
from streams.rules.model import RuleSet

REPORT = "discovery_journey.md"
PICTURES = "pictures"
_BLUE, _ORANGE = "#4c78a8", "#e07b39"
_TICKS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 50, 100)
_SAID = {
    "purchase": "bought again",
    "category_purchase": "bought {category}",
    "click": "redeemed a coupon",
    "lapse": "did nothing more",
    "return": "came back to buy",
}


def main() -> int:
    """Reads the arguments, searches, writes."""
    args = _parser().parse_args()
    return exit_code_of("discovery_journey", lambda: _run(args), KeyError)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/discovery_journey", description=__doc__)
    default = Path("../shared/data/complete_journey")
    parser.add_argument("data", nargs="?", type=Path, default=default, help=f"the data's folder (default: {default})")
    parser.add_argument("--rules", type=Path, help="rules that are live, to compare with (default: none)")
    parser.add_argument("--out", type=Path, default=Path("docs"), metavar="DIR", help="where to write (docs)")
    return parser


def _run(args: argparse.Namespace) -> int:
    check_drawing()
    replay = Replay(load_rules(args.rules) if args.rules else RuleSet((), ""))
    replay.read(orjson.dumps(event) for event in convert(args.data))
    partition = replay.run()
    mined = mine(partition, partition.machine.clock_ms())
    pictures = [f"{PICTURES}/discovery-{number}.svg" for number in range(1, len(mined.candidates) + 1)]
    (args.out / PICTURES).mkdir(parents=True, exist_ok=True)
    for one, name in zip(mined.candidates, pictures, strict=True):
        draw(one, args.out / name)
    (args.out / REPORT).write_text("\n".join(report(mined, pictures)) + "\n", encoding="utf-8")
    print(f"{len(mined.candidates)} findings in {args.out / REPORT}")
    return 0


def report(mined: Mined, pictures: Sequence[str]) -> Iterator[str]:
    """The report's lines, for people who write e-mails."""
    days = Limits().horizon_days
    yield "# What discovery finds in the Complete Journey"
    yield ""
    yield from _intro(mined.evidence.customers, days)
    yield ""
    if not mined.candidates:
        yield "**Nothing was found** that holds in both slices of time, has 50 members, and is not explained by how"
        yield "often, how lately and for how much a household buys. Of few households little can be told; see"
        yield "`discovery.md`."
        return
    yield "| | who | households now | what they did then | of them | expected | of all others |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for number, one in enumerate(mined.candidates, 1):
        main, wanted = one.outcomes[0], "" if one.expected is None else f"{one.expected:.0%}"
        yield f"| {number} | {one.words} | {one.size} | {_did(main)} | {main.rate:.0%} | {wanted} | {main.base:.0%} |"
    for number, (one, picture) in enumerate(zip(mined.candidates, pictures, strict=True), 1):
        yield ""
        yield from _finding(number, one, picture, days)


def _intro(households: int, days: int) -> Iterator[str]:
    yield f"Written by `scripts/discovery_journey` from a year of real baskets of {households:,} households (84.51°,"
    yield "The Complete Journey). No language model took part, and nothing was picked by hand. A campaign counts as an"
    yield "e-mail, a redeemed coupon as a click in it."
    yield ""
    yield f"Each finding was made on what households did up to {2 * days} days before the end and in the {days} days"
    yield f"after that, and held again in the last {days} days; the rates below are of those last days, on which"
    yield "nothing was chosen. *Lift* is the rate of the members over that of all others, with its 95 % interval. What"
    yield "recency, frequency and money say anyway is taken off before anything counts as a finding."


def _finding(number: int, one: Candidate, picture: str, days: int) -> Iterator[str]:
    main = one.outcomes[0]
    yield f"## {number}. {one.words[:1].upper()}{one.words[1:]}"
    yield ""
    said = f"{one.size} households now. Of {main.members} who were in it {days} days before the end, {main.rate:.0%}"
    yield f"{said} {_did(main)}."
    if one.expected is not None:
        less = "fewer" if main.rate < one.expected else "more"
        yield f"By what they had done before, one would expect {one.expected:.0%}: these are **{less} than expected**."
    yield f"Of all others it is {main.base:.0%}; recency, frequency and money explain {one.rfm:.0%} of the difference."
    if main.name == "category_purchase" and not main.category:
        yield "This is a family, one segment a category: a household may be in several. Rates are of households and"
        yield "categories that they have to do with."
    yield ""
    yield f"![Size over time and lift of finding {number}]({picture})"
    yield ""
    yield "| later | members | others | lift |"
    yield "| --- | --- | --- | --- |"
    for outcome in one.outcomes:
        yield f"| {_did(outcome)} | {outcome.rate:.0%} | {outcome.base:.0%} | {_lift(outcome)} |"
    near = sorted(one.overlaps.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    if near:
        yield ""
        yield "Nearest live segments: " + ", ".join(f"{name} ({share:.0%} in common)" for name, share in near) + "."
    yield ""
    yield "```yaml"
    yield from (f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in one.rule.items())
    yield "```"


def _did(one: Outcome) -> str:
    return _SAID[one.name].format(category=one.category or "of that category")


def _lift(one: Outcome) -> str:
    return f"{one.lift:.2f} ({one.low:.2f} to {one.high:.2f})"


def draw(one: Candidate, file: Path) -> None:
    """Members by week, and the lift of each outcome with its interval; the same picture for the same candidate."""
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "microseg"
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_sizes(left, one)
    _draw_lifts(right, one)
    figure.savefig(file, format="svg", metadata={"Date": None})


def _draw_sizes(axes: Any, one: Candidate) -> None:
    weeks = range(len(one.sizes))
    bars = axes.bar(weeks, [size for _, size in one.sizes], color=_BLUE)
    axes.bar_label(bars, fontsize=8, padding=2)
    axes.set_xticks(weeks, [day[5:] for day, _ in one.sizes], fontsize=8)
    axes.margins(y=0.15)
    axes.set_title("Members by week (month-day)", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)


def _draw_lifts(axes: Any, one: Candidate) -> None:
    places = range(len(one.outcomes), 0, -1)
    for place, outcome in zip(places, one.outcomes, strict=True):
        axes.plot([outcome.low, outcome.high], [place, place], color=_BLUE, linewidth=2)
        axes.plot([outcome.lift], [place], marker="o", color=_BLUE)
    ends = [end for outcome in one.outcomes for end in (outcome.low, outcome.high)]
    if one.expected and one.outcomes[0].base:
        ends.append(one.expected / one.outcomes[0].base)
        axes.plot(ends[-1:], places[:1], marker="D", linestyle="", color=_ORANGE, label="expected")
        axes.legend(fontsize=8, loc="lower right")
    axes.axvline(1, color="grey", linewidth=0.8, linestyle="--")
    axes.set_xscale("log")
    low, high = min(0.8, *ends) / 1.15, max(1.25, *ends) * 1.15
    axes.set_xlim(low, high)
    ticks = [tick for tick in _TICKS if low <= tick <= high]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks], fontsize=8)
    axes.minorticks_off()
    axes.set_yticks(list(places), [_did(outcome) for outcome in one.outcomes], fontsize=8)
    axes.set_ylim(0.5, len(one.outcomes) + 0.5)
    axes.set_title("Times as often as all others (95 % interval)", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    sys.exit(main())
