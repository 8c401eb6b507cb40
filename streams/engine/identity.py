"""Merges between partitions: what one of them does when it is told of one, and what it tells others.

A merge is asked of partition 0, which alone decides who absorbs whom. The absorbed id's home sends all its facts to the
survivor's home, forgets the customer, and from then on sends on what comes for the old id. A message and what follows
from it are in one transaction; then its key gets a tombstone, so that compaction takes it away.
"""

from __future__ import annotations

from collections.abc import Sequence

from streams.engine.api import Forward, Policy, Record
from streams.engine.customers import Customers
from streams.engine.joined import Edge, Joined, unpacked
from streams.engine.merged import Arrivals
from streams.engine.messages import (
    Ask,
    Claim,
    Facts,
    Known,
    MergeSaid,
    Message,
    Straggler,
    decoded,
    encoded,
    home_of,
)
from streams.engine.restore import erased_key, erased_until
from streams.engine.survivors import REDIRECT_PREFIX, SURVIVOR_PREFIX, Redirect, Redirects, Survivors
from streams.events.decode import Refusal, decode_event
from streams.events.native import Erase, Event, Merge
from streams.rows.arena import ERASED
from streams.rows.ids import key_digest
from streams.rows.layout import LONG_AGO


class Identity:
    """A partition's part in merges. ``arrivals`` takes what comes for customers whose home this is."""

    def __init__(self, number: int, partitions: int, policy: Policy, customers: Customers, arrivals: Arrivals) -> None:
        self._number, self._partitions, self._policy = number, partitions, policy
        self._customers, self._arrivals = customers, arrivals
        self._survivors = Survivors()
        self._redirects = Redirects()
        self._out: list[Forward] = []

    # -- what comes on any topic

    def ask(self, merge: Merge, topic: str, offset: int) -> None:
        """A merge was said."""
        said = MergeSaid(str(merge.user), str(merge.source), int(merge.at), str(merge.id))
        self._send(Ask(said), topic, offset)

    def merged_into(self, user: str) -> Redirect | None:
        """Who has the facts of an id whose home this is; None: it was not absorbed."""
        return self._redirects.get(user)

    def note(self, user: str, survivor: str, at_ms: int) -> None:
        """An id of this partition was absorbed by another one of it (replay)."""
        self._redirects.put(user, Redirect(survivor, at_ms, []))

    def passed_on(self, user: str, topic: str, record: Record) -> bool:
        """Send a record of an absorbed id to the survivor; False where the id was not absorbed."""
        redirect = self._redirects.get(user)
        if redirect is None:
            return False
        event = decode_event(record.value, record.key)
        if not isinstance(event, Refusal) and self._stands(user, redirect, event):
            self._send(
                Straggler(redirect.survivor, record.value or b"", record.key, [*redirect.edges]), topic, record.offset
            )
        return True

    # -- what comes on the identity topic

    def take(self, records: Sequence[Record], now_ms: int) -> list[tuple[str, Record]]:
        """Do what the messages say; those that are none, with the reasons."""
        refused = []
        for record in records:
            if record.value is None:
                continue
            try:
                message = decoded(record.value)
            except ValueError as error:
                refused.append((str(error), record))
            else:
                self._take(message, record.offset, now_ms)
            self._out.append(Forward(self._policy.identity, self._number, record.key or b"", None))
        self._arrivals.settle(now_ms)
        return refused

    def _take(self, message: Message, offset: int, now_ms: int) -> None:
        if isinstance(message, Ask):
            answer: Message | None = self._decide(message.merge)
        elif isinstance(message, Claim):
            answer = self._let_go(message, now_ms)
        else:
            answer = self._on_its_way(message)
            if answer is None:
                self._arrived(message, now_ms)
        if answer is not None:
            self._send(answer, self._policy.identity, offset)

    def _decide(self, merge: MergeSaid) -> Message:
        absorbed, survivor, found = self._survivors.join(merge.source, merge.user, merge.at_ms)
        edges: list[tuple[int, int, int]] = [*found]
        return Known(survivor, merge, edges) if absorbed == survivor else Claim(absorbed, survivor, merge, edges)

    def _let_go(self, claim: Claim, now_ms: int) -> Message:
        """The facts of a customer who is absorbed."""
        self._arrivals.settle(now_ms)  # an erasure may be among what waits
        user = claim.absorbed
        row = self._customers.row_of.get(user)
        if row is None:
            erased = erased_until(self._customers.erased.get(erased_key(user)))
        else:
            erased = int(self._arrivals.machine.rows.head[row, ERASED])
        facts = self._arrivals.let_go(claim, row, erased, now_ms)
        edges = [Edge(*edge) for edge in claim.edges]
        since = Joined(key_digest(claim.survivor), edges).since(key_digest(user))
        self._redirects.put(user, Redirect(claim.survivor, since, edges, erased))
        return facts

    def _on_its_way(self, message: Known | Facts | Straggler) -> Message | None:
        """The message to the one who absorbed its addressee meanwhile; None: it is at its end."""
        user = message.survivor
        redirect = self._redirects.get(user)
        if redirect is None:
            return None
        edges = [*message.edges, *redirect.edges]
        if isinstance(message, Known):
            return Known(redirect.survivor, message.merge, edges)
        if isinstance(message, Straggler):
            return Straggler(redirect.survivor, message.value, message.key, edges)
        erased = dict(message.erased)
        if redirect.erased_ms != LONG_AGO:
            erased[key_digest(user)] = redirect.erased_ms
        return Facts(
            message.absorbed, redirect.survivor, message.merge, edges, erased, message.origins, message.history
        )

    def _arrived(self, message: Known | Facts | Straggler, now_ms: int) -> None:
        if isinstance(message, Facts):
            self._arrivals.join(message, unpacked(message.origins), now_ms)
        elif isinstance(message, Known):
            self._arrivals.event(message.survivor, _event(message.merge), message.edges, now_ms)
        else:
            event = decode_event(message.value, message.key)
            if not isinstance(event, Refusal):
                self._arrivals.event(message.survivor, event, message.edges, now_ms)

    def _stands(self, user: str, redirect: Redirect, event: Event) -> bool:
        """Whether an event of an absorbed id is not forgotten by an erasure of that id; remembers a new one."""
        if int(event.at) <= redirect.erased_ms:
            return False
        if isinstance(event, Erase):
            self._redirects.put(user, redirect._replace(erased_ms=int(event.at)))
        return True

    def _send(self, message: Message, topic: str, offset: int) -> None:
        """Each record that is read makes one message at most, so its place is a key of its own."""
        key = f"{self._number}/{topic}/{offset}".encode()
        self._out.append(Forward(self._policy.identity, home_of(message, self._partitions), key, encoded(message)))

    # -- what is kept

    def restore(self, found: dict[bytes, bytes]) -> None:
        """Put back the changelog's records; raises ValueError."""
        for key, value in found.items():
            if key.startswith(SURVIVOR_PREFIX):
                self._survivors.restore(key, value)
            elif key.startswith(REDIRECT_PREFIX):
                self._redirects.restore(key, value)

    def take_fresh(self) -> list[tuple[bytes, bytes | None]]:
        """Changelog records since the last call."""
        return [*self._survivors.take_fresh(), *self._redirects.take_fresh()]

    def take_messages(self) -> list[Forward]:
        """Records for the identity topic since the last call."""
        out, self._out = self._out, []
        return out

    def waiting(self) -> int:
        """How many of all these there are."""
        return len(self._out) + self._survivors.fresh() + self._redirects.fresh()


def _event(merge: MergeSaid) -> Merge:
    return Merge(at=merge.at_ms, id=merge.id, user=merge.user, source=merge.source)
