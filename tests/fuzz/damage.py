"""Strategies that damage: bytes cut, doubled, moved and overwritten."""

from __future__ import annotations

from collections.abc import Callable

from hypothesis import strategies as st

Edit = Callable[[bytes], bytes]

#: bytes that mean something to a parser of JSON, YAML, UTF-8 or decimal numbers
_SIGNS = (
    b'"',
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b",",
    b":",
    b"-",
    b"e999",
    b"0",
    b"null",
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
)
_MORE_SIGNS = (
    b"\\ud800",
    b"\\u0000",
    b"1e400",
    b"NaN",
    b" ",
    b"\n",
    b"\t",
    b"&a",
    b"*a",
    b"!!",
    b"|",
    b">",
    b"%",
    b"#",
    b"'",
)


def _cut(at: int, length: int, _: bytes) -> Edit:
    return lambda raw: raw[: at % (len(raw) + 1)] + raw[at % (len(raw) + 1) + length :]


def _double(at: int, length: int, _: bytes) -> Edit:
    def double(raw: bytes) -> bytes:
        start = at % (len(raw) + 1)
        return raw[:start] + raw[start : start + length] * 2 + raw[start + length :]

    return double


def _insert(at: int, _: int, what: bytes) -> Edit:
    return lambda raw: raw[: at % (len(raw) + 1)] + what + raw[at % (len(raw) + 1) :]


def _overwrite(at: int, _: int, what: bytes) -> Edit:
    return lambda raw: raw[: at % (len(raw) + 1)] + what + raw[at % (len(raw) + 1) + len(what) :]


def _end(at: int, _: int, __: bytes) -> Edit:
    return lambda raw: raw[: at % (len(raw) + 1)]


def edits() -> st.SearchStrategy[Edit]:
    """One change of a few bytes at any place."""
    return st.builds(
        lambda make, at, length, what: make(at, length, what),
        st.sampled_from((_cut, _double, _insert, _overwrite, _end)),
        st.integers(0, 4_096),
        st.integers(1, 40),
        st.sampled_from(_SIGNS + _MORE_SIGNS) | st.binary(min_size=1, max_size=4),
    )


def damaged(whole: st.SearchStrategy[bytes], most: int = 4) -> st.SearchStrategy[bytes]:
    """The bytes with up to so many edits, none among them."""
    return st.builds(_edited, whole, st.lists(edits(), max_size=most))


def _edited(raw: bytes, changes: list[Edit]) -> bytes:
    for change in changes:
        raw = change(raw)
    return raw
