"""What is to be told of a customer, and what became of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, Protocol

from streams.sinks.delivery.http import Answer, Request
from streams.sinks.delivery.pace import Limits

Kind = Literal["change", "truth", "erased"]
#: (segment, arm) of the trials that a customer is in.
Arms = tuple[tuple[str, str], ...]


class Item(NamedTuple):
    """A customer ``entered`` and ``exited`` these segments and is now in ``after``.

    ``kind`` is as for subscribers: a ``change`` as it was published, the ``truth`` after records that were not told one
    by one, or ``erased``. ``before`` is what the far side is known to have; ``touched`` are all the segments in which
    it may differ from ``after``, also by calls of which it is not known whether they arrived. ``at`` is the instant of
    the record (RFC 3339), ``far`` the far side's own id of the customer, where it is known, ``build`` which telling of
    everybody it belongs to.

    ``arms`` is the arm of the trial that the customer is in, by segment; ``withheld`` are segments of theirs whose mail
    they do not get by it, and ``released`` those whose mail they get though they were in them before. Platforms that
    are told of ``mailed`` segments alone find all of that in ``after``, where what is withheld is missing.
    """

    user: str
    seq: int
    at: str
    kind: Kind
    before: tuple[str, ...]
    after: tuple[str, ...]
    entered: tuple[str, ...]
    exited: tuple[str, ...]
    touched: frozenset[str]
    far: str = ""
    build: int = 0
    arms: Arms = ()
    withheld: frozenset[str] = frozenset()
    released: tuple[str, ...] = ()

    @property
    def key(self) -> str:
        """The same for every try of the same item: what is told again as asked for has another."""
        told = {"change": "", "erased": "/erased", "truth": f"/truth-{self.build}"}[self.kind]
        return f"{self.user}/{self.seq}{told}"

    @property
    def quiet(self) -> bool:
        """Whether there is nothing to tell."""
        return self.kind == "truth" and not self.touched


class Done(NamedTuple):
    """The far side has it; ``far``: its own id of the customer."""

    far: str = ""


class Again(NamedTuple):
    """It failed for a reason that may pass; ``together``: one that is not its own."""

    reason: str
    together: bool = False


class Refused(NamedTuple):
    """It will never be taken as it is."""

    reason: str


Outcome = Done | Again | Refused

#: Makes a call, however long the far side is away.
Call = Callable[[Request], Answer]


class BatchError(Exception):
    """A call failed as a whole, so that it is not known for which item; ``passing``: it may succeed later as it is."""

    def __init__(self, reason: str, *, passing: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.passing = passing


class Contents(Protocol):
    """The copy that a person approved, for customers in segments."""

    def of(self, user: str, segments: Sequence[str]) -> dict[str, dict[str, object]]:
        """What a customer reads, by segment; segments without copy are left out."""
        ...

    def labels(self, user: str, segments: Sequence[str]) -> list[str]:
        """The names of the wordings that a customer is shown."""
        ...


def labels_of(contents: Contents, item: Item) -> list[str]:
    """The names of the wordings that somebody is shown where they stand now; nobody who was erased is shown any."""
    return contents.labels(item.user, [segment for segment in item.after if segment not in item.withheld])


class Platform(Protocol):
    """What is a platform's own."""

    #: items of one ``deliver`` at most
    most: int
    #: whether it is told every change; else only where a customer stands in the end
    every: bool
    #: whether it is told only of segments whose mail a customer gets; else of all, with the arms of trials
    mailed: bool
    #: calls within so many seconds, by the name of what they are counted together for
    limits: Limits

    def deliver(self, items: Sequence[Item], call: Call) -> list[Outcome]:
        """Tells of customers, each of whom is there once; returns what became of each, in order.

        Raises:
            BatchError: a call failed as a whole.
        """
        ...

    def headers(self, request: Request, now_ms: int) -> dict[str, str]:
        """What goes with a call, the key among it."""
        ...

    def pretended(self, request: Request) -> Answer:
        """What the far side would answer; for a dry run."""
        ...


def accepted(answer: Answer) -> Answer:
    """An answer that says yes.

    Raises:
        BatchError: it says no.
    """
    if 200 <= answer.status < 300:
        return answer
    raise BatchError(f"{answer.status} {answer.text}".strip(), passing=answer.status >= 500)
