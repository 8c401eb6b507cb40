"""The outcomes of one partition's customers: taken in piece by piece, handed out as what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import blake2b
from typing import NamedTuple

from streams.events.native import Erase, Event
from streams.outcomes.facts import Stood, Story, fact_of
from streams.outcomes.sums import Key, Sums, Terms, part_of, sums_of
from streams.trials.totals import key_of, names_of, value_of

#: The keys of what is no customer's: none of their ids begins with NUL.
POSITION, ERASED = b"\0p", b"\0e"
Pair = tuple[bytes, bytes | None]


class Written(NamedTuple):
    """What has changed: records of the state's topic, and of that of totals; None: a tombstone."""

    state: list[Pair]
    totals: list[Pair]


class Book:
    """The customers of partition ``number``.

    Totals are the sums over customers of a pure function of their facts (``sums_of``): what comes in adds the
    difference that it makes. ``positions`` says up to where each topic was taken in.
    """

    def __init__(self, number: int, terms: Terms, retention_ms: int) -> None:
        self.positions: dict[str, int] = {}
        self._number, self._terms, self._retention_ms = number, terms, retention_ms
        self._stories: dict[str, bytes] = {}  # packed: a fact takes about 80 bytes, as objects ten times that
        self._erased: dict[bytes, int] = {}
        self._sums: Sums = {}
        self._moved: set[Key] = set()  # where totals may differ from what was published
        self._published: dict[bytes, bytes] = {}
        self._touched: dict[str, Story] = {}
        self._before: dict[str, Sums] = {}
        self._state: dict[bytes, bytes | None] = {}

    def customers(self) -> int:
        """How many customers are known."""
        return len(self._stories)

    def restore(self, records: Iterable[Pair]) -> None:
        """Take in records of the state's topic, in their order."""
        for key, value in records:
            if key.startswith(POSITION):
                self.positions[key[len(POSITION) :].decode()] = int(value or b"0")
            elif key.startswith(ERASED):
                self._erased[key[len(ERASED) :]] = int(value or b"0")
            elif value is None:
                self._stories.pop(key.decode(), None)
            else:
                self._stories[key.decode()] = value

    def open(self, published: Mapping[bytes, bytes]) -> None:
        """All is restored; ``published`` are this partition's totals as they lie in their topic."""
        self._published = dict(published)
        self._moved = {names_of(key.decode())[1] for key in published}
        self.recount(self._terms)

    def recount(self, terms: Terms) -> None:
        """Count everything anew, by these terms."""
        self._settle()
        gone, self._terms, self._sums = set(self._sums), terms, {}
        for raw in self._stories.values():
            _add(self._sums, sums_of(Story.from_bytes(raw), terms), 1)
        self._moved |= gone | set(self._sums)

    def take(self, user: str, event: Event) -> None:
        """Take in a settled event of a customer."""
        at_ms = int(event.at)
        if isinstance(event, Erase):
            self._erase(user, at_ms)
        elif (fact := fact_of(event)) is not None and at_ms > self._erased_ms(user):
            self._story(user).take(str(event.id), fact)

    def stand(self, user: str, stood: Stood) -> None:
        """Take in a membership record of a customer."""
        if stood.at_ms > self._erased_ms(user):
            self._story(user).stand(stood)

    def moved(self, topic: str, position: int) -> None:
        """A topic was taken in up to this offset."""
        self.positions[topic] = position
        self._state[POSITION + topic.encode()] = b"%d" % position

    def changed(self) -> Written:
        """What is to be written since the last call."""
        self._settle()
        state, self._state = list(self._state.items()), {}
        return Written(state, self._changed_totals())

    def _changed_totals(self) -> list[Pair]:
        """Where totals are not what was published."""
        changed: list[Pair] = []
        for names in sorted(self._moved):
            part = part_of(names, self._sums.get(names, ()))
            key, value = key_of(self._number, part).encode(), value_of(part) if names in self._sums else None
            if self._published.get(key) != value:
                changed.append((key, value))
                self._published.pop(key, None)
                if value is not None:
                    self._published[key] = value
        self._moved.clear()
        return changed

    def _story(self, user: str) -> Story:
        """A customer's story, to be added to."""
        story = self._touched.get(user)
        if story is None:
            raw = self._stories.get(user)
            story = self._touched[user] = Story() if raw is None else Story.from_bytes(raw)
            self._before[user] = sums_of(story, self._terms)
        return story

    def _settle(self) -> None:
        """Pack the stories that were added to, and add the differences up."""
        for user, story in self._touched.items():
            story.age(self._retention_ms)
            raw = story.to_bytes() if story else None
            if raw == self._stories.get(user):
                continue
            self._state[user.encode()] = raw
            if raw is None:
                self._stories.pop(user, None)
            else:
                self._stories[user] = raw
            before, after = self._before[user], sums_of(story, self._terms)
            _add(self._sums, before, -1)
            _add(self._sums, after, 1)
            self._moved.update(before, after)
        self._touched.clear()
        self._before.clear()

    def _erase(self, user: str, at_ms: int) -> None:
        name = digest_of(user)
        if at_ms > self._erased.get(name, 0):
            self._erased[name] = at_ms
            self._state[ERASED + name] = b"%d" % at_ms
            self._story(user).forget(at_ms)

    def _erased_ms(self, user: str) -> int:
        return self._erased.get(digest_of(user), 0) if self._erased else 0


def digest_of(user: str) -> bytes:
    """What is kept of the id of a customer who was erased."""
    return blake2b(user.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest().encode()


def _add(sums: Sums, more: Sums, sign: int) -> None:
    """Add numbers, or take them off; what comes to nothing goes."""
    for key, numbers in more.items():
        added = [mine + sign * one for mine, one in zip(sums.get(key, [0] * len(numbers)), numbers, strict=True)]
        if any(added):
            sums[key] = added
        else:
            sums.pop(key, None)
