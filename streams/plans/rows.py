"""A plan as rows of texts, for a table on a terminal and for plain columns elsewhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from streams.explanations.lines import local
from streams.plans.plan import Plan, rule_of

HEADS = ("segment", "", "before", "after", "enter", "leave", "overlaps most with")
#: Values of a family, and overlaps of a rule, that are shown; --json has all.
MOST_VALUES = 5
MOST_OVERLAPS = 3


class Row(NamedTuple):
    """One segment, or a family as a whole; ``cells`` as in HEADS, ``ids`` lines about customers by name."""

    cells: tuple[str, ...]
    ids: tuple[str, ...] = ()


def rows(plan: Plan) -> Iterator[Row]:
    """The rules in order of their names, each family with its values of the largest changes."""
    by_rule: dict[str, list[Plan]] = {}
    for segment in plan["segments"]:
        by_rule.setdefault(rule_of(segment["segment"]), []).append(segment)
    for name, segments in by_rule.items():
        overlaps = ", ".join(_overlaps(plan, name))
        if [one["segment"] for one in segments] == [name]:
            yield _row(name, segments[0], overlaps)
        else:
            yield from _family(name, [one for one in segments if one["segment"] != name], overlaps)


def plain(found: Sequence[Row]) -> Iterator[str]:
    """The rows as text in columns."""
    table = [HEADS, *(row.cells for row in found)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(HEADS))]
    yield _line(HEADS, widths)
    for row in found:
        yield _line(row.cells, widths)
        yield from (f"    {line}" for line in row.ids)


def foot(plan: Plan, timezone: str) -> Iterator[str]:
    """How many customers, when they were counted, and which rules with which."""
    zone = ZoneInfo(timezone)
    first, last = (local(plan["taken"][end], zone) for end in ("from", "to"))
    when = f"at {first}" if first == last else f"from {first} to {last}"
    yield f"{_number(plan['customers'])} customers, counted {when}"
    live, planned = plan["rules"]["live"], plan["rules"]["planned"]
    if plan["unchanged"]:
        yield f"these rules are live already (digest {planned}): nothing would change"
    else:
        yield f"rules {planned}" + (f" in place of {live}" if live else ", compared with nothing")


def is_number(column: int) -> bool:
    """Whether a column is one of numbers, set to the right."""
    return 2 <= column <= 5


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    set_cells = [
        cell.rjust(width) if is_number(column) else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(set_cells).rstrip()


def _row(shown: str, one: Plan, overlaps: str = "") -> Row:
    numbers = (_number(one[name]) for name in ("before", "after", "entering", "leaving"))
    mark = "" if one["mark"] in (None, "same") else one["mark"]
    return Row((shown, mark, *numbers, overlaps), tuple(_ids(one)))


def _ids(one: Plan) -> Iterator[str]:
    for key, said, count in (("entering_ids", "enter", one["entering"]), ("leaving_ids", "leave", one["leaving"])):
        if names := one.get(key):
            more = f" and {count - len(names)} more" if count > len(names) else ""
            yield f"{said}: {', '.join(names)}{more}"


def _number(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _family(name: str, values: list[Plan], overlaps: str) -> Iterator[Row]:
    """The sums over a family's values, then the values that change most, then the largest."""
    sums = {key: _sum(values, key) for key in ("before", "after", "entering", "leaving")}
    counted = "1 value" if len(values) == 1 else f"{len(values)} values"
    yield _row(f"{name} ({counted})", {**sums, "mark": values[0]["mark"] if values else None}, overlaps)
    ranked = sorted(values, key=lambda one: (-_moved(one), -one["after"], one["segment"]))
    for one in ranked[:MOST_VALUES]:
        yield _row(f"  {one['segment']}", {**one, "mark": None})


def _sum(values: list[Plan], key: str) -> int | None:
    counts = [one[key] for one in values if one[key] is not None]
    return sum(counts) if counts else None


def _moved(one: Plan) -> int:
    return (one["entering"] or 0) + (one["leaving"] or 0)


def _overlaps(plan: Plan, name: str) -> list[str]:
    mine = [one for one in plan["overlaps"] if name in one["segments"]]
    largest = sorted(mine, key=lambda one: -one["both"])[:MOST_OVERLAPS]
    return [f"{_other(one['segments'], name)} {_number(one['both'])}{_alike(one['jaccard'])}" for one in largest]


def _other(pair: Sequence[str], name: str) -> str:
    return pair[1] if pair[0] == name else pair[0]


def _alike(jaccard: float | None) -> str:
    return "" if jaccard is None else f" ({jaccard:.0%})"
