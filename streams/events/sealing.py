"""Ids that only who knows another one reads: what is kept of an absorbed id must not name who absorbed it."""

from __future__ import annotations

from hashlib import blake2b


def sealed(text: str, by: str) -> bytes:
    """The id ``text`` as only who knows the id ``by`` reads it, as who is named may be erased. BLAKE2b under the other
    id as a stream of bytes; where that can be guessed this is no secret."""
    return _mixed(text.encode(), by)


def unsealed(found: bytes, by: str) -> str:
    """The id again; raises ValueError where it was not sealed by this one."""
    return _mixed(found, by).decode()


def _mixed(found: bytes, by: str) -> bytes:
    key, stream = blake2b(by.encode(), digest_size=32).digest(), b""
    while len(stream) < len(found):
        stream += blake2b(len(stream).to_bytes(4, "big"), key=key, person=b"survivor").digest()
    return bytes(a ^ b for a, b in zip(found, stream, strict=False))
