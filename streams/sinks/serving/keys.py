"""The keys in Redis. All begin with the application's name as a hash tag, so that a cluster keeps them together.

``{app}:live``                   the number N of the generation that readers use
``{app}:building``               the number of the generation that is being built, if one is
``{app}:N:positions``            hash: partition of the topic -> the next offset to read; ``written``: when, in ms
``{app}:N:segments``             set: the segments that have or had a member
``{app}:N:customer:USER``        hash of who is in a segment: ``seq``, ``at``, ``segments`` (JSON list), ``since``
                                 (JSON: segment -> ms), ``arms`` (JSON: segment -> arm of its trial),
                                 ``withheld`` (JSON list: segments whose mail that arm does not get)
``{app}:N:members:SEGMENT``      sorted set: customers by the instant (ms) at which they entered
"""

from __future__ import annotations

from typing import NamedTuple


class Keys(NamedTuple):
    """The names of one application's keys."""

    application: str

    @property
    def live(self) -> str:
        """Which generation readers use."""
        return self._of("live")

    @property
    def building(self) -> str:
        """Which generation is being built."""
        return self._of("building")

    def generation(self, number: int) -> str:
        """What the keys of a generation begin with."""
        return self._of(f"{number}:")

    def positions(self, number: int) -> str:
        """How far the topic was taken in."""
        return self._of(f"{number}:positions")

    def segments(self, number: int) -> str:
        """The segments."""
        return self._of(f"{number}:segments")

    def customer(self, number: int, user: str) -> str:
        """One customer."""
        return self._of(f"{number}:customer:{user}")

    def members(self, number: int, segment: str) -> str:
        """One segment."""
        return self._of(f"{number}:members:{segment}")

    def _of(self, rest: str) -> str:
        return f"{{{self.application}}}:{rest}"
