"""What a rule measured of an example's customer at ``now``: the reason why an expectation failed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson

from streams.authoring.model import Example, rule_of
from streams.authoring.run_examples import Shop
from streams.engine.replay import changes_in_order
from streams.rules.durations import spelled
from streams.rules.each import with_each
from streams.rules.model import Bounds, Compare, Group, Measure, ProfileTest, Rule, RuleSet

#: A property that no shop has, set at ``now``: so the probe is entered then, and its change says what was measured.
_PROPERTY = "\0probe"
_ANYONE, _MAILED = "\0anyone", "\0mailed"
_ALWAYS = Compare(Measure("count", "views"), Bounds(low=0))


def measured(rules: RuleSet, segment: str, user: str, example: Example, shop: Shop) -> list[str]:
    """Lines on each comparison of the rule of ``segment`` and its value, and on a customer who may not be mailed."""
    rule = next(rule for rule in rules.rules if rule.name == rule_of(segment))
    when = with_each(rule.when, segment.partition("/")[2]) if rule.for_each else rule.when
    probes = [_probe(replace(rule, when=when), name) for name in (_ANYONE, _MAILED)]
    replay = shop.replay(RuleSet((*rules.rules, *probes), rules.digest), example.timezone)
    sign = {"type": "profile", "user": user, "id": "~", "at": example.now_ms, "set": {_PROPERTY: "now"}}
    replay.read(orjson.dumps(event) for event in (*example.events, sign))
    for change in changes_in_order(replay.run(example.now_ms)):
        said = orjson.loads(change.value or b"{}")
        if said.get("user") == user and _ANYONE in said["entered"]:
            return _lines(said, rule)
    return []


def _probe(rule: Rule, name: str) -> Rule:
    """A rule that everybody enters at the sign, with the reasons of the given one."""
    sign = ProfileTest(_PROPERTY, texts=("now",))
    when = Group("all", (sign, Group("any", (rule.when, _ALWAYS))))
    return Rule(name, name, when, everyone=name == _ANYONE)


def _lines(said: dict[str, Any], rule: Rule) -> list[str]:
    reasons = [_words(reason) for reason in said["why"][_ANYONE] if _PROPERTY not in reason.values()]
    lines = reasons[:-1]  # the last is of what always holds
    if rule.for_ms:
        lines.append(f"the customer enters when that has held for {spelled(rule.for_ms)}")
    if _MAILED not in said["segments"] and not rule.everyone:
        lines.append("the customer may not be mailed")
    return lines


def _words(reason: dict[str, Any]) -> str:
    said = ", ".join(f"{name}: {_plain(part)}" for name, part in reason.items() if name != "value")
    value = reason.get("value")
    return f"{'undefined' if value is None else _plain(value)} ({said})"


def _plain(value: Any) -> str:
    return value if isinstance(value, str) else orjson.dumps(value).decode()
