"""An explanation as lines of text, with instants in the shop's time zone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from streams.explanations.explain import Explanation

#: How many near misses are shown, and how much of a whole condition may be missing in one.
NEAR = 5
NEAR_DISTANCE = 1.0

_MODIFIERS = ("last", "last_days", "before", "latest", "against", "per")
_GROUPS = {"all": "all of", "any": "any of", "none": "none of"}
_ASIDE = frozenset(("value", "holds", "where", *_MODIFIERS))


def merged_line(found: Explanation, zone: ZoneInfo) -> str:
    """Of an id whose facts are another's."""
    survivor = found["merged_into"]
    return f"{found['user']} is {survivor} since {local(found['merged_at'], zone)}: microseg explain {survivor}"


def head(found: Explanation, zone: ZoneInfo) -> Iterator[str]:
    """Who it is about, whether they may be mailed, and when it is true."""
    if found["suppressed"]:
        yield f"{found['user']} may not be mailed: only segments with everyone: true count"
    count = sum(one["in"] for one in found["segments"])
    counted = "1 segment" if count == 1 else f"{count} segments"
    yield f"{found['user']} is in {counted} at {local(found['at'], zone)} (rules {found['rules']})"


def body(found: Explanation, zone: ZoneInfo, *, everything: bool) -> Iterator[str]:
    """The segments a customer is in, the nearest misses, and the rest on one line (``everything``: like the others)."""
    inside = [one for one in found["segments"] if one["in"]]
    out = [one for one in found["segments"] if not one["in"]]
    near = out if everything else _nearest(out)
    for one in (*inside, *near):
        yield ""
        yield from _segment(one, zone)
    yield from _rest([one for one in out if one not in near], found["without_values"])


def _nearest(out: Sequence[Explanation]) -> list[Explanation]:
    """Of those that are near the first few, of each family the nearest alone."""
    by_rule: dict[str, Explanation] = {}
    for one in out:
        if is_near(one):
            by_rule.setdefault(one["segment"].partition("/")[0], one)
    return list(by_rule.values())[:NEAR]


def is_near(segment: Explanation) -> bool:
    """Whether so little is missing that it is worth telling without being asked."""
    return segment["distance"] is not None and segment["distance"] <= NEAR_DISTANCE


def local(stamp: str, zone: ZoneInfo) -> str:
    """A stamp in a time zone, with its offset: 2026-05-01 07:00:00+02:00."""
    at = datetime.fromisoformat(stamp).astimezone(zone)
    return at.isoformat(" ", "milliseconds" if at.microsecond else "seconds")


def _segment(one: Explanation, zone: ZoneInfo) -> Iterator[str]:
    yield from _standing(one, zone)
    yield from _condition(one["when"], 1)
    waits = [f"{name} {one[key]}" for key, name in (("for", "for"), ("keep_for", "keeps for")) if key in one]
    if waits:
        yield f"       {', '.join(waits)}"


def _standing(one: Explanation, zone: ZoneInfo) -> Iterator[str]:
    until = local(one["until"], zone) if one["until"] else None
    if one["in"]:
        yield f"{one['segment']}: in since {local(one['since'], zone)}" if one["since"] else f"{one['segment']}: in"
        yield f"  {f'until {until}' if until else 'with no end'} if nothing happens"
        return
    missing = f"; {', and '.join(one['missing'])}" if one["missing"] else ""
    yield f"{one['segment']}: out{missing}"
    if until:
        yield f"  enters {until} if nothing happens"


def _condition(words: Mapping[str, Any], depth: int) -> Iterator[str]:
    holds = f"{'  ' * depth}{'yes' if words['holds'] else 'no ':3}  "
    kind = next(iter(words))
    if kind not in _GROUPS:
        yield holds + condition_line(words)
        return
    parts: Sequence[Mapping[str, Any]] = words[kind]
    if len(parts) == 1 and kind != "none":
        yield from _condition(parts[0], depth)
        return
    yield f"{holds}{_GROUPS[kind]}"
    for part in parts:
        yield from _condition(part, depth + 1)


def condition_line(words: Mapping[str, Any]) -> str:
    """A condition in its rule file's words: "count of views where category is bags, last 90d: 6 (more than 5)"."""
    kind = next(iter(words))
    subject = str(words[kind]) if kind in ("since", "segment", "profile") else f"of {words[kind]}"
    modifiers = [f"{name.replace('_', ' ')} {words[name]}" for name in _MODIFIERS if name in words]
    comparison = next(name for name in words if name != kind and name not in _ASIDE)
    bound = f"{comparison.replace('_', ' ')} {_plain(words[comparison])}"
    measure = ", ".join((f"{kind} {subject}{_where(words)}", *modifiers))
    return f"{measure}: {_value(kind, words['value'])} ({bound})"


def _value(kind: str, value: object) -> str:
    if kind == "segment":
        return "member" if value else "no member"
    if value is None:
        return "missing" if kind == "profile" else "undefined"
    return _plain(value)


def _where(words: Mapping[str, Any]) -> str:
    entries = [f"{name} {_matched(value)}" for name, value in words.get("where", {}).items()]
    return f" where {' and '.join(entries)}" if entries else ""


def _matched(value: object) -> str:
    if isinstance(value, Mapping):
        ((name, end),) = value.items()
        return f"{name.replace('_', ' ')} {_plain(end)}"
    return f"is {_plain(value)}"


def _plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return f"[{', '.join(_plain(one) for one in value)}]"
    return str(value)


def _rest(out: Sequence[Explanation], without_values: Mapping[str, str]) -> Iterator[str]:
    counted = Counter(one["segment"].partition("/")[0] for one in out)
    families = {one["segment"].partition("/")[0] for one in out if "/" in one["segment"]}
    named = [
        f"{name} ({count} {'value' if count == 1 else 'values'})" if name in families else name
        for name, count in sorted(counted.items())
    ]
    if named:
        yield ""
        yield f"also out (--all shows why): {', '.join(named)}"
    if without_values:
        yield ""
    for name, each in without_values.items():
        yield f"{name}: no {each} of this customer counts now"
