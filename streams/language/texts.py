"""Texts that others wrote, on one line and without what nobody sees: for a model's eyes, a mail's header, an error."""

from __future__ import annotations

import unicodedata

#: Joiners that emoji, Persian and the scripts of India need.
JOINERS = "\u200c\u200d"
#: Letters without any ink.
_BLANK_LETTERS = "\u115f\u1160\u2800\u3164\uffa0"
#: Control, format (bidirectional too), surrogate, private and unassigned characters, and separators of lines.
_UNSEEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))


def is_unseen(letter: str) -> bool:
    """Whether nobody sees a character, or only what it does to others: controls, marks of direction, fillers."""
    return letter not in JOINERS and (letter in _BLANK_LETTERS or unicodedata.category(letter) in _UNSEEN)


def one_line(text: str) -> str:
    """A text as a header can carry it: whatever ends a line, or is a control, becomes a blank."""
    return " ".join("".join(" " if is_unseen(letter) else letter for letter in text).split())


def visible(text: str) -> str:
    """A text on one line with nothing in it that is not seen, joiners included: a row of those can hide a message."""
    spaced = (" " if letter.isspace() else letter for letter in text)
    return " ".join("".join(one for one in spaced if not is_unseen(one) and one not in JOINERS).split())
