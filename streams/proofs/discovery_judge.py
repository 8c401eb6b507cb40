"""How well discovery finds what is hidden in a simulated shop: which of it is found, and what is proposed besides."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from hashlib import sha256

import numpy as np

from streams.discovery.judged import members_of, program_of
from streams.discovery.miner import Mined, mine
from streams.discovery.search import Limits
from streams.engine.partition import Partition
from streams.engine.replay import Replay
from streams.proofs.discovery_shop import NOISE, PLANTED, Shop
from streams.rules.model import RuleSet

#: A candidate is right where so many of its members are of one hidden group, and finds it where it has so many of those
#: who are in it now.
ENOUGH = 0.5


@dataclass(frozen=True, slots=True)
class Proposed:
    """A candidate held against the truth: the hidden group that most of its members are of ("": none), which part of
    them, and which part of those who are in that group now it has."""

    words: str
    size: int
    kind: str
    precision: float
    recall: float

    @property
    def right(self) -> bool:
        """Whether it is one of the groups whose later behaviour differs."""
        return self.kind in PLANTED and self.precision >= ENOUGH


@dataclass(frozen=True, slots=True)
class Judged:
    """One shop: the candidates, hidden groups that were found, seconds of wall clock and of CPU for the search, and a
    digest of all that was found."""

    proposed: list[Proposed]
    found: dict[str, bool]
    seconds: float
    cpu_s: float
    digest: str

    @property
    def wrong(self) -> int:
        """How many candidates are of no hidden group, or of one after which nothing differs."""
        return sum(not one.right for one in self.proposed)


def partition_of(shop: Shop) -> Partition:
    """The shop's customers under no rules."""
    replay = Replay(RuleSet((), ""))
    replay.read(shop.lines)
    return replay.run(shop.asof_ms)


def judge(shop: Shop, limits: Limits | None = None) -> Judged:
    """Runs the search on a shop and holds what it proposes against what is hidden."""
    partition = partition_of(shop)
    begin, cpu = time.perf_counter(), time.process_time()
    mined = mine(partition, shop.asof_ms, limits)
    seconds, cpu_s = time.perf_counter() - begin, time.process_time() - cpu
    proposed = held(partition, shop, mined)
    found = {kind: any(one.kind == kind and one.right and one.recall >= ENOUGH for one in proposed) for kind in PLANTED}
    return Judged(proposed, found, seconds, cpu_s, digest(mined))


def digest(mined: Mined) -> str:
    """The same for the same evidence and candidates, to the byte."""
    said = [mined.evidence.to_json(), *(one.to_json() for one in mined.candidates)]
    return sha256(json.dumps(said).encode()).hexdigest()[:16]


def held(partition: Partition, shop: Shop, mined: Mined) -> list[Proposed]:
    """The candidates against the truth, their members as the engine judges them."""
    if not mined.candidates:
        return []
    rules = {f"candidate-{number}": one.rule for number, one in enumerate(mined.candidates)}
    members = members_of(partition, program_of(partition, rules), shop.asof_ms)
    users = np.array(partition.publisher.users)
    found = []
    for name, one in zip(rules, mined.candidates, strict=True):
        parts = [which for segment, which in members.items() if segment.partition("/")[0] == name]
        mine_now = set(users[np.any(parts, axis=0)].tolist())
        shares = {kind: len(mine_now & shop.ever[kind]) / max(1, len(mine_now)) for kind in (*PLANTED, *NOISE)}
        kind = max(shares, key=lambda kind: shares[kind])
        recall = len(mine_now & shop.now[kind]) / max(1, len(shop.now[kind]))
        kind, precision = (kind, shares[kind]) if shares[kind] >= ENOUGH else ("", shares[kind])
        found.append(Proposed(one.words, one.size, kind, round(precision, 4), round(recall, 4)))
    return found
