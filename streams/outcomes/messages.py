"""What partitions tell each other of merged ids.

Totals do not depend on where a customer is counted, so there is no need for anybody to decide who absorbs whom: of two
ids the one with the greater digest goes to the other, wherever that has gone meanwhile. As every step leads to a lesser
digest, no circle can come about, however many merges are under way, and all ids of a customer end at the least one.
All that is said can be said again: taking it in twice is the same as once.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NamedTuple

import orjson

from streams.outcomes.facts import Story
from streams.outcomes.joined import OWN, Edge, digest_of

_JOIN, _PARCEL = "join", "parcel"


class Join(NamedTuple):
    """Two ids are one, as ``edge`` says of them or of ids that have gone to them. It is for the one with the greater
    digest, ``to``."""

    to: str
    other: str
    edge: Edge

    @classmethod
    def of(cls, one: str, other: str, edge: Edge) -> Join:
        """Of two ids in either order."""
        lesser, greater = sorted((one, other), key=digest_of)
        return cls(greater, lesser, edge)


class Parcel(NamedTuple):
    """Something of an id that has gone to ``to``; all ids in ``story`` are named by their digests."""

    to: str
    story: Story


Message = Join | Parcel


def encoded(message: Message) -> bytes:
    """A message as a record's value."""
    if isinstance(message, Join):
        return orjson.dumps([_JOIN, message.to, message.other, list(message.edge)])
    return orjson.dumps([_PARCEL, message.to, orjson.Fragment(message.story.to_bytes())])


def decoded(value: bytes) -> Message:
    """The message in a record's value."""
    kind, to, *more = orjson.loads(value)
    if kind == _JOIN:
        return Join(to, more[0], Edge(*more[1]))
    return Parcel(to, Story.from_bytes(orjson.dumps(more[0])))


def message_key(value: bytes) -> bytes:
    """The key of a message's record: the same for the same message, which need not be said twice."""
    return blake2b(value, digest_size=16).hexdigest().encode()


def sent_off(user: str, story: Story) -> Story:
    """A customer's story as it goes to another id."""
    return story.renamed({OWN: digest_of(user)})


def received(user: str, story: Story) -> Story:
    """A story as it has come to a customer."""
    return story.renamed({digest_of(user): OWN})
