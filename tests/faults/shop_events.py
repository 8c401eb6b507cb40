"""An endless stream of a shop's events in order of time, and the rules that look at them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import orjson

from streams.rows.home import home_partition

START_MS = 1_767_225_600_000  # 2026-01-01T00:00:00Z
STEP_MS = 1_200_000  # between two events at most
ERASED = 0.01  # of the events, where any are
CATEGORIES = ("accessories", "shoes", "bags", "dresses")
KINDS = {"view": 60, "cart": 9, "purchase": 12, "refund": 3, "email": 14, "profile": 2}

RULES = {
    "window-shopper": """
when:
  all:
    - {count: views, where: {category: accessories}, last: 30d, more_than: 3}
    - {count: purchases, where: {category: accessories}, last: 30d, exactly: 0}""",
    "large-orders": "when: {average: purchases.total, last: 60d, at_least: 200}",
    "hardly-buys": """
when:
  all:
    - {count: views, last: 10d, at_least: 5}
    - {count: purchases, last: 10d, at_most: 1}""",
    "left-a-cart": """
when:
  all:
    - {count: carts, last: 3d, at_least: 1}
    - {count: purchases, last: 3d, exactly: 0}""",
    "browses-widely": "when: {distinct: views.category, last: 7d, at_least: 3}",
    "ignores-mail": "when: {count: emails, where: {opened: true}, latest: 3, exactly: 0}",
    "lapsing": "when: {since: last purchases, at_least: 20d}",
    "new-buyer": "when: {since: first purchases, less_than: 14d}",
    "on-promotion": "when: {share: purchases, where: {discounted: true}, last: 60d, at_least: 80%}",
    "slowing-down": "when: {trend: purchases, last: 10d, against: 30d, less_than: 0.5}",
    "returns-things": "when: {ratio: refunds, per: purchases, last: 60d, at_least: 0.3}",
    "here-today": "when: {count: views, last_days: 2, at_least: 3}",
    "gold": "when: {profile: tier, is: gold}",
    "fan": "for_each: category\nwhen: {count: views, where: {category: $each}, last: 20d, at_least: 4}",
    # Each curtain (below) enters one of these.
    "curtain-views": "when: {count: views, where: {category: curtain}, at_least: 1}",
    "curtain-purchases": "when: {count: purchases, where: {category: curtain}, at_least: 1}",
    "curtain-emails": "when: {count: emails, where: {campaign: curtain}, at_least: 1}",
    "curtain-profiles": "when: {profile: curtain, is: true}",
}
#: These look at the course as it was evaluated, which is only known where one topic gives the order.
COURSE_RULES = {
    "kept-a-week": "when: {count: carts, last: 2d, at_least: 1}\nkeep_for: 7d",
    "waits-two-hours": "when: {count: carts, last: 3d, at_least: 1}\nfor: 2h",
}

Event = dict[str, Any]


def write_rules(folder: Path, rules: Mapping[str, str]) -> Path:
    """A rule folder with these rules."""
    (folder / "active").mkdir(parents=True, exist_ok=True)
    for name, text in rules.items():
        (folder / "active" / f"{name}.yaml").write_text(f"title: {name}\n{text.strip()}\n", encoding="utf-8")
    return folder


def shop_events(
    seed: int = 1, customers: int = 300, step_ms: int = STEP_MS, start_ms: int = START_MS
) -> Iterator[bytes]:
    """Events as lines of JSON, for ever, each at an instant of its own."""
    chance = random.Random(seed)
    at_ms, number = start_ms, 0
    while True:
        at_ms += chance.randrange(1, step_ms)
        number += 1
        kind = chance.choices(list(KINDS), list(KINDS.values()))[0]
        user = f"u{int(customers * chance.random() ** 2)}"
        event = {"type": kind, "id": f"{seed}-{number}", "user": user, "at": at_ms}
        yield orjson.dumps(event | _details(kind, user, number, chance))


def _details(kind: str, user: str, number: int, chance: random.Random) -> Event:
    product = {"product": f"p{chance.randrange(40)}", "category": chance.choice(CATEGORIES)}
    price = chance.randrange(500, 30_000) / 100
    match kind:
        case "purchase":
            items = [{**product, "price": price, "quantity": 2}]
            return {"order": f"{user}-o{number // 800}-{chance.randrange(3)}", "items": items, "discount": number % 2}
        case "refund":
            return {"order": f"{user}-o{number // 800}-{chance.randrange(3)}"}
        case "email":
            action = chance.choice(("sent", "opened", "clicked"))
            return {"action": action, "message": f"m{number // 900}", "campaign": f"c{number // 900}"}
        case "profile":
            return {"set": {"tier": chance.choice(("gold", "silver"))}}
        case _:
            return {**product, "price": price}


def erasures(lines: Iterator[bytes], chance: random.Random) -> Iterator[bytes]:
    """The same events, and now and then one customer of them is forgotten."""
    for line in lines:
        yield line
        if chance.random() < ERASED:
            event = orjson.loads(line)
            yield orjson.dumps(
                {"type": "erase", "id": f"erase-{event['id']}", "user": event["user"], "at": event["at"]}
            )


def curtains(at_ms: int, partitions: int, mark: str = "z") -> list[Event]:
    """One event of each input topic for each partition, all at one instant: the last ones of a scenario."""
    return [
        {"id": f"{user}-{kind}", "user": user, "at": at_ms, **details}
        for home in range(partitions)
        for kind, details in _CURTAINS.items()
        for user in [_customer_at(home, partitions, f"{mark}-{kind}")]
    ]


_CURTAINS: dict[str, Event] = {
    "views": {"type": "view", "product": "p", "category": "curtain"},
    "purchases": {"type": "purchase", "order": "o", "items": [{"product": "p", "category": "curtain"}]},
    "emails": {"type": "email", "action": "sent", "message": "m", "campaign": "curtain"},
    "profiles": {"type": "profile", "set": {"curtain": True}},
}


def view(user: str, at_ms: int, category: str = "shoes") -> bytes:
    """A view as a line of JSON; its id is its own for each customer and instant."""
    event = {"type": "view", "id": f"{user}-{at_ms}", "user": user, "at": at_ms}
    return orjson.dumps({**event, "product": "p", "category": category})


def _customer_at(home: int, partitions: int, name: str) -> str:
    return next(user for number in range(10_000) if home_partition(user := f"{name}-{number}", partitions) == home)
