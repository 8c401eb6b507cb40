"""Hypothesis strategies for raw events of a few customers, made to clash.

Ids, orders, messages and instants come from small pools, so that the same id names two events, an order is updated and
refunded, actions of a message come twice and in any order, and facts leave windows at the instant of another event.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import cache
from typing import Any

from hypothesis import strategies as st

from streams.events.instants import instant_ms
from tests.laws.pools import CAMPAIGNS, CATEGORIES, LINKS, PRODUCTS, PROPERTIES, START_MS, STEP_MS

Raw = dict[str, Any]

ACTIONS = ("sent", "delivered", "opened", "clicked", "bounced", "complained", "unsubscribed", "resubscribed")
_AMOUNTS = (0, 10, "10.00", 9.99, "25.5", 25.5, 40, 0.00005, "19.90005", None)
_ORDERS = ("o1", "o2", 1, "1")
_MESSAGES = ("m1", "m2", "m3", 7)


@dataclass(frozen=True)
class World:
    """How many and which events: what a test lets happen.

    The story is ``steps`` steps of ``step_ms`` long; one of ``jitter_ms`` is added to each instant.
    """

    users: tuple[str, ...] = ("ana", "ben")
    steps: int = 16
    step_ms: int = STEP_MS
    jitter_ms: tuple[int, ...] = (0, 0, 0, 1, -1)
    most: int = 14
    kinds: tuple[str, ...] = ("view", "cart", "purchase", "refund", "email", "profile", "erase")


def histories(world: World) -> st.SearchStrategy[list[Raw]]:
    """Lists of raw events in any order; now and then one is there twice, or two have one id and one instant."""
    one, half = events(world), world.most // 2
    few, many = st.lists(one, min_size=1, max_size=half), st.lists(one, min_size=1 + half, max_size=world.most)
    pairs = st.lists(st.tuples(st.integers(0, world.most - 1), st.integers(0, world.most - 1)), max_size=2)
    return st.builds(_with_twins, st.one_of(few, many, many), pairs)


def _with_twins(found: list[Raw], pairs: list[tuple[int, int]]) -> list[Raw]:
    """The events and, of each pair of them, the second under the first one's id and customer, as far as a row can
    tell."""
    twins = []
    for first, second in pairs:
        if max(first, second) < len(found) and {"erase", "merge"}.isdisjoint(
            {found[first]["type"], found[second]["type"]}
        ):
            twins.append(found[second] | {name: found[first][name] for name in ("id", "user")})
    return tellable(found + twins)


def tellable(found: list[Raw]) -> list[Raw]:
    """Without what a row, which keeps no raw JSON and no dropped repeats, tells otherwise than the contract's letter:
    two
    contents under one id at one instant, and repeats of one id around an erasure (ARCHITECTURE.md, "Choices")."""
    one = any(event["type"] == "merge" for event in found)  # then all may become one customer
    erased = {"" if one else event["user"] for event in found if event["type"] == "erase"}
    seen: dict[tuple[str, str, int], Raw] = {}
    kept = []
    for number, event in enumerate(found):
        customer = "" if one else event["user"]
        if customer in erased and event["type"] != "erase":
            event = event | {"id": f"{event['id']}-{number}"}
        twin = seen.setdefault((customer, str(event["id"]), instant_ms(event["at"])), event)
        if twin == event:
            kept.append(event)
    return kept


@cache
def events(world: World) -> st.SearchStrategy[Raw]:
    """One raw event that is not refused."""
    return st.one_of(*(_event(world, kind) for kind in world.kinds for _ in range(_OFTEN[kind])))


@cache
def _event(world: World, kind: str) -> st.SearchStrategy[Raw]:
    common: dict[str, st.SearchStrategy[Any]] = {
        "type": st.just(kind),
        # erasures and merges have ids of their own: the contract does not say what becomes of an id that is forgotten
        "id": _OWN_IDS if kind in ("erase", "merge") else _IDS,
        "user": st.sampled_from(world.users),
        "at": stamps(world),
    }
    return st.builds(lambda head, body: {**head, **body}, st.fixed_dictionaries(common), _KINDS[kind])


def stamps(world: World) -> st.SearchStrategy[int | str]:
    """Instants on the world's grid, or a millisecond beside it, in one of their notations."""
    return st.builds(
        lambda step, jitter, form: _written(START_MS + step * world.step_ms + jitter, form),
        st.integers(0, world.steps),
        st.sampled_from(world.jitter_ms),
        st.integers(0, 2),
    )


