"""What one customer's outcomes follow from: mail, orders and refunds, and how memberships stood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, NamedTuple

import orjson

from streams.events.native import Email, Event, Purchase, Refund
from streams.outcomes.joined import OWN, Edge, is_erased

ORDER, REFUND = "order", "refund"
#: So many fields of a Fact and a Stood are always told: of a refund no amount is another thing than none.
_FACT, _STOOD = 4, 3
#: Actions of a message from which something follows.
_ACTIONS = frozenset(("sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed"))


class Fact(NamedTuple):
    """One event. ``kind`` is the action of a message, ORDER or REFUND; ``subject`` the message or the order; ``units``
    ten-thousandths of the shop's currency (None of a refund: the whole order); ``whose`` the id that it was said of."""

    at_ms: int
    kind: str
    subject: str
    units: int | None = None
    campaign: str | None = None
    segment: str | None = None
    machine: bool = False
    whose: str = OWN


class Stood(NamedTuple):
    """A membership record: since ``at_ms`` the customer is in ``segments``, and in the trial of ``arm``, which is
    (segment, arm), or none. ``seq`` counts the records of the id ``whose``."""

    seq: int
    at_ms: int
    segments: tuple[str, ...]
    arm: tuple[str, str] | None = None
    whose: str = OWN


def fact_of(event: Event) -> Fact | None:
    """The fact in a settled event; None where nothing follows from it here."""
    at_ms = int(event.at)
    if isinstance(event, Email):
        if event.action not in _ACTIONS or (event.action == "bounced" and event.soft):  # that one is tried again
            return None
        campaign, segment = (None if one is None else str(one) for one in (event.campaign, event.segment))
        return Fact(at_ms, event.action, str(event.message), None, campaign, segment, bool(event.machine))
    if isinstance(event, Purchase):
        return Fact(at_ms, ORDER, str(event.order), _whole(event.total))
    if isinstance(event, Refund):
        return Fact(at_ms, REFUND, str(event.order), None if event.total is None else _whole(event.total))
    return None


@dataclass(slots=True)
class Story:
    """All that is known of one customer: facts by the ids of their events, and membership records by whose they are and
    ``seq``. Of a customer with several ids also what joins these, and up to when each of them was erased.

    Whatever the order in which it is taken in, and how often, the same is known in the end.
    """

    facts: dict[str, Fact] = field(default_factory=dict)
    stood: dict[tuple[str, int], Stood] = field(default_factory=dict)
    edges: set[Edge] = field(default_factory=set)
    erased: dict[str, int] = field(default_factory=dict)

    def take(self, event_id: str, fact: Fact) -> bool:
        """Take in a fact; False where it changes nothing. Of two under one id the earlier one stands."""
        known = self.facts.get(event_id)
        if known is not None and _order(known) <= _order(fact):
            return False
        if self.erased and is_erased(fact.whose, fact.at_ms, self.erased, self.edges):
            return False
        self.facts[event_id] = fact
        return True

    def stand(self, one: Stood) -> bool:
        """Take in a membership record; False where it is known."""
        key = one.whose, one.seq
        if key in self.stood or (self.erased and is_erased(one.whose, one.at_ms, self.erased, self.edges)):
            return False
        self.stood[key] = one
        return True

    def erase(self, whose: str, until_ms: int) -> None:
        """Forget everything up to an instant, it included, of the ids that are one with this one then."""
        self.erased[whose] = max(until_ms, self.erased.get(whose, until_ms))
        self._forget()

    def join(self, other: Story) -> None:
        """Take in all of another story, whose names of ids are this one's."""
        self.edges |= other.edges
        for whose, until_ms in other.erased.items():
            self.erased[whose] = max(until_ms, self.erased.get(whose, until_ms))
        self._forget()
        for event_id, fact in other.facts.items():
            self.take(event_id, fact)
        for one in other.stood.values():
            self.stand(one)

    def renamed(self, names: Mapping[str, str]) -> Story:
        """The same with other names of ids, where there are such."""

        def new(whose: str) -> str:
            return names.get(whose, whose)

        stood = (one._replace(whose=new(one.whose)) for one in self.stood.values())
        return Story(
            {event_id: fact._replace(whose=new(fact.whose)) for event_id, fact in self.facts.items()},
            {(one.whose, one.seq): one for one in stood},
            {Edge(new(edge.one), new(edge.other), edge.at_ms) for edge in self.edges},
            {new(whose): until_ms for whose, until_ms in self.erased.items()},
        )

    def _forget(self) -> None:
        if not self.erased:
            return
        gone = partial(is_erased, erased=self.erased, edges=self.edges)
        self.facts = {name: fact for name, fact in self.facts.items() if not gone(fact.whose, fact.at_ms)}
        self.stood = {key: one for key, one in self.stood.items() if not gone(one.whose, one.at_ms)}

    def age(self, retention_ms: int) -> None:
        """Forget what is older than the retention, counted from the newest fact; of memberships what no longer holds
        then."""
        instants = [fact.at_ms for fact in self.facts.values()] + [one.at_ms for one in self.stood.values()]
        horizon = max(instants, default=0) - retention_ms
        if any(fact.at_ms <= horizon for fact in self.facts.values()):
            self.facts = {name: fact for name, fact in self.facts.items() if fact.at_ms > horizon}
        for course in self.courses().values():
            past = [one for one in course if one.at_ms <= horizon]
            for one in past[:-1]:
                del self.stood[one.whose, one.seq]

    def courses(self) -> dict[str, list[Stood]]:
        """The membership records of each id in their order."""
        found: dict[str, list[Stood]] = {}
        for key in sorted(self.stood):
            found.setdefault(key[0], []).append(self.stood[key])
        return found

    def __bool__(self) -> bool:
        """Whether anything is known of the customer; what joins their ids is kept without them."""
        return bool(self.facts or self.stood)

    def to_bytes(self) -> bytes:
        """As JSON."""
        told: dict[str, object] = {
            "facts": {name: _told(self.facts[name], _FACT) for name in sorted(self.facts)},
            "stood": [_told(self.stood[key], _STOOD) for key in sorted(self.stood)],
        }
        if self.edges:
            told["edges"] = [list(edge) for edge in sorted(self.edges)]
        if self.erased:
            told["erased"] = self.erased
        return orjson.dumps(told, option=orjson.OPT_SORT_KEYS)

    @classmethod
    def from_bytes(cls, raw: bytes) -> Story:
        """Of what ``to_bytes`` gave."""
        read: dict[str, Any] = orjson.loads(raw)
        told = (Stood(seq, at_ms, tuple(names), *_arm_and_whose(*more)) for seq, at_ms, names, *more in read["stood"])
        return cls(
            {name: Fact(*told) for name, told in read["facts"].items()},
            {(one.whose, one.seq): one for one in told},
            {Edge(*edge) for edge in read.get("edges", ())},
            read.get("erased", {}),
        )


def _arm_and_whose(arm: list[str] | None = None, whose: str = OWN) -> tuple[tuple[str, str] | None, str]:
    return (arm[0], arm[1]) if arm else None, whose


def _whole(units: object) -> int:
    assert isinstance(units, int)  # what settle() leaves
    return units


def _order(fact: Fact) -> tuple[object, ...]:
    """Of two facts under one id the lesser stands: the earlier one, at one instant the lesser by what is kept."""
    return tuple("" if part is None else str(part) if place else part for place, part in enumerate(fact))


def _told(one: Fact | Stood, least: int) -> list[object]:
    """The fields up to the last one that says something, but at least so many."""
    told: list[object] = list(one)
    while not told[-1] and len(told) > least:
        told.pop()
    return told
