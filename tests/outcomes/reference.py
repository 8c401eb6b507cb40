"""Outcomes the slow and obvious way: all events at once, one question after the other."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from streams.trials.totals import DayTotals, Totals, TrialTotals, VariantTotals

Raw = dict[str, Any]
Record = tuple[int, int, list[str], dict[str, str]]  # seq, at, segments, arms


def totals_of(
    events: list[Raw],
    records: dict[str, list[Record]],
    timezone: str,
    window_ms: int,
    spans: dict[str, tuple[int, int]],
    unmailed: set[str],
) -> Totals:
    """What the events of all customers come to; ``records`` are each customer's membership records."""
    days: dict[tuple[str, str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    variants: dict[tuple[str, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    trials: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for user in {*(event["user"] for event in events), *records}:
        mine = standing([event for event in events if event["user"] == user])
        stood = sorted(records.get(user, []))
        orders = orders_of(mine)
        mails = (event for event in mine if event["type"] == "email")
        messages = {event["message"] for event in mails if event["action"] != "resubscribed"}
        told = {name: Message(name, mine, stood, unmailed) for name in messages}
        credit: dict[str, list[int]] = defaultdict(list)
        for at, micros in orders:
            if (name := claimant(told, at, window_ms)) is not None:
                credit[name].append(micros)
        counted: set[tuple[str, ...]] = set()
        for name, message in told.items():
            day = datetime.fromtimestamp(message.sent / 1000, UTC).astimezone(ZoneInfo(timezone))
            key = message.segment, day.strftime("%Y-%m-%d"), message.arm
            add_message(days[key], message, credit.get(name, []), first=key not in counted)
            counted.add(key)
            family = message.segment.split("/")[0]
            if message.campaign is not None and message.campaign.startswith(f"{family}:"):
                long = *key, message.campaign.removeprefix(f"{family}:")
                add_message(variants[long], message, credit.get(name, []), first=long not in counted)
                counted.add(long)
        for segment, (arm, since) in draws(stood, spans).items():
            until = spans[segment][1] + window_ms if segment in spans else 1 << 62
            add_trial(trials[segment, arm], mine, orders, since, until)
    return Totals(
        [DayTotals(*key, **days[key]) for key in sorted(days)],  # type: ignore[arg-type]
        [TrialTotals(*key, **trials[key]) for key in sorted(trials)],  # type: ignore[arg-type]
        [VariantTotals(*key, **variants[key]) for key in sorted(variants)],  # type: ignore[arg-type]
    )


def add_message(row: dict[str, int], message: Message, credited: list[int], *, first: bool) -> None:
    """Adds one message; ``first``: of its customer there."""
    row["sent"] += 1
    for field in ("delivered", "opened", "clicked", "unsubscribed", "complained", "bounced"):
        row[field] += getattr(message, field) is not None
    row["converted"] += bool(credited)
    row["orders"] += len(credited)
    row["revenue_micros"] += sum(credited)
    row["recipients"] += first


def standing(events: list[Raw]) -> list[Raw]:
    """Each event once, the earlier of two under one id; without what was erased."""
    erased = max((event["at"] for event in events if event["type"] == "erase"), default=-1)
    found: dict[str, Raw] = {}
    for event in sorted(events, key=lambda event: event["at"]):
        if event["at"] > erased:
            found.setdefault(event["id"], event)
    return list(found.values())


def orders_of(events: list[Raw]) -> list[tuple[int, int]]:
    """Instant and what is left in micros of each order that stands."""
    found = []
    for order in {event["order"] for event in events if event["type"] == "purchase"}:
        said = [event for event in events if event["type"] == "purchase" and event["order"] == order]
        total = max(said, key=lambda event: (event["at"], event["id"]))["total"]
        back = [event for event in events if event["type"] == "refund" and event["order"] == order]
        if any("total" not in event for event in back):
            continue
        given = sum(event["total"] for event in back)
        if not back or given < total:
            found.append((min(event["at"] for event in said), (total - given) * 1_000_000))
    return sorted(found)


class Message:
    """What became of a message: instants, None where it did not happen."""

    def __init__(self, name: str, events: list[Raw], stood: list[Record], unmailed: set[str]) -> None:
        mine = [event for event in events if event.get("message") == name and event["action"] != "resubscribed"]
        mine.sort(key=lambda event: (event["at"], event["id"]))

        def first(*actions: str) -> int | None:
            people = [
                event["at"]
                for event in mine
                if event["action"] in actions
                and not (event.get("machine") and event["action"] in ("opened", "clicked"))
            ]
            return min(people, default=None)

        went = first("sent", "delivered")
        self.sent = mine[0]["at"] if went is None else went
        self.clicked, self.opened = first("clicked"), first("opened", "clicked")
        self.bounced, self.complained = first("bounced"), first("complained")
        self.unsubscribed = first("unsubscribed")
        self.delivered = first("delivered", "opened", "clicked")
        if self.delivered is None and self.bounced is None:
            self.delivered = first("sent")
        then = [record for record in stood if record[1] <= self.sent]
        self.arm = next(iter(then[-1][3].values()), "-") if then else "-"
        stated = [event["segment"] for event in mine if "segment" in event]
        self.segment = stated[0] if stated else newest(then, unmailed)
        self.campaign = next((event["campaign"] for event in mine if "campaign" in event), None)


def newest(stood: list[Record], unmailed: set[str]) -> str:
    """The segment that was entered last, of those that get mail."""
    if not stood:
        return "-"
    best, best_since = "-", -1
    arms = stood[-1][3]
    for segment in sorted(stood[-1][2]):
        if segment in unmailed or arms.get(segment) in ("control", "holdout"):
            continue
        since = len(stood) - 1
        while since > 0 and segment in stood[since - 1][2]:
            since -= 1
        if since > best_since:
            best, best_since = segment, since
    return best


def claimant(messages: dict[str, Message], at: int, window_ms: int) -> str | None:
    """The message that an order counts for."""
    for kind in ("clicked", "opened", "delivered"):
        touched = [
            (when, name)
            for name, message in messages.items()
            if (when := getattr(message, kind)) is not None and at - window_ms <= when <= at
        ]
        if touched:
            return max(touched)[1]
    return None


def draws(stood: list[Record], spans: dict[str, tuple[int, int]]) -> dict[str, tuple[str, int]]:
    """Which trials a customer counts for."""
    said = [(at, segment, arm) for _, at, _, arms in stood for segment, arm in arms.items()]
    for segment, (start, _) in spans.items():
        standing = [record for record in stood if record[1] < start]
        arm = standing[-1][3].get(segment) if standing else None
        inside = [mine for at, name, mine in said if name == segment and at >= start]
        if arm is not None and (
            not inside or inside[0] == arm
        ):  # drawn before, by its own clock, and so from the start
            said.insert(0, (start, segment, arm))
    found: dict[str, tuple[str, int]] = {}
    for at, segment, arm in sorted(said, key=lambda one: one[0]):
        start, end = spans.get(segment, (0, 1 << 62))
        others = [other for other in found if other in spans and spans[other][1] > at]
        if segment not in found and not others and start <= at < end:
            found[segment] = arm, at
    return found


def add_trial(row: dict[str, int], events: list[Raw], orders: list[tuple[int, int]], since: int, until: int) -> None:
    """Adds one customer of an arm."""
    did = {
        event["action"]
        for event in events
        if event["type"] == "email" and since <= event["at"] < until and not event.get("machine")
    }
    after = [micros for at, micros in orders if since <= at < until]
    before = sum(micros for at, micros in orders if since - timedelta(28) / timedelta(milliseconds=1) <= at < since)
    revenue = sum(after)
    for field, more in (
        ("customers", 1),
        ("clicked", "clicked" in did),
        ("converted", bool(after)),
        ("revenue_micros", revenue),
        ("revenue_squares", revenue**2),
        ("before_micros", before),
        ("before_squares", before**2),
        ("before_revenue_products", revenue * before),
        ("unsubscribed", "unsubscribed" in did),
        ("complained", "complained" in did),
        ("bounced", "bounced" in did),
    ):
        row[field] += more
