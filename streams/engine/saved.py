"""What a committed checkpoint is to a local store."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from streams.engine.entries import (
    META,
    NOTE,
    Meta,
    Pairs,
    Store,
    due_key,
    packed_entry,
    packed_meta,
    row_key,
    size_key,
)
from streams.rows.layout import NEVER


@dataclass(slots=True)
class Saved:
    """What the store is to have of a checkpoint once that is committed. ``rows``: customer, row, boundary, generation
    and the boundary stored before (NEVER: none); ``gone``: customers to be forgotten and their boundary stored."""

    meta: Meta
    rows: list[tuple[bytes, bytes, int, int, int]] = field(default_factory=list)
    gone: list[tuple[bytes, int]] = field(default_factory=list)
    notes: Sequence[tuple[bytes, bytes | None]] = ()
    sizes: dict[int, int] = field(default_factory=dict)


def write_saved(store: Store, saved: Saved, changelog_next: int) -> None:
    """Put a committed checkpoint into the store; may be called in a thread."""
    pairs: Pairs = [(NOTE + key, value) for key, value in saved.notes]
    for user, row, due_ms, generation, before_ms in saved.rows:
        key = row_key(user)
        pairs.append((key, packed_entry(due_ms, generation, user, row)))
        if due_ms != before_ms:
            if before_ms != NEVER:
                pairs.append((due_key(before_ms, key), None))
            if due_ms != NEVER:
                pairs.append((due_key(due_ms, key), user))
    pairs += gone_pairs(saved.gone)
    pairs += [(size_key(member), b"%d" % size if size else None) for member, size in saved.sizes.items()]
    one = saved.meta
    meta = Meta(changelog_next, one.rows, one.fresh, one.generation, one.rules, one.clock_ms)
    store.write([*pairs, (META, packed_meta(meta))])
    store.touch()
    if saved.gone:
        store.scrub([key for key, _ in gone_pairs(saved.gone)])


def gone_pairs(gone: Iterable[tuple[bytes, int]]) -> Pairs:
    """What takes forgotten customers out."""
    pairs: Pairs = []
    for user, due_ms in gone:
        key = row_key(user)
        pairs.append((key, None))
        if due_ms != NEVER:
            pairs.append((due_key(due_ms, key), None))
    return pairs
