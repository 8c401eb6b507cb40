"""``scripts/complete_journey``: real baskets through the real worker, held against the replay of the same events."""

from __future__ import annotations

import argparse
import random
import sys
import threading
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import orjson

from streams.clients.changes import ChangeReader
from streams.proofs.command import exit_code_of
from streams.proofs.ground import Ground, fresh_ground, load_lines
from streams.proofs.journey import convert
from streams.proofs.subscriber import Subscriber
from streams.proofs.verdict import differences, expected_segments
from streams.proofs.worker_runs import drain, killed
from streams.rules.load import load_rules

#: A worker that is to be killed gets its events slowly, in seconds for each kill, so that it is killed in the middle.
SECONDS_A_KILL = 8.0
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a proof found: numbers, and what is wrong, in words."""

    customers: int
    members: int
    records: int
    faults: list[str]


def prove(ground: Ground, lines: list[bytes], kills: int, seed: int = 1) -> Outcome:
    """Runs a worker over the events, killing it so many times in the middle, and compares what it published.

    Raises:
        ProofError: a worker ended otherwise than it should.
    """
    with closing(ChangeReader(ground.settings, from_beginning=True)) as reader:
        subscriber = Subscriber(reader)
        if kills:
            _run_with_kills(ground, lines, kills, subscriber, random.Random(seed))
        else:
            load_lines(ground, lines)
        drain(ground)
        subscriber.read_all()
    expected = expected_segments(ground, lines)
    faults = subscriber.faults + differences(expected, subscriber.segments)
    members = sum(map(len, expected.values()))
    return Outcome(len(expected), members, subscriber.records, faults)


def _run_with_kills(
    ground: Ground, lines: list[bytes], kills: int, subscriber: Subscriber, chance: random.Random
) -> None:
    feed = threading.Thread(target=load_lines, args=(ground, lines, SECONDS_A_KILL * kills, len(lines)))
    feed.start()
    try:
        for _ in range(kills):
            killed(ground, lambda: subscriber.read(0.2) > 0, after_s=chance.random())
    finally:
        feed.join()


def main() -> int:
    """Reads the arguments, proves, tells."""
    args = _parser().parse_args()
    return exit_code_of("complete_journey", lambda: _run(args), KeyError)


def _run(args: argparse.Namespace) -> int:
    load_rules(args.rules)
    print(f"reading {args.data}", flush=True)
    lines = [orjson.dumps(event) for event in convert(args.data)]
    killed_text = f", killed {args.kill} times" if args.kill else ""
    print(f"{len(lines):,} events; running the worker{killed_text}", flush=True)
    with fresh_ground(args.rules) as ground:
        return _tell(prove(ground, lines, args.kill))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="scripts/complete_journey", description=__doc__)
    default = Path("../shared/data/complete_journey")
    parser.add_argument("data", nargs="?", type=Path, default=default, help=f"the data's folder (default: {default})")
    parser.add_argument("--kill", type=int, default=0, metavar="N", help="kill -9 the worker N times in the middle")
    parser.add_argument("--rules", type=Path, default=Path("segment_rules"), help="the rule folder (segment_rules)")
    return parser


def _tell(outcome: Outcome) -> int:
    print(f"{outcome.records:,} changes of {outcome.customers:,} customers, {outcome.members:,} memberships at the end")
    for fault in outcome.faults[:SHOWN]:
        print(f"  {fault}")
    if outcome.faults:
        print(f"{len(outcome.faults)} faults: the worker and the replay do not agree")
        return 1
    print("every customer's segments are those of the replay; every seq came once and in order")
    return 0


if __name__ == "__main__":
    sys.exit(main())
