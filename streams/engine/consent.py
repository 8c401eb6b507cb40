"""What a merge does to consent: the refusal of one of two who are now one, said again by the survivor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from streams.engine.joined import Joined, Said, Words
from streams.events.native import Email
from streams.rows.arena import DIRTY, OFF, Rows
from streams.rows.batch import B_AT, B_END, B_FIRST, B_ID, R_META, Batch
from streams.rows.ids import packed_ids
from streams.rows.layout import (
    ACTION_MASK,
    AT_SHIFT,
    CONSENT,
    EMAIL,
    FLAG_SHIFT,
    KIND_MASK,
    NEVER,
    RESUBSCRIBED,
    UNSUBSCRIBED,
)
from streams.rows.parts import consents, facts

#: begins the ids of events that no shop sent; it is less than any text
OWN = "\0"


def refusal(at_ms: int) -> Email:
    """A refusal at a merge's instant: what the other had resubscribed to before was not for them. It comes before all
    that is said at that instant."""
    return Email(at=at_ms, id=f"{OWN}{at_ms}", action="unsubscribed", message=OWN)


def refusal_ids(instants: Iterable[int]) -> set[Words]:
    """The ids of the refusals of these instants, as a row has them."""
    ids = [f"{OWN}{at_ms}" for at_ms in instants]
    return {(word_1, word_2) for word_1, word_2 in packed_ids(ids).words.tolist()} if ids else set()


def refusals(rows: Rows, row: int, joined: Joined, batch: Batch, members: Sequence[int]) -> list[Email]:
    """The refusals that are to be folded with a batch, of which event i is one of ``members[i]``. Those that the row
    has already are put right in place: what is known now may take them back."""
    fresh, own = [], refusal_ids({edge.at_ms for edge in joined.edges})
    there = own.intersection(map(tuple, consents(rows, row)[:, 1:3].tolist()))
    for at_ms, refused in joined.refusing(_said(rows, row, joined, batch, members, own)).items():
        if refusal_ids([at_ms]) <= there:
            _put_right(rows, row, at_ms, refused)
        elif refused:
            fresh.append(refusal(at_ms))
    return fresh


def _said(rows: Rows, row: int, joined: Joined, batch: Batch, members: Sequence[int], own: set[Words]) -> list[Said]:
    """What was said on mail, in order of time, each event id once."""
    whose = joined.whose()
    fresh = {(event[B_ID], event[B_ID + 1]): event[B_AT] for event in batch.events.tolist()}
    found = [
        Said(
            word0 >> AT_SHIFT, (word1, word2), word0 >> FLAG_SHIFT & ACTION_MASK, whose.get((word1, word2), joined.own)
        )
        for word0, word1, word2 in consents(rows, row)[:, :3].tolist()
        if (word1, word2) not in own and fresh.get((word1, word2), NEVER) >= word0 >> AT_SHIFT
    ]
    for event, member in zip(batch.events.tolist(), members, strict=True):
        for meta in batch.records[event[B_FIRST] : event[B_END], R_META].tolist():
            if meta & KIND_MASK == CONSENT:
                id_words = event[B_ID], event[B_ID + 1]
                found.append(Said(event[B_AT], id_words, meta >> FLAG_SHIFT & ACTION_MASK, member))
    once: dict[Words, Said] = {}
    for word in sorted(found):
        once.setdefault(word.id, word)
    return list(once.values())


def _put_right(rows: Rows, row: int, at_ms: int, refused: bool) -> None:
    """Have a refusal that is there say what is true."""
    [own], first = refusal_ids([at_ms]), int(rows.head[row, OFF])
    action = UNSUBSCRIBED if refused else RESUBSCRIBED
    for place, (word0, word1, word2) in enumerate(facts(rows, row)[:, :3].tolist(), first):
        if (word1, word2) == own and word0 & KIND_MASK in (EMAIL, CONSENT):
            rows.words[place, 0] = word0 & ~(ACTION_MASK << FLAG_SHIFT) | action << FLAG_SHIFT
            rows.head[row, DIRTY] = 1


def speaks(batch: Batch) -> bool:
    """Whether any of the events is on whether mail is welcome."""
    kinds = [batch.records[first:end, R_META] & KIND_MASK for first, end in batch.events[:, [B_FIRST, B_END]].tolist()]
    return any((one == CONSENT).any() for one in kinds)


def without(batch: Batch, ids: set[Words]) -> Batch:
    """The events but those of these ids."""
    keep = [(event[B_ID], event[B_ID + 1]) not in ids for event in batch.events.tolist()]
    return Batch(batch.events[np.array(keep, bool)], batch.records)
