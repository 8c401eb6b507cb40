"""Files of events, written once by a script and kept; and events of customers with exactly so many facts."""

from __future__ import annotations

import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import orjson

from streams.proofs.ground import ProofError

CACHE = Path(".microseg/bench")
SHARED = Path("../shared/bench")
#: Events a wanted fact that are written: the customers differ, and about half of them have enough then.
_SPARE = 3


def event_file(script: Path, events: int, users: int) -> Path:
    """The file of so many events, of so many customers, written where it is not there yet.

    Raises:
        ProofError: the script failed.
    """
    file = CACHE / f"events-{events}-{users}.jsonl"
    if not file.exists():
        print(f"writing {file} ...", file=sys.stderr, flush=True)
        CACHE.mkdir(parents=True, exist_ok=True)
        part = file.with_suffix(".part")
        command = [sys.executable, str(script), "--events", str(events), "--users", str(users)]
        with part.open("wb") as out:
            done = subprocess.run(command, stdout=out, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode:
            raise ProofError(f"{script} failed: {done.stderr.strip()[-300:]}")
        part.rename(file)
    return file


def first_of(file: Path, events: int) -> Path:
    """A file of the first so many events of another."""
    short = file.with_name(f"{file.stem}-first-{events}.jsonl")
    if not short.exists():
        part = short.with_suffix(".part")
        with file.open("rb") as lines, part.open("wb") as out:
            out.writelines(islice(lines, events))
        part.rename(short)
    return short


def lines_of(file: Path) -> Iterator[bytes]:
    """The lines of a file."""
    with file.open("rb") as lines:
        yield from lines


def customers_with(script: Path, facts: int, customers: int) -> list[bytes]:
    """The last ``facts`` events of each customer who has so many, of about ``customers`` customers.

    Raises:
        ProofError: nobody has.
    """
    by: defaultdict[str, list[bytes]] = defaultdict(list)
    for line in lines_of(event_file(script, 2 * customers * facts * _SPARE, 2 * customers)):
        by[orjson.loads(line)["user"]].append(line)
    enough = [lines[-facts:] for lines in by.values() if len(lines) >= facts][:customers]
    if not enough:
        raise ProofError(f"no customer has {facts} events")
    return [line for lines in enough for line in lines]
