"""A rule set as it is published: one record of the topic ``segment-rules``."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from streams.events.instants import stamp

#: So many earlier digests are kept; a folder that has been away for longer counts as a new edit.
HISTORY = 100


class Edition(msgspec.Struct, frozen=True):
    """A published rule set.

    ``files`` are texts by ``active/NAME.yaml`` or ``trial/NAME.yaml``; ``at`` is when ``worker`` published them, RFC
    3339;
    ``history`` the digests that were live before, newest first.
    """

    digest: str
    files: dict[str, str]
    at: str
    worker: str
    history: list[str] = []

    def after(self, digest: str, files: Mapping[str, str], at_ms: int, worker: str) -> Edition:
        """The edition that takes this one's place."""
        earlier = [self.digest, *self.history] if digest != self.digest else self.history
        history = [one for one in dict.fromkeys(earlier) if one != digest]
        return Edition(digest, dict(files), stamp(at_ms), worker, history[:HISTORY])

    def to_bytes(self) -> bytes:
        """The record's value: a JSON object."""
        return msgspec.json.encode(self)


def first_edition(digest: str, files: Mapping[str, str], at_ms: int, worker: str) -> Edition:
    """The edition that takes nothing's place."""
    return Edition(digest, dict(files), stamp(at_ms), worker)


_decoder = msgspec.json.Decoder(Edition)


def edition_of(value: bytes) -> Edition:
    """The edition in a record's value; raises ValueError where it is none."""
    try:
        return _decoder.decode(value)
    except msgspec.MsgspecError as error:
        raise ValueError(str(error)) from error
