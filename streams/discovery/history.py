"""What customers had done up to an instant, by source, as flat arrays: the same facts as the engine derives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from streams.discovery.records import Bools, Ints, Records, expanded, grouped
from streams.rows.layout import (
    ACTION_MASK,
    BOUNCED,
    CLICKED,
    COMPLAINED,
    COUPON,
    DELIVERED,
    DISCOUNT,
    G_CART,
    G_CONSENT,
    G_EMAIL,
    G_ORDER,
    G_PROFILE,
    G_REFUND,
    G_VIEW,
    ITEM,
    KIND_MASK,
    LINK_BITS,
    LINK_MASK,
    MACHINE,
    NAME_MASK,
    NEVER,
    NO_AMOUNT,
    OPENED,
    REMOVED,
    RESUBSCRIBED,
    SENT,
    UNSUBSCRIBED,
)

if TYPE_CHECKING:
    from streams.discovery.everyone import Everyone
    from streams.events.traffic import Traffic

GROUPS_READ = (G_VIEW, G_CART, G_ORDER, G_REFUND, G_EMAIL, G_PROFILE, G_CONSENT)


class Facts(NamedTuple):
    """Facts of one source, arrays of one length: customer, instant (ms), amount (ten-thousandths: price or total, or
    NO_AMOUNT), and a flag (of purchases: discounted; of e-mails: opened)."""

    row: Ints
    at: Ints
    amount: Ints
    flag: Bools


class Tags(NamedTuple):
    """The categories of the facts of one source: customer, instant and number of the category, one entry for each
    category of a fact."""

    row: Ints
    at: Ints
    tag: Ints


@dataclass(frozen=True, slots=True)
class Past:
    """Customers as of ``at_ms``. ``there``: known, and may be mailed; ``first``: instant of the first event (NEVER:
    none); ``profile``: property -> number of its value's name (0: missing)."""

    at_ms: int
    there: Bools
    first: Ints
    facts: dict[str, Facts]
    tags: dict[str, Tags]
    profile: dict[str, Ints]


