"""Which ids of a customer are one, since when, and what an erasure therefore forgets.

Ids are named by digests: a customer may be erased, and what joins their ids stays in force. The id under which a
customer's story lies is OWN in it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import blake2b
from typing import NamedTuple

OWN = ""


class Edge(NamedTuple):
    """Two ids are one from an instant on."""

    one: str
    other: str
    at_ms: int


def digest_of(user: str) -> str:
    """What is kept of an id that may not be named."""
    return blake2b(user.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def together(edges: Collection[Edge], whose: str, at_ms: int) -> set[str]:
    """The ids that are one with an id at an instant, itself among them."""
    found, before = {whose}, 0
    while len(found) > before:
        before = len(found)
        for edge in edges:
            if edge.at_ms <= at_ms and (edge.one in found or edge.other in found):
                found |= {edge.one, edge.other}
    return found


def is_erased(whose: str, at_ms: int, erased: Mapping[str, int], edges: Collection[Edge]) -> bool:
    """Whether something of an id, of this instant, is forgotten: an erasure forgets everything up to itself, of all ids
    that are one with the erased one at its instant."""
    return any(
        at_ms <= until_ms and (one == whose or whose in together(edges, one, until_ms))
        for one, until_ms in erased.items()
    )