def _written(at_ms: int, form: int) -> int | str:
    """An instant as epoch milliseconds, in UTC, or with an offset and a digit to be cut off."""
    if form == 0:
        return at_ms
    moment = datetime.fromtimestamp(at_ms // 1000, UTC if form == 1 else timezone(timedelta(hours=-5, minutes=-30)))
    text = moment.isoformat()
    return f"{text[:19]}.{at_ms % 1000:03d}{'Z' if form == 1 else '9' + text[19:]}"


def _optional(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Raw]:
    """Any subset of the fields, each of them as often absent as not."""
    return st.fixed_dictionaries({}, optional=fields)


def _with(first: st.SearchStrategy[Raw], second: st.SearchStrategy[Raw]) -> st.SearchStrategy[Raw]:
    return st.builds(lambda a, b: {**a, **b}, first, second)


def _products() -> st.SearchStrategy[Raw]:
    category = st.one_of(st.sampled_from(CATEGORIES), st.lists(st.sampled_from(CATEGORIES), max_size=3), st.none())
    return _with(
        st.fixed_dictionaries({"product": st.sampled_from(PRODUCTS)}),
        _optional(category=category, price=st.sampled_from(_AMOUNTS), colour=st.just({"deep": [1, None]})),
    )


def _purchases() -> st.SearchStrategy[Raw]:
    items = st.lists(_with(_products(), _optional(quantity=st.sampled_from((1, 2, "3")))), max_size=3)
    return _with(
        st.fixed_dictionaries({"order": st.sampled_from(_ORDERS), "items": items}),
        _optional(
            total=st.sampled_from(_AMOUNTS),
            discount=st.sampled_from((0, 5, "5.00")),
            coupon=st.sampled_from(("x", None)),
        ),
    )


def _refunds() -> st.SearchStrategy[Raw]:
    return _with(
        st.fixed_dictionaries({"order": st.sampled_from((*_ORDERS, "o3"))}),
        _optional(total=st.sampled_from((5, "10.00", 0.01, 25.5))),
    )


def _emails() -> st.SearchStrategy[Raw]:
    often = ACTIONS[:4] * 4 + ACTIONS
    return _with(
        st.fixed_dictionaries({"action": st.sampled_from(often), "message": st.sampled_from(_MESSAGES)}),
        _optional(
            campaign=st.sampled_from(CAMPAIGNS),
            segment=st.sampled_from(("Keen", "keen ", "slow")),
            link=st.sampled_from(LINKS),
            machine=st.booleans(),
            soft=st.booleans(),
        ),
    )


def _profiles() -> st.SearchStrategy[Raw]:
    values = st.sampled_from(("DE", "de ", "US", 35, "35", 29.5, "29.5", "n/a", True, False, None, "true"))
    return st.fixed_dictionaries({"set": st.dictionaries(st.sampled_from(PROPERTIES), values, max_size=2)})


_CLASHING_IDS = st.sampled_from((*(f"e{number}" for number in range(10)), 7, "7", "é", "Z", "a"))
_IDS = st.one_of(_CLASHING_IDS, st.integers(0, 1 << 40).map(str))
_OWN_IDS = st.integers(0, 1 << 40).map("own-{}".format)
_OFTEN = {"view": 6, "cart": 4, "purchase": 8, "refund": 4, "email": 10, "profile": 3, "merge": 1, "erase": 1}
_KINDS = {
    "view": _products(),
    "cart": _products(),
    "purchase": _purchases(),
    "refund": _refunds(),
    "email": _emails(),
    "profile": _profiles(),
    "merge": st.fixed_dictionaries({"from": st.sampled_from(("ana", "ben", "cy"))}),
    "erase": st.just({}),
}
