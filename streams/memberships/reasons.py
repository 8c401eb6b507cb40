"""What is said of a rule's conditions when a customer enters or leaves: each as the rule file has it, and its value."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

import orjson

from streams.events.amounts import SCALE
from streams.memberships.durations import duration_text
from streams.memberships.wording import condition_words, segment_name
from streams.rules import code as c
from streams.rules.compile import Leaf, Program
from streams.rules.model import EACH, Compare, Measure, ProfileTest

#: dividends and divisors of a judgement's results, in turn
Values = Sequence[int]
#: from the results and the customer's segments to what belongs in a form
Tell = Callable[[Values, Collection[str]], object]
_json = orjson.dumps
_EACH = _json(EACH)


class Reasons:
    """The conditions of one rule, ready to be told with what was measured.

    ``form`` is a JSON list with one object a condition, with a place for each of ``told_by``: what these say of the
    results of a judgement and the customer's segments belongs there.
    """

    def __init__(self, program: Program, name: str, shown: Sequence[str]) -> None:
        leaves = program.leaves[name]
        self.form = b"[%b]" % b",".join(_begun(leaf) + (b"%d}" if _is_whole(leaf) else b"%b}") for leaf in leaves)
        self.told_by = tuple(_told_by(leaf, program, shown) for leaf in leaves)

    def told(self, values: Values, segments: Collection[str], each: str | None = None) -> bytes:
        """The list. ``segments`` are those that the customer is in, ``each`` the value of a family."""
        form = self.form if each is None else self.form.replace(_EACH, escaped(_json(each)))
        return form % tuple([tell(values, segments) for tell in self.told_by])


def escaped(text: bytes) -> bytes:
    """A text that stays as it is when things are put into the form that it is in."""
    return text.replace(b"%", b"%%")


def _begun(leaf: Leaf) -> bytes:
    """The JSON of a condition up to its value."""
    return escaped(_json(condition_words(leaf[0]))[:-1]) + b',"value":'


def _is_whole(leaf: Leaf) -> bool:
    """Whether the value is a whole number that is always defined."""
    node = leaf[0]
    return isinstance(node, Compare) and node.measure.op in ("count", "distinct") and node.measure.latest is None


def _told_by(leaf: Leaf, program: Program, shown: Sequence[str]) -> Tell:
    """What makes the value of a condition: a whole number where ``_is_whole``, else JSON."""
    if _is_whole(leaf):
        return lambda values, _, over=2 * (leaf[1] or 0): values[over]  # type: ignore[misc]
    value_of = _value_of(leaf, program, shown)
    return lambda values, segments: _json(value_of(values, segments))


def _value_of(leaf: Leaf, program: Program, shown: Sequence[str]) -> Callable[[Values, Collection[str]], object]:
    node, result = leaf
    if isinstance(node, Compare):
        m = result or 0
        return _measured(node.measure, 2 * m, 2 * m + 1)
    if isinstance(node, ProfileTest):
        over, under = 2 * (result or 0), 2 * (result or 0) + 1
        return lambda values, _: shown[values[over]] if values[under] else None
    name, family = segment_name(node), node.name in program.families and node.value is None
    if family:
        return lambda _, segments: any(one.startswith(f"{name}/") for one in segments)
    return lambda _, segments: name in segments


def _measured(measure: Measure, over: int, under: int) -> Callable[[Values, Collection[str]], object]:
    if measure.op.startswith("since"):
        return lambda values, _: duration_text(values[over]) if values[under] else None
    if measure.op in ("count", "distinct"):
        return lambda values, _: values[over] if values[under] else None
    scale = SCALE if is_scaled(measure) else 1
    return lambda values, _: number_of(values[over], values[under] * scale)


def is_scaled(measure: Measure) -> bool:
    """Whether the quotient of a measure that is no time is in ten-thousandths."""
    column = c.COLUMNS[measure.source][measure.field] if measure.field else 0
    return column in (c.AMOUNT, c.DISCOUNTED_BY) or measure.op in ("share", "average", "trend", "ratio")


def number_of(value: int, divisor: int) -> float | int | None:
    """A quotient as JSON shows it, to four decimals; None where it is undefined."""
    if not divisor:
        return None
    return value // divisor if value % divisor == 0 else round(value / divisor, 4)
