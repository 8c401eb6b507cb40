"""Whom rules hold for at an instant, as the engine itself judges: all sizes that are shown come from here."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from streams.discovery.records import Bools
from streams.engine import slots
from streams.engine.machine import Machine
from streams.engine.partition import Partition
from streams.engine.reasons import COUNT_OUT, ENTERED, LOOKING, O_KEY, O_KIND, O_MEMBERS, O_MEMBERS_END, O_ROW
from streams.engine.sizes import family_members
from streams.memberships.records import family_segment
from streams.rows.arena import BITS, EVALUATED, KNOWN
from streams.rows.layout import LONG_AGO, NEVER
from streams.rules.compile import Program, bit_words, compile_rules
from streams.rules.load import load_texts
from streams.rules.marks import is_mark
from streams.rules.model import RuleSet

if TYPE_CHECKING:
    from streams.discovery.everyone import Everyone


def rule_set(rules: Mapping[str, Mapping[str, Any]], retention_ms: int) -> RuleSet:
    """The rules of a mapping from names to what the loader's schema takes, without titles.

    Raises:
        RuleErrors: the loader does not take one of them.
    """
    texts = {
        f"active/{name}.yaml": json.dumps({"title": name, **rule}, ensure_ascii=False) for name, rule in rules.items()
    }
    return load_texts(texts, retention_ms)


def program_of(shop: Partition | Everyone, rules: Mapping[str, Mapping[str, Any]]) -> Program:
    """The same as the engine runs it for these customers."""
    policy = shop.policy
    return compile_rules(rule_set(rules, policy.retention_ms), policy.retention_ms, policy.timezone, policy.traffic)


def members_of(partition: Partition, program: Program, at_ms: int) -> dict[str, Bools]:
    """For each rule, and each segment NAME/value of a family, which of the partition's rows are in it at an instant.

    All rows are judged anew by their facts up to then; nothing of the partition changes. For rules without ``for`` and
    ``keep_for``, which look at a course.
    """
    live, machine = partition.machine, Machine(program)
    machine.names = live.names
    machine.bind()
    head = live.rows.head[: live.customers, :BITS]
    bits = np.zeros((len(head), bit_words(len(program.names))), np.int64)
    fresh = np.hstack([head, bits])
    fresh[:, EVALUATED] = LONG_AGO
    machine.look_at(live.rows, fresh)
    found = {name: np.zeros(len(head), np.bool_) for name in program.names}
    for out in machine.visit(0, at_ms, NEVER, int(LOOKING)):
        heads = out.heads[: int(out.n[COUNT_OUT])]
        for row, first, last in heads[:, [O_ROW, O_MEMBERS, O_MEMBERS_END]].tolist():
            for key, kind in out.members[first:last, [O_KEY, O_KIND]].tolist():
                if kind == ENTERED:
                    name = family_segment(live.names.shown, key)
                    found.setdefault(name, np.zeros(len(head), np.bool_))[row] = True
    there = head[:, KNOWN] <= at_ms
    for slot, name in enumerate(program.names):
        found[name] = (slots.column(machine.rows.head[:, BITS:], slot) != 0) & there
    return found


def live_members(partition: Partition) -> dict[str, Bools]:
    """For each live segment which rows are in it as published; of a family those in any of its segments."""
    machine = partition.machine
    bits = machine.rows.head[: machine.customers, BITS:]
    segments = [(slot, name) for slot, name in enumerate(machine.segments) if not is_mark(name)]
    found = {name: slots.column(bits, slot) != 0 for slot, name in segments}
    rows, keys = family_members(machine.rows, 0, machine.customers)
    for family in machine.program.families:
        found[family] = np.zeros(machine.customers, np.bool_)
        found[family][rows[keys >> 32 == machine.names.exact(family)]] = True
    return found
