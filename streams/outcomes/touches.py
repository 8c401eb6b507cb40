"""From a customer's facts to messages with what became of them, and to orders with what is left of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from streams.events.text import compared
from streams.outcomes.facts import ORDER, REFUND, Fact, Stood, Story
from streams.outcomes.joined import Edge, together
from streams.trials.assignment import TREATMENT
from streams.trials.totals import NONE

_OF_ORDERS = frozenset((ORDER, REFUND))
_BY_PERSONS = frozenset(("opened", "clicked"))
_GOES_OUT = frozenset(("sent", "delivered"))
#: A fact with its instant and its event's id.
_Said = tuple[int, str, Fact]


class Touch(NamedTuple):
    """A message: of which ``campaign`` and ``segment`` it is, in which ``arm`` of a trial the customer was when it went
    out, and the instants at which it was delivered, and first opened and clicked by a person; None: not."""

    message: str
    sent_ms: int
    campaign: str | None
    segment: str
    arm: str
    delivered_ms: int | None
    opened_ms: int | None
    clicked_ms: int | None
    bounced: bool
    complained: bool
    unsubscribed: bool


class Bought(NamedTuple):
    """An order that stands: when it was placed, and what is left of it, in ten-thousandths of the currency."""

    at_ms: int
    units: int


class _Standing(NamedTuple):
    """The membership records of each id of a customer, and what joins these ids."""

    courses: dict[str, list[Stood]]
    edges: Collection[Edge]

    def at(self, whose: str, at_ms: int) -> list[Stood]:
        """The records up to an instant that say of which segments mail to an id went out then: those of that id, or,
        where it was in no segment any more, of one that it had been merged with."""
        own = [one for one in self.courses.get(whose, ()) if one.at_ms <= at_ms]
        if not self.edges or (own and own[-1].segments):
            return own
        with_it = together(self.edges, whose, at_ms)
        others = [[one for one in self.courses[name] if one.at_ms <= at_ms] for name in self.courses if name in with_it]
        standing = [then for then in others if then and then[-1].segments]
        return max(standing, key=lambda then: then[-1].at_ms, default=own)


def touches_of(story: Story, unmailed: Collection[str] = ()) -> list[Touch]:
    """The messages to a customer, in order of their names; ``unmailed`` are segments that nobody writes to."""
    messages: dict[str, list[_Said]] = {}
    for event_id, fact in story.facts.items():
        if fact.kind not in _OF_ORDERS:
            messages.setdefault(fact.subject, []).append((fact.at_ms, event_id, fact))
    standing = _Standing(story.courses(), story.edges)
    return [_touch(name, messages[name], standing, unmailed) for name in sorted(messages)]


def _touch(message: str, said: list[_Said], standing: _Standing, unmailed: Collection[str]) -> Touch:
    said.sort()
    first: dict[str, int] = {}
    segment = campaign = went = None
    for at_ms, _, fact in said:
        kind = fact.kind
        if kind not in first and not (fact.machine and kind in _BY_PERSONS):
            first[kind] = at_ms
        if went is None and kind in _GOES_OUT:
            went = fact
        segment, campaign = segment or fact.segment, campaign or fact.campaign
    went = went or said[0][2]
    then = standing.at(went.whose, went.at_ms)
    opened_ms, clicked_ms = first.get("opened"), first.get("clicked")
    if opened_ms is None or (clicked_ms is not None and clicked_ms < opened_ms):
        opened_ms = clicked_ms
    return Touch(
        message,
        went.at_ms,
        campaign,
        compared(segment) if segment else _mailed_then(then, unmailed),
        then[-1].arm[1] if then and then[-1].arm else NONE,
        _delivered(first),
        opened_ms,
        clicked_ms,
        "bounced" in first,
        "complained" in first,
        "unsubscribed" in first,
    )


def _delivered(first: dict[str, int]) -> int | None:
    """When a message arrived: as was said, else when a person did something with it; else when it went out, if it did
    not come back, as some platforms do not tell of deliveries."""
    if (told := _earliest(first.get("delivered"), first.get("opened"), first.get("clicked"))) is not None:
        return told
    return None if "bounced" in first else first.get("sent")


def _earliest(*instants: int | None) -> int | None:
    return min((one for one in instants if one is not None), default=None)


def _mailed_then(stood: Sequence[Stood], unmailed: Collection[str]) -> str:
    """Of the segments that a customer was in, the one entered last that gets mail; of those entered together the first
    by name. Whoever is in a trial, but not for its segment's mail, does not get that."""
    if not stood:
        return NONE
    entered: dict[str, int] = {}
    for number, one in enumerate(stood):
        entered = {name: entered.get(name, number) for name in one.segments}
    arm = stood[-1].arm
    without = {*unmailed, arm[0]} if arm and arm[1] != TREATMENT else unmailed
    mailed = [name for name in sorted(entered) if name not in without and name.partition("/")[0] not in without]
    return max(mailed, key=lambda name: entered[name], default=NONE)


def bought_of(story: Story) -> list[Bought]:
    """The orders that stand, by date: of several purchases of one order the newest says its total and the first when it
    was; what was given back is taken off."""
    purchases: dict[str, list[tuple[int, str, int]]] = {}
    back: dict[str, list[int | None]] = {}
    for event_id, fact in story.facts.items():
        if fact.kind == ORDER:
            purchases.setdefault(fact.subject, []).append((fact.at_ms, event_id, fact.units or 0))
        elif fact.kind == REFUND:
            back.setdefault(fact.subject, []).append(fact.units)
    return sorted(_standing(purchases, back))


def _standing(purchases: dict[str, list[tuple[int, str, int]]], back: dict[str, list[int | None]]) -> Iterator[Bought]:
    for order, said in purchases.items():
        total = max(said)[2]
        given = sum(total if units is None else units for units in back.get(order, ()))
        if not back.get(order) or (given < total and None not in back[order]):
            yield Bought(min(said)[0], total - given)


def credited(touches: Iterable[Touch], at_ms: int, window_ms: int) -> Touch | None:
    """The message that an order at an instant counts for: the last that was clicked within the window before, else the
    last that a person opened, else the last that was delivered; at one instant the greater name."""
    candidates = list(touches)
    for of in (_clicked, _opened, _delivered_at):
        seen = [(when, one.message, one) for one in candidates if (when := of(one)) is not None]
        within = [found for found in seen if at_ms - window_ms <= found[0] <= at_ms]
        if within:
            return max(within, key=lambda found: found[:2])[2]
    return None


def _clicked(touch: Touch) -> int | None:
    return touch.clicked_ms


def _opened(touch: Touch) -> int | None:
    return touch.opened_ms


def _delivered_at(touch: Touch) -> int | None:
    return touch.delivered_ms
