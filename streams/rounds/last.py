"""What is known of the last round: when it began and ended, what it found, what it cost."""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

#: A round that ends without a word, as by ``kill -9`` or for want of memory, is begun so often.
MOST_TRIES = 3


class Last(msgspec.Struct, frozen=True, omit_defaults=True):
    """The last round. All instants are in ms, 0: never, or not yet.

    ``served_ms``: the newest instant of the schedule for which a round has ended, well or not; ``due_ms``: the one for
    which the last round was begun (0: by hand), and ``tries``: how often it was. ``candidates``: how many the search
    found; ``proposals``: their names; ``error``: why it could not be done, ``fault``: why the model was of no use.
    """

    served_ms: int = 0
    due_ms: int = 0
    tries: int = 0
    began_ms: int = 0
    ended_ms: int = 0
    worker: str = ""
    customers: int = 0
    candidates: int = 0
    proposals: tuple[str, ...] = ()
    requests: int = 0
    usd: float = 0.0
    fault: str = ""
    error: str = ""

    @property
    def running(self) -> bool:
        """Whether it was begun and has not ended, as far as anybody said."""
        return self.began_ms > 0 and not self.ended_ms

    @property
    def seconds(self) -> float:
        """How long it took."""
        return (self.ended_ms - self.began_ms) / 1000 if self.ended_ms else 0.0

    def begun(self, now_ms: int, due_ms: int, worker: str) -> Last:
        """The next one, of which only this is known."""
        tries = self.tries + 1 if due_ms and self.due_ms == due_ms else int(bool(due_ms))
        return Last(served_ms=self.served_ms, due_ms=due_ms, tries=tries, began_ms=now_ms, worker=worker)

    def ended(self, now_ms: int, **found: Any) -> Last:
        """The same with its end."""
        return replace(self, ended_ms=now_ms, served_ms=max(self.served_ms, self.due_ms), **found)

    def owed(self, due_ms: int) -> bool:
        """Whether for the newest instant of the schedule a round has still to be run."""
        return 0 < self.served_ms < due_ms

    def spent(self, due_ms: int) -> bool:
        """Whether it was begun for that instant as often as it may be."""
        return self.due_ms == due_ms and self.tries >= MOST_TRIES


_decoder = msgspec.json.Decoder(Last)


def encoded(last: Last) -> bytes:
    """As a record's value."""
    return msgspec.json.encode(last)


def decoded(value: bytes) -> Last | None:
    """From a record's value; None of another version's."""
    try:
        return _decoder.decode(value)
    except msgspec.MsgspecError:
        return None
