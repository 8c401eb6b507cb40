"""What nobody sees is taken out, for readers of all kinds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.language.texts import JOINERS, is_unseen, one_line, visible


@given(st.text(max_size=100))
def test_a_header_is_one_line(text: str) -> None:
    line = one_line(text)
    assert line.splitlines() in ([], [line])
    assert not any(is_unseen(letter) for letter in line)


@given(st.text(max_size=100))
def test_what_is_visible_is_seen(text: str) -> None:
    shown = visible(text)
    assert shown.splitlines() in ([], [shown])
    assert not any(is_unseen(letter) or letter in JOINERS for letter in shown)
    assert visible(shown) == shown


@pytest.mark.parametrize(
    ("text", "line", "seen"),
    [
        ("two\nlines", "two lines", "two lines"),
        ("a\u200bb", "a b", "ab"),
        ("a\u202eb\u3164c", "a b c", "abc"),
        ("x\u200d\u200c\u200dy", "x\u200d\u200c\u200dy", "xy"),
    ],
)
def test_joiners_are_for_mail_alone(text: str, line: str, seen: str) -> None:
    assert (one_line(text), visible(text)) == (line, seen)