class History:
    """All that customers did; they are called by their rows."""

    def __init__(self, everyone: Everyone) -> None:
        self.customers, self.names, self._known = everyone.customers, everyone.names, everyone.known
        self._retention_ms, self._traffic = everyone.policy.retention_ms, everyone.policy.traffic
        self._groups = {group: everyone.records(group) for group in GROUPS_READ}

    def until(self, at_ms: int) -> Past:
        """Everything up to an instant, and what was not forgotten by then."""
        facts, tags = {}, {}
        for source, group in (("views", G_VIEW), ("carts", G_CART)):
            facts[source], tags[source] = self._products(group, at_ms)
        facts["purchases"], tags["purchases"] = self._purchases(at_ms)
        facts["refunds"] = self._refunds(at_ms)
        facts |= self._messages(at_ms)
        there = (self._known <= at_ms) & ~self._suppressed(at_ms)
        return Past(at_ms, there, self._known, facts, tags, self._profile(at_ms))

    def _up_to(self, group: int, at_ms: int) -> Records:
        records = self._groups[group]
        return records.where(records.at <= at_ms)

    def _products(self, group: int, at_ms: int) -> tuple[Facts, Tags]:
        seen = self._up_to(group, at_ms)
        which = seen.at > at_ms - self._retention_ms
        if group == G_VIEW and self._traffic.views:
            which &= ~too_fast(seen, self._traffic)
        kept = seen.where(which)
        places, tag = expanded(kept.words[:, 3] & NAME_MASK, self.names)
        flag = np.zeros(len(kept.row), np.bool_)
        return Facts(kept.row, kept.at, kept.words[:, 4], flag), Tags(kept.row[places], kept.at[places], tag)

    def _purchases(self, at_ms: int) -> tuple[Facts, Tags]:
        """Orders that stand: dated by the first of their events, with the content of the last."""
        seen = self._up_to(G_ORDER, at_ms)
        place = np.flatnonzero(~seen.is_line)
        heads = Records(seen.row[place], seen.words[place])
        _, first, last = grouped(heads.joint)
        whole, back = self._given_back(heads.joint[first], at_ms)
        total, date = heads.words[last, 4], heads.at[first]
        stands = ~whole & ~((back > 0) & (back >= total)) & (date > at_ms - self._retention_ms)
        of = np.full(len(heads.row), -1)  # which order the lines below an event are of; -1: replaced or gone
        of[last[stands]] = np.arange(int(stands.sum()))
        line_of = of[np.cumsum(~seen.is_line) - 1] if len(place) else np.zeros(0, np.int64)
        kind = seen.words[:, 0] & KIND_MASK
        coupon = heads.flags[last[stands]] & COUPON != 0
        discounted = coupon | (np.bincount(line_of[(kind == DISCOUNT) & (line_of >= 0)], minlength=len(coupon)) > 0)
        row, date = heads.row[first[stands]], date[stands]
        facts = Facts(row, date, (total - back)[stands], discounted)
        items = (kind == ITEM) & (line_of >= 0)
        places, tag = expanded(seen.words[items, 3] & NAME_MASK, self.names)
        pairs = np.unique(line_of[items][places] << 32 | tag)  # an order matches a category once
        return facts, Tags(row[pairs >> 32], date[pairs >> 32], pairs & NAME_MASK)

    def _given_back(self, orders: Ints, at_ms: int) -> tuple[Bools, Ints]:
        """For each order whether it was refunded as a whole, and how much was given back in parts."""
        refunds = self._up_to(G_REFUND, at_ms)
        whole, back = np.zeros(len(orders), np.bool_), np.zeros(len(orders), np.int64)
        order = np.argsort(orders, kind="stable")
        place = np.searchsorted(orders[order], refunds.joint)
        known = (
            (place < len(orders)) & (orders[order][np.minimum(place, len(orders) - 1)] == refunds.joint)
            if len(orders)
            else np.zeros(len(refunds.row), np.bool_)
        )
        which, amount = order[place[known]], refunds.words[known, 4]
        whole[which[amount == NO_AMOUNT]] = True
        np.add.at(back, which[amount != NO_AMOUNT], amount[amount != NO_AMOUNT])
        return whole, back

    def _refunds(self, at_ms: int) -> Facts:
        seen = self._up_to(G_REFUND, at_ms)
        kept = seen.where(seen.at > at_ms - self._retention_ms)
        return Facts(kept.row, kept.at, kept.words[:, 4], np.zeros(len(kept.row), np.bool_))

    def _messages(self, at_ms: int) -> dict[str, Facts]:
        """E-mails by when they were sent, opens and clicks by people: one of each a message."""
        seen = self._up_to(G_EMAIL, at_ms)
        group, first, _ = grouped(seen.joint)
        action, human = seen.flags & ACTION_MASK, seen.flags & MACHINE == 0
        if self._traffic.links_ms:
            delivered = _earliest(group, len(first), seen.at, action == DELIVERED)[group]
            human &= ~scanned(seen, group, seen.at - delivered, self._traffic)
        instants = {
            "emails": _earliest(group, len(first), seen.at, (action == SENT) | (action == DELIVERED)),
            "opens": _earliest(group, len(first), seen.at, human & ((action == OPENED) | (action == CLICKED))),
            "clicks": _earliest(group, len(first), seen.at, human & (action == CLICKED)),
        }
        opened, row = instants["opens"] != NEVER, seen.row[first]
        found = {}
        for source, at in instants.items():
            kept = (at != NEVER) & (at > at_ms - self._retention_ms)
            found[source] = Facts(row[kept], at[kept], np.full(int(kept.sum()), NO_AMOUNT), opened[kept])
        return found

    def _suppressed(self, at_ms: int) -> Bools:
        """Who may not be mailed: of unsubscribed and resubscribed the last counts, the rest stays."""
        seen = self._up_to(G_CONSENT, at_ms)
        action = seen.flags & ACTION_MASK
        refused = np.zeros(self.customers, np.bool_)
        turns = (action == UNSUBSCRIBED) | (action == RESUBSCRIBED)
        refused[seen.row[turns]] = action[turns] == UNSUBSCRIBED  # of several writes the last stays
        refused[seen.row[(action == BOUNCED) | (action == COMPLAINED)]] = True
        return refused

    def _profile(self, at_ms: int) -> dict[str, Ints]:
        seen = self._up_to(G_PROFILE, at_ms)
        value = np.where(seen.flags & REMOVED, 0, seen.words[:, 3] & NAME_MASK)
        found = {}
        for number in np.unique(seen.words[:, 3] >> 32).tolist():
            if number:
                mine = seen.words[:, 3] >> 32 == number
                values = np.zeros(self.customers, np.int64)
                values[seen.row[mine]] = value[mine]
                found[self.names.shown[number]] = values
        return found


def too_fast(views: Records, traffic: Traffic) -> Bools:
    """Which views are a machine's (``events.traffic``), as ``engine.traffic`` has it."""
    found, n = np.zeros(len(views.row), np.bool_), traffic.views
    found[n:] = (views.row[n:] == views.row[:-n]) & (views.at[n:] - views.at[:-n] < traffic.views_ms)
    return found


def scanned(mails: Records, message: Ints, since_ms: Ints, traffic: Traffic) -> Bools:
    """Which opens and clicks are a scanner's; ``since_ms``: since the delivery of each record's message."""
    early = (since_ms >= 0) & (since_ms <= traffic.links_ms)
    link = mails.words[:, 3] & LINK_MASK
    clicks = early & (mails.flags & ACTION_MASK == CLICKED) & (link != 0)
    pairs = np.unique(message[clicks] << LINK_BITS | link[clicks])
    links = np.bincount(pairs >> LINK_BITS, minlength=int(message.max(initial=-1)) + 1)
    return early & (links[message] > 1)


def _earliest(group: Ints, groups: int, at: Ints, which: Bools) -> Ints:
    """The first instant of those of each group, NEVER where there is none."""
    found = np.full(groups, NEVER)
    np.minimum.at(found, group[which], at[which])
    return found
