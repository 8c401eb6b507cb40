"""How many customers of each segment may not be mailed, by two more rules that workers are asked about.

A segment with ``everyone: true`` may hold customers who refused mail. Of two segments of all customers, one with and
one without ``everyone: true``, the first has them and the second has not: the difference of the overlaps is exact.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

ANYONE, MAILABLE = "report-asks-for-anyone", "report-asks-for-mailable"
_RULE = "title: all customers\nwhen: {{count: views, at_least: 0}}\neveryone: {everyone}\n"


def asked(texts: Mapping[str, str]) -> dict[str, str]:
    """The rule files to ask about: those that are live, and the two."""
    return {
        **texts,
        f"active/{ANYONE}.yaml": _RULE.format(everyone="true"),
        f"active/{MAILABLE}.yaml": _RULE.format(everyone="false"),
    }


def suppressed_of(plan: Mapping[str, Any]) -> dict[str, int]:
    """Customers of each segment who may not be mailed, where there are any; of a plan of ``asked`` files."""
    both: dict[str, dict[str, int]] = {}
    for pair in plan["overlaps"]:
        one, other = pair["segments"]
        both.setdefault(one, {})[other] = both.setdefault(other, {})[one] = pair["both"]
    anyone, mailable = both.get(ANYONE, {}), both.get(MAILABLE, {})
    counts = {name: anyone[name] - mailable.get(name, 0) for name in anyone if name != MAILABLE}
    return {name: count for name, count in sorted(counts.items()) if count}
