"""Recommendations for customers and segments, whoever they are."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain

from streams.recommend.counting import Counting
from streams.recommend.customers import choose
from streams.recommend.history import History
from streams.recommend.listing import POPULAR, Pick
from streams.recommend.ranking import Ranking
from streams.recommend.segments import choose_for_all

#: so many products of each category take turns where nothing is known
_ROUNDS = 20


class Recommender:
    """Answers from what was counted. What is popular is that of ``rank``, which is to be called now and then.

    Args:
        counting: takes the events; it may go on doing so.
        retention_ms: purchases and views older than this are forgotten.
    """

    def __init__(self, counting: Counting, retention_ms: int) -> None:
        self._counting, self._retention_ms = counting, retention_ms
        self._members: Mapping[str, Collection[str]] = {}
        self._of_segments: dict[tuple[str, int], list[Pick]] = {}
        self._ranking = Ranking(counting, counting.newest_ms)

    def rank(self, now_ms: int, members: Mapping[str, Collection[str]] | None = None) -> None:
        """Ranks as of an instant; ``members`` are the customers of each segment, None: as before."""
        self._ranking = Ranking(self._counting, now_ms)
        self._members = self._members if members is None else members
        self._of_segments.clear()

    def for_customer(
        self, user: str, count: int, segments: Iterable[str] = (), kinds: Collection[str] = (), *, again: bool = False
    ) -> list[Pick]:
        """So many products, where there are so many that they do not have.

        For what their own history does not fill come those of their segments, one segment after the other, and then
        what is popular in each of the leading categories. ``kinds``: only for these reasons, then nothing is filled up.
        """
        history = self._history(user)
        if history is None:
            return [] if kinds else self._filled([], None, count, segments)
        picks = choose(self._counting, self._ranking, history, count, kinds, again=again)
        return picks if kinds else self._filled(picks, history, count, segments)

    def for_segment(self, segment: str, count: int) -> list[Pick]:
        """So many products for the members of a segment, filled up with what is popular in each leading category."""
        key = segment, count
        if key not in self._of_segments:
            found = (self._history(user) for user in self._members.get(segment, ()))
            members = [history for history in found if history is not None]
            picks = choose_for_all(self._counting, self._ranking, members, count)
            self._of_segments[key] = self._filled(picks, None, count, ())
        return self._of_segments[key]

    def _history(self, user: str) -> History | None:
        """What a customer did within retention; None where that is nothing."""
        history = self._counting.histories.get(self._counting.home(user))
        if history is None:
            return None
        self._counting.forget(history, self._ranking.now_ms - self._retention_ms)
        return history if history else None

    def _filled(self, picks: list[Pick], history: History | None, count: int, segments: Iterable[str]) -> list[Pick]:
        taken = {pick.product for pick in picks}
        if history is not None:
            ids = self._counting.catalogue.products.shown
            taken |= {ids[product] for product in history.bought}
        found = list(picks)
        for more in (self._of(sorted(segments), count), self._popular()):
            for pick in more:
                if len(found) >= count:
                    return found
                if pick.product not in taken:
                    taken.add(pick.product)
                    found.append(pick)
        return found

    def _of(self, segments: Sequence[str], count: int) -> list[Pick]:
        return [pick for segment in segments for pick in self.for_segment(segment, count) if pick.why != POPULAR]

    def _popular(self) -> Iterator[Pick]:
        """The most popular product of each category in turn, the leading ones first, then the second ones, and so on;
        then all."""
        ranking, ids = self._ranking, self._counting.catalogue.products.shown
        for one in chain(_in_turn(ranking), ranking.order.tolist()):
            yield Pick(ids[one], POPULAR, "", round(float(ranking.popular[one]), 9))


def _in_turn(ranking: Ranking) -> Iterator[int]:
    for place in range(_ROUNDS):
        for category in ranking.leading.tolist():
            yield from ranking.top_of(category, place + 1)[place:].tolist()
