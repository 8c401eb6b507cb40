"""The outcomes of one partition's customers: taken in piece by piece, handed out as what has changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from streams.events.native import Erase, Event, Merge
from streams.events.sealing import sealed, unsealed
from streams.outcomes.facts import Stood, Story, fact_of
from streams.outcomes.joined import OWN, Edge, digest_of
from streams.outcomes.messages import Join, Message, Parcel, received, sent_off
from streams.outcomes.sums import Key, Sums, Terms, part_of, sums_of
from streams.trials.totals import key_of, names_of, value_of

#: The keys of what is no customer's: none of their ids begins with NUL.
POSITION, ERASED, GONE, JOINED = b"\0p", b"\0e", b"\0m", b"\0j"
Pair = tuple[bytes, bytes | None]


class Written(NamedTuple):
    """What has changed: records of the state's topic, and of that of totals (None: a tombstone); and what is to be told
    to other partitions."""

    state: list[Pair]
    totals: list[Pair]
    messages: list[Message]


class Book:
    """The customers of partition ``number``.

    Totals are the sums over customers of a pure function of their facts (``sums_of``): what comes in adds the
    difference that it makes. ``positions`` says up to where each topic was taken in.
    """

    def __init__(self, number: int, terms: Terms, retention_ms: int) -> None:
        self.positions: dict[str, int] = {}
        self._number, self._terms, self._retention_ms = number, terms, retention_ms
        self._stories: dict[str, bytes] = {}  # packed: a fact takes about 80 bytes, as objects ten times that
        self._erased: dict[str, int] = {}
        self._gone: dict[str, bytes] = {}  # ids whose story lies with another one, which they seal
        self._joined: dict[str, bytes] = {}  # of customers of whom nothing else is known, what joins their ids
        self._messages: list[Message] = []
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
                self._erased[key[len(ERASED) :].decode()] = int(value or b"0")
            elif key.startswith(GONE):
                self._gone[key[len(GONE) :].decode()] = value or b""
            elif key.startswith(JOINED):
                self._joined[key[len(JOINED) :].decode()] = value or b""
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
        if isinstance(event, Merge):
            if event.source != user:
                edge = Edge(digest_of(str(event.source)), digest_of(user), int(event.at))
                self._messages.append(Join.of(str(event.source), user, edge))
        elif isinstance(event, Erase):
            self._erase(user, int(event.at))
        elif (fact := fact_of(event)) is not None:
            if (home := self.gone_to(user)) is None:
                self._story(user).take(str(event.id), fact)
            else:
                self._send(user, home, Story({str(event.id): fact}))

    def stand(self, user: str, stood: Stood) -> None:
        """Take in a membership record of a customer."""
        if (home := self.gone_to(user)) is None:
            self._story(user).stand(stood)
        else:
            self._send(user, home, Story({}, {(OWN, stood.seq): stood}))

    def told(self, message: Message) -> None:
        """Take in what another partition has said."""
        home = self.gone_to(message.to)
        if isinstance(message, Parcel):
            if home is None:
                self._story(message.to).join(received(message.to, message.story))
            else:
                self._messages.append(Parcel(home, message.story))
        elif home is None:
            self._go(message.to, message.other, message.edge)
        elif home == message.other:
            self._messages.append(Parcel(home, Story(edges={message.edge})))
        else:
            self._messages.append(Join.of(home, message.other, message.edge))

    def gone_to(self, user: str) -> str | None:
        """With which id a customer's story lies now; None: with their own."""
        if not self._gone:
            return None
        story = self._touched.get(user)
        if story or (story is None and user in self._stories):  # the story of one who has gone is empty
            return None
        found = self._gone.get(digest_of(user))
        return None if found is None else unsealed(found, user)

    def moved(self, topic: str, position: int) -> None:
        """A topic was taken in up to this offset."""
        self.positions[topic] = position
        self._state[POSITION + topic.encode()] = b"%d" % position

    def changed(self) -> Written:
        """What is to be written since the last call."""
        self._settle()
        state, self._state = list(self._state.items()), {}
        messages, self._messages = self._messages, []
        return Written(state, self._changed_totals(), messages)

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
            if raw is None and self._joined:
                raw = self._joined.get(digest_of(user))
            story = self._touched[user] = Story.from_bytes(raw) if raw else Story()
            if self._erased and (until_ms := self._erased.get(digest_of(user))):
                story.erased[OWN] = until_ms
            self._before[user] = sums_of(story, self._terms)
        return story

    def _settle(self) -> None:
        """Pack the stories that were added to, and add the differences up."""
        for user, story in self._touched.items():
            story.age(self._retention_ms)
            raw = story.to_bytes() if story else None
            if self._joined or story.edges:
                self._keep_joined(digest_of(user), story.to_bytes() if story.edges and not story else b"")
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

    def _keep_joined(self, name: str, raw: bytes) -> None:
        """Of whom nothing is known any more may be erased, so what joins their ids is kept without their name."""
        if raw != self._joined.get(name, b""):
            self._joined[name] = raw
            self._state[JOINED + name.encode()] = raw or None

    def _erase(self, user: str, at_ms: int) -> None:
        name = digest_of(user)
        if (home := self.gone_to(user)) is not None:
            self._send(user, home, Story(erased={OWN: at_ms}))
        elif at_ms > self._erased.get(name, 0):
            self._story(user).erase(OWN, at_ms)
            self._erased[name] = at_ms
            self._state[ERASED + name.encode()] = b"%d" % at_ms

    def _go(self, user: str, home: str, edge: Edge) -> None:
        """A customer's story goes to another id."""
        story = self._story(user)
        story.edges.add(edge)
        self._send(user, home, story)
        self._touched[user] = Story()
        name, seal = digest_of(user), sealed(home, user)
        self._gone[name] = self._state[GONE + name.encode()] = seal

    def _send(self, user: str, home: str, story: Story) -> None:
        self._messages.append(Parcel(home, sent_off(user, story)))


def _add(sums: Sums, more: Sums, sign: int) -> None:
    """Add numbers, or take them off; what comes to nothing goes."""
    for key, numbers in more.items():
        added = [mine + sign * one for mine, one in zip(sums.get(key, [0] * len(numbers)), numbers, strict=True)]
        if any(added):
            sums[key] = added
        else:
            sums.pop(key, None)
