"""``scripts/recommend_bench``: recommendations against popularity on real baskets, and what an event costs.

The baskets are those of The Complete Journey. With ``--tune`` the splits are those by which the constants were chosen,
in April to June; without, those that were looked at afterwards, in July to December. Times are CPU times.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson

from streams.demo.shop import Shop
from streams.events.decode import Refusal, decode_event
from streams.events.instants import instant_ms
from streams.events.native import Cart, Event, Purchase, View
from streams.proofs.command import exit_code_of
from streams.proofs.journey import convert
from streams.proofs.recommend_trial import ANY, NAMED, NEW, RETENTION_MS, Figures, Share, figures, trial
from streams.recommend.counting import DAY_MS, Counting
from streams.recommend.pairs import Pairs
from streams.recommend.pairs_kernel import KEPT
from streams.recommend.recommender import Recommender

SPLITS = tuple(f"2017-{month:02d}-01T00:00:00Z" for month in range(7, 13))
TUNING_SPLITS = tuple(f"2017-{month:02d}-01T00:00:00Z" for month in range(4, 7))
START_MS = 1_772_323_200_000  # 2026-03-01
CUSTOMERS = 2_000
LISTS = 300


def main() -> int:
    """Reads the arguments, measures, tells. Exit code 1: popularity is not surely beaten where anything may be named,
    and where only new products may be, or a bound is not kept."""
    parser = argparse.ArgumentParser(prog="scripts/recommend_bench", description=__doc__)
    default = Path("../shared/data/complete_journey")
    parser.add_argument("data", nargs="?", type=Path, default=default, help=f"the data's folder (default: {default})")
    parser.add_argument("--events", type=int, default=200_000, metavar="N", help="simulated events for cost (200,000)")
    parser.add_argument("--tune", action="store_true", help="the splits by which constants are chosen")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    return exit_code_of("recommend_bench", lambda: _run(args), KeyError)


def _run(args: argparse.Namespace) -> int:
    baskets = _settled(convert(args.data))
    splits = [instant_ms(one) for one in (TUNING_SPLITS if args.tune else SPLITS)]
    found = {kind: figures(cases) for kind, cases in trial(baskets, splits).items()}
    costs = {"real baskets": cost(baskets), "simulated shop": cost(_settled(_simulated(args.events)))}
    if args.json:
        told = {kind: _told(one) for kind, one in found.items()}
        print(json.dumps({"hit_rate_at_10": told, "splits": len(splits), "cost": costs}))
    else:
        _table(found, costs, len(splits))
    beaten = found[ANY].better.low > 0 and found[NEW].better.low > 0
    return 0 if beaten and all(one["largest_lost_share"] <= 1 / KEPT for one in costs.values()) else 1


def _settled(events: Sequence[dict[str, Any]]) -> list[Event]:
    found = (decode_event(orjson.dumps(event)) for event in events)
    settled = [event for event in found if not isinstance(event, Refusal)]
    settled.sort(key=lambda event: (int(event.at), str(event.id)))
    return settled


def _simulated(count: int) -> list[dict[str, Any]]:
    shop, day = Shop(CUSTOMERS, START_MS), 0
    found: list[dict[str, Any]] = []
    while len(found) < count:
        day += 1
        found += shop.until(START_MS + day * DAY_MS)
    return found[:count]


def cost(events: Sequence[Event]) -> dict[str, float]:
    """CPU microseconds of an event by its kind, of a ranking and of a list, and what the tables of pairs hold."""
    _counted(events[:1_000])  # loads the machine code
    counting, total_s = _timed(lambda: _counted(events))
    found: dict[str, float] = {"events": len(events), "us_an_event": round(total_s / len(events) * 1e6, 2)}
    for name, kinds in (("view", (View, Cart)), ("order", (Purchase,))):
        if of := [event for event in events if isinstance(event, kinds)]:
            _, seconds = _timed(lambda of=of: _counted(of))  # type: ignore[misc]
            found[f"us_a_{name}"] = round(seconds / len(of) * 1e6, 2)
            if kinds == (Purchase,):
                lines = sum(len(event.items) for event in of if isinstance(event, Purchase))
                found["us_an_order_line"] = round(seconds / lines * 1e6, 2)
    recommender = Recommender(counting, RETENTION_MS)
    _, seconds = _timed(lambda: recommender.rank(counting.newest_ms))
    found["ms_a_ranking"] = round(seconds * 1e3, 1)
    users = list(counting.histories)[:LISTS]
    _, seconds = _timed(lambda: [recommender.for_customer(user, NAMED) for user in users])
    found["ms_a_list"] = round(seconds / len(users) * 1e3, 2)
    return {**found, "products": len(counting.catalogue), **_held(counting.bought_together, counting.seen_together)}


def _held(*tables: Pairs) -> dict[str, float]:
    rows = [table.row(product) for table in tables for product in table.products()]
    exact = sum(row.lost == 0 for row in rows)
    return {
        "pair_rows": len(rows),
        "exact_rows": exact,
        "largest_lost_share": round(max((row.lost / row.total for row in rows), default=0.0), 4),
        "pair_mb": round(sum(table.bytes() for table in tables) / 1e6, 1),
    }


def _counted(events: Sequence[Event]) -> Counting:
    counting = Counting()
    for event in events:
        counting.take(event)
    counting.bought_together.flush()
    counting.seen_together.flush()
    return counting


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.process_time()
    result = work()
    return result, time.process_time() - started


def _told(one: Figures) -> dict[str, Any]:
    return {
        "cases": one.cases,
        "rates": {name: share._asdict() for name, share in one.rates.items()},
        "best_other": one.best_other,
        "better": one.better._asdict(),
    }


def _table(found: dict[str, Figures], costs: dict[str, dict[str, float]], splits: int) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console()
    table = Table("", "cases", "hit rate at 10", "95 %", title=f"bought in the four weeks after {splits} instants")
    for kind, one in found.items():
        for name, share in one.rates.items():
            table.add_row(f"{kind} products: {name}", f"{one.cases:,}", f"{share.value:.1%}", _interval(share))
        table.add_row(f"[bold]better than {one.best_other}", "", f"{one.better.value:+.1%}", _interval(one.better))
    console.print(table)
    table = Table("", *costs, title="cost, CPU time")
    for name in dict.fromkeys(name for one in costs.values() for name in one):
        table.add_row(name.replace("_", " "), *(f"{one[name]:,}" if name in one else "" for one in costs.values()))
    console.print(table)


def _interval(share: Share) -> str:
    return f"{share.low:.1%} to {share.high:.1%}"


if __name__ == "__main__":
    sys.exit(main())
