"""How trials were set up, from their rule files."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from streams.rules.model import RATIO_SCALE, Rule
from streams.trials.looks import Setup

DAY_MS = 86_400_000


def setups_of(rules: Iterable[Rule], now_ms: int, conversion_days: int) -> list[Setup]:
    """Of each rule that is on trial; one has ended when its days are over and what was mailed last has had
    ``conversion_days`` to convert."""
    return [
        Setup(
            rule.name,
            terms.against,
            terms.metric,
            terms.customers or 0,
            terms.started_ms is not None and terms.started_ms + (terms.days + conversion_days) * DAY_MS <= now_ms,
            terms.share / (RATIO_SCALE - terms.holdout),
            terms.guardrails,
        )
        for rule in rules
        if (terms := rule.on_trial)
    ]


def end_of(day: date, timezone: str) -> int:
    """The midnight that ends a day of the shop's, in milliseconds UTC."""
    midnight = datetime.combine(day + timedelta(days=1), datetime.min.time(), ZoneInfo(timezone))
    return round(midnight.timestamp() * 1000)
