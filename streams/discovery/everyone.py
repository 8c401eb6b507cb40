"""The customers of one partition, or of all, as one: the same whoever holds them, however they are spread.

Partitions number rows and names as these come. Here customers stand in the order of their ids and names in that of
their texts, so that the same customers give the same candidates from one partition, from many, or from event files.
Of a name that partitions first received in different spellings the least is shown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from streams.discovery.judged import live_members, members_of
from streams.discovery.records import Bools, Ints, Records, records_of
from streams.engine.api import Policy
from streams.engine.partition import Partition
from streams.events.text import compared
from streams.rows.arena import KNOWN
from streams.rows.layout import CART, ITEM, KIND_MASK, NAME_MASK, NEVER, PROFILE, SET_BIT, VIEW
from streams.rows.names import Names
from streams.rules.compile import Program


class Everyone:
    """All known customers of partitions that share their settings, which must be still while they are looked at.

    ``users``: their ids; ``known``: the instant of each one's first event (ms); a customer's place in these is what
    arrays here call their row.
    """

    def __init__(self, partitions: Sequence[Partition]) -> None:
        self.partitions = partitions
        self.names, self._numbers = _joined([one.machine.names for one in partitions])
        heads = [one.machine.rows.head[: one.machine.customers, KNOWN] for one in partitions]
        ids = [
            (user, number, row)
            for number, (one, known) in enumerate(zip(partitions, heads, strict=True))
            for row, user in enumerate(one.publisher.users[: len(known)])
            if known[row] != NEVER
        ]
        ids.sort()
        self.users = [user for user, _, _ in ids]
        self.customers = len(ids)
        self.known = np.zeros(self.customers, np.int64)
        self._places = [np.full(len(known), -1) for known in heads]
        for place, (_, number, row) in enumerate(ids):
            self._places[number][row] = place
            self.known[place] = heads[number][row]

    @property
    def policy(self) -> Policy:
        """How time and bounds are treated."""
        return self.partitions[0].policy

    @property
    def families(self) -> frozenset[str]:
        """The names of live rules that are families."""
        return frozenset(self.partitions[0].machine.program.families)

    def records(self, group: int) -> Records:
        """The records of a group, in order of row, instant and id."""
        parts = []
        for partition, places, numbers in zip(self.partitions, self._places, self._numbers, strict=True):
            found = records_of(partition.machine.rows, len(places), group)
            parts.append(Records(places[found.row], numbers.renumbered(found.words)))
        row, words = np.concatenate([one.row for one in parts]), np.concatenate([one.words for one in parts])
        order = np.argsort(row, kind="stable")[np.count_nonzero(row < 0) :]
        return Records(row[order], words[order])

    def members_of(self, program: Program, at_ms: int) -> dict[str, Bools]:
        """For each rule, and each segment of a family, who is in it at an instant, as the engine judges."""
        return self._together([members_of(one, program, at_ms) for one in self.partitions])

    def live_members(self) -> dict[str, Bools]:
        """For each live segment who is in it as published; of a family those in any of its segments."""
        return self._together([live_members(one) for one in self.partitions])

    def _together(self, parts: Sequence[Mapping[str, Bools]]) -> dict[str, Bools]:
        found: dict[str, Bools] = {}
        for members, places in zip(parts, self._places, strict=True):
            for name, which in members.items():
                joint = found.setdefault(name, np.zeros(self.customers, np.bool_))
                joint[places[which & (places >= 0)]] = True
        return found


class _Numbers:
    """The joint number of each name, and of each set of names, of a partition."""

    def __init__(self, own: Names, joint: Names) -> None:
        shown = own.shown
        numbers = [joint.exact(text) if own.is_exact(one) else joint.text(text) for one, text in enumerate(shown)]
        self._plain = np.array([0, *numbers[1:]], np.int64)
        self._sets = np.array([joint.group([shown[one] for one in members]) for members in own.sets], np.int64)

    def renumbered(self, words: Ints) -> Ints:
        """Records with joint numbers in place of a partition's."""
        kind = words[:, 0] & KIND_MASK
        named = np.flatnonzero((kind == VIEW) | (kind == CART) | (kind == ITEM) | (kind == PROFILE))
        said = words[named, 3]
        words[named, 3] = self._joint(said >> 32 & NAME_MASK) << 32 | self._joint(said & NAME_MASK)
        return words

    def _joint(self, numbers: Ints) -> Ints:
        several = numbers & SET_BIT != 0
        found = np.zeros(len(numbers), np.int64)
        found[~several] = self._plain[numbers[~several]]
        if several.any():
            found[several] = self._sets[numbers[several] ^ SET_BIT]
        return found


def _joined(parts: Iterable[Names]) -> tuple[Names, list[_Numbers]]:
    """One dictionary in order of texts for several, and the numbers there of each one's."""
    own, joint = list(parts), Names()
    exact = {one.shown[number] for one in own for number in range(1, len(one.shown)) if one.is_exact(number)}
    texts = {one.shown[number] for one in own for number in range(1, len(one.shown)) if not one.is_exact(number)}
    for name in sorted(exact):
        joint.exact(name)
    for _, text in sorted((compared(text), text) for text in texts):
        joint.text(text)
    several = {tuple(one.shown[member] for member in members) for one in own for members in one.sets}
    for _, members in sorted((sorted(map(joint.text, members)), members) for members in several):
        joint.group(list(members))
    return joint, [_Numbers(one, joint) for one in own]
