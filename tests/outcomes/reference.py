"""Outcomes the slow and obvious way: all events at once, one question after the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from streams.trials.totals import DayTotals, Totals, TrialTotals, VariantTotals

Raw = dict[str, Any]
NEVER = 1 << 62
Record = tuple[int, int, list[str], dict[str, str]]  # seq, at, segments, arms


def totals_of(
    events: list[Raw],
    records: dict[str, list[Record]],
    timezone: str,
    window_ms: int,
    spans: dict[str, tuple[int, int]],
    unmailed: set[str],
) -> Totals:
    """What the events of all customers come to; ``records`` are each customer's membership records. Merged ids are one
    customer."""
    merges = [event for event in events if event["type"] == "merge"]
    days: dict[tuple[str, str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    variants: dict[tuple[str, ...], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    trials: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    left = {*(event["user"] for event in events), *records}
    while left:
        ids = one_with(next(iter(left)), merges, NEVER)
        left -= ids
        mine = standing([event for event in events if event["user"] in ids], merges)
        erases = [event for event in events if event["type"] == "erase" and event["user"] in ids]
        courses = {
            one: sorted(record for record in records.get(one, ()) if not is_gone(one, record[1], erases, merges))
            for one in sorted(ids, key=rank(ids))
        }
        orders = orders_of(mine)
        mails = (event for event in mine if event["type"] == "email")
        messages = {event["message"] for event in mails if event["action"] != "resubscribed"}
        told = {name: Message(name, mine, Courses(courses, merges), unmailed) for name in messages}
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
        for segment, (arm, since) in draws(list(courses.values()), spans).items():
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


def one_with(user: str, merges: list[Raw], at: int) -> set[str]:
    """The ids that are one with an id at an instant."""
    found = {user}
    for _ in merges:
        for merge in merges:
            if merge["at"] <= at and {merge["user"], merge["from"]} & found:
                found |= {merge["user"], merge["from"]}
    return found


def rank(ids: set[str]) -> Callable[[str], str]:
    """Where everything else is the same, ids come in the order of their digests."""
    return lambda one: blake2b(one.encode(), digest_size=16).hexdigest()


def is_gone(user: str, at: int, erases: list[Raw], merges: list[Raw]) -> bool:
    """Whether something of an id is erased: with it, or with an id that is one with it when that is erased."""
    return any(at <= erase["at"] and user in one_with(erase["user"], merges, erase["at"]) for erase in erases)


def standing(events: list[Raw], merges: list[Raw]) -> list[Raw]:
    """Each event of a customer once, the earlier of two under one id; without what was erased."""
    erases = [event for event in events if event["type"] == "erase"]
    ids = {event["user"] for event in events}
    found: dict[str, Raw] = {}
    for event in sorted(events, key=lambda event: (event["at"], rank(ids)(event["user"]))):
        if not is_gone(event["user"], event["at"], erases, merges):
            found.setdefault(event["id"], event)
    return list(found.values())


class Courses(NamedTuple):
    """The membership records of a customer's ids, in their order."""

    records: dict[str, list[Record]]
    merges: list[Raw]

    def then(self, user: str, at: int) -> list[Record]:
        """Those up to an instant by which mail to an id went out."""
        past = {one: [record for record in course if record[1] <= at] for one, course in self.records.items()}
        own = past[user]
        if own and own[-1][2]:
            return own
        best, newest_at = own, -1
        for one, course in past.items():
            if course and course[-1][2] and one in one_with(user, self.merges, at) and course[-1][1] > newest_at:
                best, newest_at = course, course[-1][1]
        return best


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

    def __init__(self, name: str, events: list[Raw], courses: Courses, unmailed: set[str]) -> None:
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
        out = [event for event in mine if event["action"] in ("sent", "delivered")]
        then = courses.then((out or mine)[0]["user"], self.sent)
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


def draws(courses: list[list[Record]], spans: dict[str, tuple[int, int]]) -> dict[str, tuple[str, int]]:
    """Which trials a customer counts for; each of their ids has a course of records."""
    said: list[tuple[int, str, str]] = []
    for stood in courses:
        mine = [(at, segment, arm) for _, at, _, arms in stood for segment, arm in arms.items()]
        for segment, (start, end) in spans.items():
            before = [record for record in stood if record[1] < start]
            arm = before[-1][3].get(segment) if before else None
            # what is said when it is over is of a later run
            inside = [drawn for at, name, drawn in mine if name == segment and start <= at < end]
            if arm is not None and (not inside or inside[0] == arm):
                mine.insert(0, (start, segment, arm))  # by its own clock it was before, so from the start
        said += mine
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
