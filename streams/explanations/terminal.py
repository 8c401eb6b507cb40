"""Lines as a terminal can take them."""

from __future__ import annotations

import textwrap


def printable(line: str) -> str:
    """The line on one line: ids and names may hold what would break it, or what a terminal acts on."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in line)


def broken(line: str, width: int | None) -> list[str]:
    """A line as lines of at most ``width`` columns (None: any), further ones indented by two more; words stay whole."""
    if width is None or len(line) <= width:
        return [line]
    begin = line[: len(line) - len(line.lstrip())]
    return textwrap.wrap(
        line.lstrip(),
        width,
        initial_indent=begin,
        subsequent_indent=f"{begin}  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
