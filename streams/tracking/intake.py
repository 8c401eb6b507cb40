"""Records of the live topics into a partition's book: a pure function of the records."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from streams.events.decode import Refusal, decode_event
from streams.events.instants import instant_ms
from streams.events.native import Erase, Merge
from streams.events.rates import Rates
from streams.outcomes.book import Book
from streams.outcomes.facts import Stood, fact_of
from streams.outcomes.messages import decoded


class _Record(msgspec.Struct, frozen=True):
    """What matters here of a membership record."""

    seq: int
    at: str
    segments: list[str]
    arms: dict[str, str] = {}


_decoder = msgspec.json.Decoder(_Record)


@dataclass(slots=True)
class Counts:
    """Since the start: records read, those from which something follows, and those that make no sense."""

    records: int = 0
    taken: int = 0
    odd: int = 0


class Intake:
    """Takes records in; ``home`` says which partition a customer is at home in."""

    def __init__(self, rates: Rates, home: Callable[[str], int]) -> None:
        self.counts = Counts()
        self._rates, self._home = rates, home

    def event(self, book: Book, number: int, key: bytes | None, value: bytes | None) -> None:
        """A record of an input topic. What is refused, or not at home here, is the workers' to tell and to forward."""
        self.counts.records += 1
        if value is None or not _may_matter(value):
            return
        event = decode_event(value, key, self._rates)
        if isinstance(event, Refusal) or (fact_of(event) is None and not isinstance(event, Erase | Merge)):
            return
        user = str(event.user)
        if self._home(user) == number:
            self.counts.taken += 1
            book.take(user, event)

    def membership(self, book: Book, key: bytes | None, value: bytes | None) -> None:
        """A record of the topic of memberships. Tombstones tell nothing: erasures come as events."""
        self.counts.records += 1
        if value is None or not key:
            return
        try:
            said = _decoder.decode(value)
            stood = Stood(said.seq, instant_ms(said.at), tuple(said.segments), next(iter(said.arms.items()), None))
        except ValueError:  # msgspec's errors are such
            self.counts.odd += 1
            return
        self.counts.taken += 1
        book.stand(key.decode(errors="replace"), stood)

    def message(self, book: Book, value: bytes | None) -> None:
        """A record of the topic of merges: what this job has said itself."""
        if value is None:
            return
        try:
            message = decoded(value)
        except (ValueError, TypeError, LookupError):
            self.counts.odd += 1
            return
        book.told(message)


def _may_matter(value: bytes) -> bool:
    """Most events are views, from which nothing follows here; to read them would take most of the time. These words are
    in all others, unless they are spelled with escapes."""
    return (
        b"email" in value
        or b"purchase" in value
        or b"refund" in value
        or b"erase" in value
        or b"merge" in value
        or b"\\u" in value
    )
