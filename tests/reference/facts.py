"""Sections 2 and 3: the facts that a customer's events come to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from streams.events.traffic import ONLY_SAID, Traffic
from tests.reference.events import Event


@dataclass(frozen=True)
class Fact:
    """One thing a customer did; a field that the fact lacks is not in its mapping.

    ``place`` orders facts of one instant: the id of the event that gives the fact its place, then the item's line.
    """

    source: str
    at: int
    place: tuple[str, int]
    texts: dict[str, frozenset[str]] = field(default_factory=dict)
    numbers: dict[str, Fraction] = field(default_factory=dict)
    flags: dict[str, bool] = field(default_factory=dict)


def facts_of(events: Sequence[Event], forgotten_ms: int, traffic: Traffic = ONLY_SAID) -> list[Fact]:
    """All facts after ``forgotten_ms`` (retention), of events in order of (at, id), each id once."""
    orders = _grouped(events, "purchase", lambda e: e.order)
    refunds = _grouped(events, "refund", lambda e: e.order)
    known = {name: steps for name, steps in orders.items() if steps[0].at > forgotten_ms}
    found = [_seen(e) for e in events if e.type == "cart"]
    found += map(_seen, _by_people([e for e in events if e.type == "view"], traffic))
    for name, steps in known.items():
        found += _order(steps, refunds.get(name, []))
    for name, given_back in refunds.items():
        found += [_refund(e, known.get(name, [])) for e in given_back]
    for actions in _grouped(events, "email", lambda e: e.message).values():
        found += _message(actions, traffic)
    return [fact for fact in found if fact.at > forgotten_ms]


def _grouped(events: Sequence[Event], kind: str, key: Callable[[Event], str]) -> dict[str, list[Event]]:
    groups: dict[str, list[Event]] = {}
    for event in events:
        if event.type == kind:
            groups.setdefault(key(event), []).append(event)
    return groups


def _one(**texts: str | None) -> dict[str, frozenset[str]]:
    return {name: frozenset({text}) for name, text in texts.items() if text is not None}


def _some(**numbers: Fraction | None) -> dict[str, Fraction]:
    return {name: number for name, number in numbers.items() if number is not None}


def _seen(event: Event) -> Fact:
    texts = {**_one(product=event.product), "category": event.categories}
    return Fact(f"{event.type}s", event.at, (event.id, 0), texts, _some(price=event.price))


def _order(steps: Sequence[Event], refunds: Sequence[Event]) -> list[Fact]:
    """The purchase and its items, of one order's events and refunds up to now; nothing where it was wholly refunded."""
    first, content = steps[0], steps[-1]
    total = content.total or Fraction(0)
    given_back = sum((e.total for e in refunds if e.total is not None), Fraction(0))
    if any(e.total is None for e in refunds) or (refunds and given_back >= total):
        return []
    numbers = {
        "total": total - given_back,
        "discount": content.discount,
        "units": Fraction(sum(item.quantity for item in content.items)),
    }
    texts = {
        "product": frozenset(item.product for item in content.items),
        "category": frozenset(one for item in content.items for one in item.categories),
    }
    flags = {"discounted": content.discount > 0 or bool(content.coupon)}
    items = [
        Fact(
            "items",
            first.at,
            (first.id, line),
            {**_one(product=item.product), "category": item.categories},
            _some(price=item.price, quantity=Fraction(item.quantity)),
        )
        for line, item in enumerate(content.items)
    ]
    return [Fact("purchases", first.at, (first.id, 0), texts, numbers, flags), *items]


def _refund(event: Event, order: Sequence[Event]) -> Fact:
    """A refund counts; only that of a known order has a total: its own, or the whole order's."""
    whole = order[-1].total if order else None
    total = whole if event.total is None or not order else event.total
    return Fact("refunds", event.at, (event.id, 0), {}, _some(total=total))


def _by_people(views: Sequence[Event], traffic: Traffic) -> list[Event]:
    """Those before which there were not too many others within the time."""
    if not traffic.views:
        return list(views)
    return [
        view
        for place, view in enumerate(views)
        if sum(view.at - other.at < traffic.views_ms for other in views[:place]) < traffic.views
    ]


def _scanned(actions: Sequence[Event], traffic: Traffic) -> list[Event]:
    """The clicks and opens of one message within a scanner's time, if different links were clicked in it."""
    delivered = next((e.at for e in actions if e.action == "delivered"), None)
    if delivered is None or not traffic.links_ms:
        return []
    early = [e for e in actions if 0 <= e.at - delivered <= traffic.links_ms and e.action in ("opened", "clicked")]
    links = {e.link for e in early if e.action == "clicked" and e.link is not None}
    return early if len(links) > 1 else []


def _message(actions: Sequence[Event], traffic: Traffic) -> list[Fact]:
    """The e-mail, its open and its click, of one message's actions up to now."""

    scanned = _scanned(actions, traffic)

    def first(*names: str, human: bool = False) -> Event | None:
        return next((e for e in actions if e.action in names and not (human and (e.machine or e in scanned))), None)

    texts = _one(
        campaign=next((e.campaign for e in actions if e.campaign is not None), None),
        segment=next((e.segment for e in actions if e.segment is not None), None),
    )
    clicked = first("clicked", human=True)
    opened = first("opened", "clicked", human=True)
    flags = {
        "opened": opened is not None,
        "clicked": clicked is not None,
        "bounced": first("bounced") is not None,
    }
    places = {"emails": first("sent", "delivered"), "opens": opened, "clicks": clicked}
    return [
        Fact(source, event.at, (event.id, 0), texts, {}, flags) for source, event in places.items() if event is not None
    ]
