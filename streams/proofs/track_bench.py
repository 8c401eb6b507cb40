"""``scripts/track_bench``: how fast ``microseg track`` counts what a shop streams, and mail and orders alone.

What is read was streamed before, so it is the time of one process with a backlog; CPU is that of all its threads.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson
from confluent_kafka import Producer

from streams.clients.settings_file import plain_environment
from streams.demo.shop import DAY_MS, Shop
from streams.events.instants import stamp
from streams.proofs.command import exit_code_of
from streams.proofs.ground import Ground, ProofError, fresh_ground, load_lines
from streams.proofs.worker_runs import MICROSEG
from streams.worker.security import librdkafka_config
from streams.worker.topics import MEMBERSHIPS

START_MS = 1_772_323_200_000  # 2026-03-01T00:00:00Z
CUSTOMERS = 5_000
#: Of the shop's stream; 20,000 events/s on a whole core.
MOST_CPU_US = 50.0
_OUTCOMES = ("email", "purchase", "refund")
_SEGMENTS = (["regulars"], ["keen", "regulars"], ["keen"], ["lapsing"])

Event = dict[str, Any]


def main() -> int:
    """Reads the arguments, measures, tells; exit code 1 where an event of the shop takes more CPU than it may."""
    parser = argparse.ArgumentParser(prog="scripts/track_bench", description=__doc__)
    parser.add_argument("--events", type=int, default=200_000, metavar="N", help="how many events (200,000)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    return exit_code_of("track_bench", lambda: _run(args))


def _run(args: argparse.Namespace) -> int:
    events = list(_events(args.events))
    result = {
        "what a shop streams": _measured(events),
        "mail and orders alone": _measured([one for one in events if one["type"] in _OUTCOMES]),
    }
    if args.json:
        print(json.dumps(result))
    else:
        for name, one in result.items():
            print(
                f"{name}: {one['records']:,} records, {one['records_per_second']:,} a second, "
                f"{one['cpu_us']} us of CPU a record ({1e6 / one['cpu_us']:,.0f} a second of CPU)"
            )
    return 0 if result["what a shop streams"]["cpu_us"] <= MOST_CPU_US else 1


def _events(count: int) -> Iterator[Event]:
    """So many events of the simulated shop."""
    shop, day = Shop(CUSTOMERS, START_MS), 0
    while count > 0:
        day += 1
        told = list(shop.until(START_MS + day * DAY_MS))[:count]
        count -= len(told)
        yield from told


def _measured(events: list[Event]) -> dict[str, Any]:
    with fresh_ground(Path("segment_rules"), partitions=4) as ground:
        load_lines(ground, map(orjson.dumps, events))
        _enter(ground, sorted({one["user"] for one in events}))
        command = [*MICROSEG, "track", "--config", str(ground.config), "--until-drained", "--json"]
        done = subprocess.run(command, capture_output=True, text=True, env=plain_environment(), check=False)
    if done.returncode:
        raise ProofError(f"track ended with exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    if told["records"] < len(events):
        raise ProofError(f"of {len(events)} events only {told['records']} were read")
    told["records_per_second"] = round(told["records"] / told["seconds"])
    told["cpu_us"] = round(told["cpu_seconds"] / told["records"] * 1e6, 1)
    return told


def _enter(ground: Ground, users: list[str]) -> None:
    """Membership records: each customer goes through a few segments."""
    producer = Producer(librdkafka_config(ground.settings, partitioner="murmur2_random", linger_ms=20))
    for seq, segments in enumerate(_SEGMENTS, 1):
        for user in users:
            said = {"user": user, "seq": seq, "at": stamp(START_MS + seq * DAY_MS), "segments": segments}
            producer.produce(MEMBERSHIPS, orjson.dumps(said), user)
            producer.poll(0)
    producer.flush()


if __name__ == "__main__":
    sys.exit(main())
