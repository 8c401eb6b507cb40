"""A plan out of the answers of all partitions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import reduce

from streams.engine.survey import Findings
from streams.plans.plan import Live, Plan, plan_of
from streams.rules.model import RuleSet
from streams.survey.messages import Answer


def summed(answers: Sequence[Answer], rules: RuleSet, show: int = 0) -> Plan:
    """The plan of candidate rules, from one answer a partition, with the ids of at most ``show`` customers a segment.

    The rules that are live are those of most partitions: while workers switch, some are a moment behind, which the plan
    tells.
    """
    found = [Findings.from_dict(one.findings or {}) for one in answers]
    digest, *others = (one for one, _ in Counter(one.rules for one in answers).most_common())
    live = Live(digest, next(one.live for one in answers if one.rules == digest))
    instants = [one.at_ms for one in found]
    plan = plan_of(reduce(Findings.plus, found), rules, live, min(instants), max(instants), show)
    plan["rules"]["others"] = sorted(others)
    return plan
