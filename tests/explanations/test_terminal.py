"""Lines that a terminal can take."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.explanations.terminal import broken, printable


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Ünïcode 東京 [bold] {x}", "Ünïcode 東京 [bold] {x}"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\x1b[31mred\x07", "\\x1b[31mred\\x07"),
        ("\udcff\u202e", "\\udcff\\u202e"),
    ],
)
def test_what_a_terminal_acts_on_is_written_out(line: str, shown: str) -> None:
    assert printable(line) == shown


@given(st.text())
def test_every_line_can_be_printed(line: str) -> None:
    assert printable(line).isprintable()
    printable(line).encode()


def test_long_lines_are_broken_between_words() -> None:
    line = "    overlaps: one-two 20 (15%), three 13"
    assert broken(line, 28) == ["    overlaps: one-two 20", "      (15%), three 13"]
    assert broken(line, None) == broken(line, len(line)) == [line]
    assert broken(f"  {'x' * 40}", 20) == [f"  {'x' * 40}"]
