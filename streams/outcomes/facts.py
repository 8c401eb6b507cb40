"""What one customer's outcomes follow from: mail, orders and refunds, and how memberships stood."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import orjson

from streams.events.native import Email, Event, Purchase, Refund

ORDER, REFUND = "order", "refund"
#: Actions of a message from which something follows.
_ACTIONS = frozenset(("sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed"))


class Fact(NamedTuple):
    """One event. ``kind`` is the action of a message, ORDER or REFUND; ``subject`` the message or the order; ``units``
    ten-thousandths of the shop's currency (None of a refund: the whole order)."""

    at_ms: int
    kind: str
    subject: str
    units: int | None = None
    campaign: str | None = None
    segment: str | None = None
    machine: bool = False


class Stood(NamedTuple):
    """A membership record: since ``at_ms`` the customer is in ``segments``, and in the trial of ``arm``, which is
    (segment, arm), or none."""

    seq: int
    at_ms: int
    segments: tuple[str, ...]
    arm: tuple[str, str] | None = None


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
    """All that is known of one customer: facts by the ids of their events, and membership records by ``seq``.

    Whatever the order in which it is taken in, and how often, the same is known in the end.
    """

    facts: dict[str, Fact] = field(default_factory=dict)
    stood: dict[int, Stood] = field(default_factory=dict)

    def take(self, event_id: str, fact: Fact) -> bool:
        """Take in a fact; False where it changes nothing. Of two under one id the earlier one stands."""
        known = self.facts.get(event_id)
        if known is not None and _order(known) <= _order(fact):
            return False
        self.facts[event_id] = fact
        return True

    def stand(self, one: Stood) -> bool:
        """Take in a membership record; False where it is known."""
        if one.seq in self.stood:
            return False
        self.stood[one.seq] = one
        return True

    def forget(self, until_ms: int) -> None:
        """Forget everything up to an instant, it included."""
        self.facts = {name: fact for name, fact in self.facts.items() if fact.at_ms > until_ms}
        self.stood = {seq: one for seq, one in self.stood.items() if one.at_ms > until_ms}

    def age(self, retention_ms: int) -> None:
        """Forget what is older than the retention, counted from the newest fact; of memberships what no longer holds
        then."""
        instants = [fact.at_ms for fact in self.facts.values()] + [one.at_ms for one in self.stood.values()]
        horizon = max(instants, default=0) - retention_ms
        if any(fact.at_ms <= horizon for fact in self.facts.values()):
            self.facts = {name: fact for name, fact in self.facts.items() if fact.at_ms > horizon}
        past = [one.seq for one in self.standing() if one.at_ms <= horizon]
        for seq in past[:-1]:
            del self.stood[seq]

    def standing(self) -> list[Stood]:
        """The membership records in their order."""
        return [self.stood[seq] for seq in sorted(self.stood)]

    def __bool__(self) -> bool:
        """Whether anything is known."""
        return bool(self.facts or self.stood)

    def to_bytes(self) -> bytes:
        """As JSON."""
        facts = {name: _told(self.facts[name]) for name in sorted(self.facts)}
        return orjson.dumps({"facts": facts, "stood": [list(one) for one in self.standing()]})

    @classmethod
    def from_bytes(cls, raw: bytes) -> Story:
        """Of what ``to_bytes`` gave."""
        read: dict[str, Any] = orjson.loads(raw)
        stood = (Stood(seq, at_ms, tuple(names), arm and tuple(arm)) for seq, at_ms, names, arm in read["stood"])
        return cls({name: Fact(*told) for name, told in read["facts"].items()}, {one.seq: one for one in stood})


def _whole(units: object) -> int:
    assert isinstance(units, int)  # what settle() leaves
    return units


def _order(fact: Fact) -> tuple[object, ...]:
    """Of two facts under one id the lesser stands: the earlier one, at one instant the lesser by what is kept."""
    return tuple("" if part is None else str(part) if place else part for place, part in enumerate(fact))


def _told(fact: Fact) -> list[object]:
    """The fields up to the last one that says something."""
    told: list[object] = list(fact)
    while not told[-1] and len(told) > 4:
        told.pop()
    return told
