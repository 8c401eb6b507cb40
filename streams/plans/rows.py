"""A plan in lines of text: a row of numbers for each segment, first of those that change, with notes below."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from zoneinfo import ZoneInfo

from streams.explanations.lines import local
from streams.explanations.terminal import broken
from streams.plans.plan import Plan, rule_of

HEADS = ("segment", "", "before", "after", "enter", "leave")
NUMBERS = slice(2, 6)
#: Values of a family, and overlaps of a rule, that are shown; --json has all.
MOST_VALUES = 5
MOST_OVERLAPS = 3


class Row(NamedTuple):
    """One segment, or a family as a whole; ``cells`` as in HEADS (none: an empty line), ``notes`` lines below."""

    cells: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def rows(plan: Plan) -> Iterator[Row]:
    """The rules that change in order of their names, each with what changes of it; then the sizes of the others.

    Where nothing changes, all are told of as those that do.
    """
    by_rule: dict[str, list[Plan]] = {}
    for segment in plan["segments"]:
        by_rule.setdefault(rule_of(segment["segment"]), []).append(segment)
    touched = {name for name, segments in by_rule.items() if any(map(_touched, segments))} or set(by_rule)
    for name in sorted(touched):
        yield from _rule(plan, name, by_rule[name])
    rest = sorted(by_rule.keys() - touched)
    if rest:
        yield Row()
    for name in rest:
        yield Row(next(_rule(plan, name, by_rule[name])).cells)


def plain(found: Sequence[Row], width: int | None = None) -> Iterator[str]:
    """The rows as text in columns, for a terminal of so many; None: notes are not broken."""
    table = [HEADS, *(row.cells for row in found if row.cells)]
    widths = [max(len(cells[column]) for cells in table) for column in range(len(HEADS))]
    if width is not None:  # a longer name pushes the numbers of its row aside
        widths[0] = max(len(HEADS[0]), min(widths[0], width - sum(widths[1:]) - 2 * (len(widths) - 1)))
    yield _line(HEADS, widths)
    for row in found:
        yield _line(row.cells, widths) if row.cells else ""
        for note in row.notes:
            yield from broken(f"    {note}", width)


def foot(plan: Plan, timezone: str) -> Iterator[str]:
    """How many customers, when they were counted, and which rules with which."""
    zone = ZoneInfo(timezone)
    first, last = (local(plan["taken"][end], zone) for end in ("from", "to"))
    when = f"at {first}" if first == last else f"from {first} to {last}"
    if plan["overlaps"]:
        yield "overlaps: customers in both, and which part that is of those in either"
    yield f"{_number(plan['customers'])} customers, counted {when}"
    live, planned = plan["rules"]["live"], plan["rules"]["planned"]
    if plan["unchanged"]:
        yield f"these rules are live already (digest {planned}): nothing would change"
    else:
        yield f"rules {planned}" + (f" in place of {live}" if live else ", compared with nothing (--against DIR)")
    if others := plan["rules"]["others"]:
        yield f"some partitions were counted under other live rules ({', '.join(others)}): they just change; ask again"


def _touched(one: Plan) -> bool:
    return one["mark"] not in (None, "same") or _moved(one) > 0


def _moved(one: Plan) -> int:
    return (one["entering"] or 0) + (one["leaving"] or 0)


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    numbers = range(*NUMBERS.indices(len(HEADS)))
    set_cells = [
        cell.rjust(width) if column in numbers else cell.ljust(width)
        for column, (cell, width) in enumerate(zip(cells, widths, strict=True))
    ]
    return "  ".join(set_cells).rstrip()


def _rule(plan: Plan, name: str, segments: list[Plan]) -> Iterator[Row]:
    """A rule's row; of a family those of the values that change below it."""
    notes = tuple(_notes(plan, name, segments[0]))
    if [one["segment"] for one in segments] == [name]:
        yield _row(name, segments[0], notes)
    else:
        yield from _family(plan, name, [one for one in segments if one["segment"] != name], notes)


def _row(shown: str, one: Plan, notes: tuple[str, ...] = ()) -> Row:
    numbers = (_number(one[name]) for name in ("before", "after", "entering", "leaving"))
    mark = "" if one["mark"] in (None, "same") else one["mark"]
    return Row((shown, mark, *numbers), (*notes, *_ids(one)))


def _notes(plan: Plan, name: str, one: Plan) -> Iterator[str]:
    if one["waits"] and one["mark"] in ("new", "changed"):
        yield f"for {one['waits']}: who enters only after the conditions held so long is not counted here"
    if overlaps := _overlaps(plan, name):
        yield f"overlaps: {', '.join(overlaps)}"


def _ids(one: Plan) -> Iterator[str]:
    for key, said, count in (("entering_ids", "enter", one["entering"]), ("leaving_ids", "leave", one["leaving"])):
        if names := one.get(key):
            more = f" and {count - len(names):,} more" if count > len(names) else ""
            yield f"{said}: {', '.join(names)}{more}"


def _number(count: int | None) -> str:
    return "" if count is None else f"{count:,}"


def _family(plan: Plan, name: str, values: list[Plan], notes: tuple[str, ...]) -> Iterator[Row]:
    """The sums over a family's values, then the values that change most, or where nothing does the largest."""
    sums = {key: _sum(values, key) for key in ("before", "after", "entering", "leaving")}
    counted = "1 value" if len(values) == 1 else f"{len(values):,} values"
    if values and (people := plan["families"].get(name)):
        notes = (f"in any of the values: {_number(people)} customers afterwards", *notes)
    yield _row(f"{name} ({counted})", {**sums, "mark": values[0]["mark"] if values else None}, notes)
    ranked = sorted(values, key=lambda one: (-_moved(one), -one["after"], one["segment"]))
    shown = [one for one in ranked if _moved(one)] or ranked
    for one in shown[:MOST_VALUES]:
        yield _row(f"  /{one['segment'].partition('/')[2]}", {**one, "mark": None})
    if len(shown) > MOST_VALUES:
        yield Row((f"  and {len(shown) - MOST_VALUES:,} more values", "", "", "", "", ""))


def _sum(values: list[Plan], key: str) -> int | None:
    counts = [one[key] for one in values if one[key] is not None]
    return sum(counts) if counts else None


def _overlaps(plan: Plan, name: str) -> list[str]:
    mine = [one for one in plan["overlaps"] if name in one["segments"]]
    largest = sorted(mine, key=lambda one: -one["both"])[:MOST_OVERLAPS]
    return [f"{_other(one['segments'], name)} {_number(one['both'])} ({one['jaccard']:.0%})" for one in largest]


def _other(pair: Sequence[str], name: str) -> str:
    return pair[1] if pair[0] == name else pair[0]
