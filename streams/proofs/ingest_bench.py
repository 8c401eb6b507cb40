"""``scripts/ingest_bench``: what reading a dialect costs beside native events, and the throughput of ingest beside a
worker's, in one run on one machine."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import orjson
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from streams.clients.settings_file import one_topic, plain_environment, write_settings
from streams.demo.shop import DAY_MS, Shop
from streams.dialects import words
from streams.dialects.translate import Translator
from streams.events.decode import decode_event
from streams.proofs.command import exit_code_of
from streams.proofs.foreign_events import foreign_records
from streams.proofs.ground import Ground, ProofError, fresh_ground, load_lines
from streams.proofs.worker_runs import MICROSEG, drain
from streams.worker.garbage import collect_rarely
from streams.worker.security import librdkafka_config

DIALECTS = ("segment", "klaviyo", "shopify")
START_MS = 1_772_323_200_000  # 2026-03-01T00:00:00Z
CUSTOMERS = 5_000
CURRENCY = "EUR"
#: What is held against the worker must last long enough to be measured.
LEAST_RECORDS = 20_000


def main() -> int:
    """Reads the arguments, measures, tells; exit code 1 where a dialect has less than half of the native throughput by
    CPU: events/s are also those of whatever else runs on the machine."""
    parser = argparse.ArgumentParser(prog="scripts/ingest_bench", description=__doc__)
    parser.add_argument("--events", type=int, default=200_000, metavar="N", help="how many native events (200,000)")
    parser.add_argument("--rules", type=Path, default=Path("segment_rules"), help="the rule folder (segment_rules)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    return exit_code_of("ingest_bench", lambda: _run(args))


def _run(args: argparse.Namespace) -> int:
    events = _events(args.events)
    collect_rarely()
    with fresh_ground(args.rules, topic="events", partitions=4) as ground:
        result = {"native": _native(ground, events)}
        for dialect in DIALECTS:
            result[dialect] = _dialect(ground, dialect, events)
    for one in result.values():
        one["of_native"] = round(one["events_per_second"] / result["native"]["events_per_second"], 2)
        one["of_native_by_cpu"] = round(result["native"]["cpu_us"] / one["cpu_us"], 2)
    if args.json:
        print(json.dumps(result))
    else:
        _table(result)
    return 0 if all(one["of_native_by_cpu"] >= 0.5 for one in result.values()) else 1


def _events(count: int) -> list[dict[str, Any]]:
    """Views, carts and orders of the simulated shop."""
    shop, day = Shop(CUSTOMERS, START_MS), 0
    found: list[dict[str, Any]] = []
    while len(found) < count:
        day += 1
        told = shop.until(START_MS + day * DAY_MS)
        found += [one for one in told if one["type"] in ("view", "cart", "purchase")]
    return found[:count]


def _native(ground: Ground, events: list[dict[str, Any]]) -> dict[str, Any]:
    lines = [orjson.dumps(event) for event in events]
    idle_s = drain(ground)["cpu_seconds"]  # what a worker takes that has nothing to do
    load_lines(ground, lines)
    told = drain(ground)
    return {
        "records": len(events),
        "bytes": _mean_bytes(lines),
        "decode_us": _cpu_us(lambda: [0 for line in lines if decode_event(line) is None], len(lines)),
        "cpu_us": round((told["cpu_seconds"] - idle_s) / len(events) * 1e6, 2),
        "events_per_second": told["events_per_second"],
    }


def _dialect(ground: Ground, dialect: str, events: list[dict[str, Any]]) -> dict[str, Any]:
    records = list(foreign_records(dialect, events))
    records *= -(-LEAST_RECORDS // len(records))
    translator = Translator(dialect, words.Shop(CURRENCY))

    def translate() -> None:
        for record in records:
            for part in translator.parts(record):
                for event in part.events:
                    orjson.dumps(event)

    translate_us = _cpu_us(translate, len(records))
    _produce(ground, f"{dialect}-own", records)
    told = _ingest(ground, dialect)
    if told["refused"] or told["records"] != len(records):
        raise ProofError(f"ingest of {dialect}: {told}")
    count = sum(told["events"].values())
    return {
        "records": len(records),
        "bytes": _mean_bytes(record.value or b"" for record in records),
        "decode_us": translate_us,
        "cpu_us": round(told["cpu_seconds"] / count * 1e6, 2),
        "events_per_second": round(count / told["seconds"]),
    }


def _mean_bytes(values: Iterable[bytes]) -> int:
    sizes = [len(value) for value in values]
    return sum(sizes) // len(sizes)


def _cpu_us(work: Callable[[], object], of: int) -> float:
    """CPU microseconds of one of so many, the best of three times."""
    best = float("inf")
    for _ in range(3):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return round(best / of * 1e6, 2)


def _produce(ground: Ground, topic: str, records: list[words.Record]) -> None:
    config = librdkafka_config(ground.settings, linger_ms=20, compression_type="lz4")
    admin = AdminClient(librdkafka_config(ground.settings))
    admin.create_topics([NewTopic(topic, 4)])[topic].result(10)
    producer = Producer(config)
    for record in records:
        while True:
            try:
                producer.produce(topic, record.value, record.key, headers=list(record.headers))
                break
            except BufferError:
                producer.poll(0.1)
    producer.flush()


def _ingest(ground: Ground, dialect: str) -> dict[str, Any]:
    settings = {
        **{"broker": ground.settings.broker, "application": dialect, "worker": dialect, "log": "text"},
        **{"currency": CURRENCY, "topics.own.name": f"{dialect}-own", "topics.own.dialect": dialect},
        **one_topic(f"{dialect}-events"),
    }
    config = write_settings(ground.home / f"{dialect}.toml", settings)
    command = [*MICROSEG, "ingest", "--config", str(config), "--until-drained", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, env=plain_environment(), check=False)
    if done.returncode:
        raise ProofError(f"ingest ended with exit code {done.returncode}: {done.stderr.strip()[-300:]}")
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _table(result: dict[str, dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    heads = ("records", "bytes", "decode, µs CPU", "process, µs CPU an event", "events/s", "of native", "by CPU")
    table = Table("", *heads, title="one worker on native events, one ingest process on each dialect")
    for column in table.columns[1:]:
        column.justify = "right"
    for name, one in result.items():
        cells = (f"{one['records']:,}", f"{one['bytes']:,}", f"{one['decode_us']:.1f}", f"{one['cpu_us']:.1f}")
        table.add_row(
            name, *cells, f"{one['events_per_second']:,}", f"{one['of_native']:.2f}", f"{one['of_native_by_cpu']:.2f}"
        )
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
