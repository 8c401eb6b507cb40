"""``scripts/fuzz``: every fuzz test for minutes instead of seconds, led by coverage where atheris is installed.

A test runs in a process of its own, with bounds of time for a round and of memory for the process, at the lowest
priority. What it finds is kept in hypothesis' database, so that the plain test fails with it from then on, in small.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from importlib.util import find_spec
from typing import Any, NamedTuple

from tests.fuzz.rounds import VARIABLE

MEMORY_BYTES = 8 << 30
ROUND_SECONDS = 20
AT_A_TIME = 2_000
#: rounds by chance before those by coverage
FIRST = 20
#: what libFuzzer says of its progress
NOISE = re.compile(r"#\d+\s|INFO: ")


class Target(NamedTuple):
    """A fuzz test."""

    module: str
    test: str


TARGETS = {
    "decoder": Target("test_decoder", "test_any_bytes_are_an_event_or_a_refusal"),
    "plain-events": Target("test_plain_reader", "test_what_the_short_way_takes_is_right"),
    "rules": Target("test_rule_loader", "test_any_texts_are_rules_or_all_their_mistakes"),
    "rule-files": Target("test_rule_loader", "test_any_file_is_a_rule_or_all_its_mistakes"),
    "changelog": Target("test_restore", "test_any_changelog_is_a_partition_or_refused"),
    "events-in-rows": Target("test_restore", "test_wild_events_come_back_from_the_changelog"),
}


class Outcome(NamedTuple):
    """How one target's run went: rounds, seconds, and the process's last words where it found something."""

    rounds: int
    seconds: float
    found: str


def main() -> int:
    """Runs all targets and prints the table; 1 where one found something."""
    args = arguments()
    if args.child:
        return fuzz(TARGETS[args.child], args.minutes * 60)
    names = args.only or list(TARGETS)
    print(f"{'target':<16}{'rounds':>10}{'seconds':>10}  found")
    worst = 0
    for name in names:
        outcome = run(name, args.minutes / len(names))
        verdict = "yes" if outcome.found else "nothing"
        print(f"{name:<16}{outcome.rounds:>10,}{outcome.seconds:>10.0f}  {verdict}", flush=True)
        if outcome.found:
            worst = 1
            print(outcome.found)
    return worst


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(prog="scripts/fuzz", description="Fuzzes what reads bytes.")
    parser.add_argument("--minutes", type=float, default=10.0, help="of all targets together (10)")
    parser.add_argument("--only", action="append", choices=TARGETS, help="one target; may be given several times")
    parser.add_argument("--child", choices=TARGETS, help=argparse.SUPPRESS)
    return parser.parse_args()


def run(name: str, minutes: float) -> Outcome:
    """One target in a process of its own."""
    command = [sys.executable, "-X", "faulthandler", "-m", "tests.fuzz.campaign"]
    started = time.monotonic()
    done = subprocess.run(
        [*command, "--child", name, "--minutes", str(minutes)], capture_output=True, text=True, check=False
    )
    said = done.stdout + done.stderr
    rounds = re.findall(r"(?:number_of_executed_units|rounds): +(\d+)", said)
    found = "\n".join(line for line in said.splitlines() if not NOISE.match(line))[-8_000:] if done.returncode else ""
    return Outcome(int(rounds[-1]) if rounds else 0, time.monotonic() - started, found)


def fuzz(target: Target, seconds: float) -> int:
    """The target's test over and over, in this process; the exit code."""
    os.nice(19)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    if find_spec("atheris") is None:
        os.environ[VARIABLE] = str(AT_A_TIME)
        return by_chance(loaded(target), seconds)
    os.environ[VARIABLE] = str(FIRST)
    return by_coverage(target, seconds)


def by_coverage(target: Target, seconds: float) -> int:
    """With atheris: rounds that come to new lines lead to others."""
    import atheris

    from streams.rows.compiled import KERNEL  # machine code tells nothing of its way, and is made of plain functions

    with atheris.instrument_imports(include=["streams"], exclude=[_module(place) for place in KERNEL]):
        test = loaded(target)
    test()  # compiles the kernel where that is to be done: it takes longer than a round may
    with tempfile.TemporaryDirectory() as artifacts:
        options = [f"-max_total_time={int(seconds)}", f"-timeout={ROUND_SECONDS}", "-rss_limit_mb=6144"]
        options += ["-print_final_stats=1", "-max_len=8192", "-len_control=0", f"-artifact_prefix={artifacts}/"]
        atheris.Setup([sys.argv[0], *options], lambda data: test.hypothesis.fuzz_one_input(data))
        atheris.Fuzz()
    return 0


def _module(place: str) -> str:
    return f"streams.{place.removesuffix('.py').replace('/', '.')}"


def loaded(target: Target) -> Any:
    """The test function."""
    return getattr(import_module(f"tests.fuzz.{target.module}"), target.test)


def by_chance(test: Callable[[], None], seconds: float) -> int:
    """Without atheris: hypothesis' own rounds until the time is over."""
    deadline, done = time.monotonic() + seconds, 0
    while time.monotonic() < deadline:
        test()
        done += AT_A_TIME
    print(f"rounds: {done}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
