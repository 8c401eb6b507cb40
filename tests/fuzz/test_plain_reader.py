"""The short way of plain events, compiled and without looks at bounds: what it takes is what the decoder says."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tests.fuzz.damage import damaged
from tests.fuzz.rounds import rounds
from tests.fuzz.wild_events import raw_values
from tests.intake.test_plain import Both, spelled


def respelled(raw: bytes, ascii_only: bool, blanks: tuple[str, str]) -> bytes:
    """The same in another spelling of JSON, where it is JSON; numbers that are none in JSON among it."""
    try:
        return json.dumps(json.loads(raw), ensure_ascii=ascii_only, separators=blanks).encode(errors="surrogatepass")
    except (ValueError, RecursionError):
        return raw


def values() -> st.SearchStrategy[list[bytes]]:
    """Values of records, some of which fit together."""
    blanks = st.sampled_from(((",", ":"), (", ", " : "), (",\n\t", ":\r")))
    spelling = st.builds(respelled, raw_values(), st.booleans(), blanks)
    return st.lists(st.one_of(raw_values(), spelling, damaged(spelling, 2), damaged(spelled(), 2)), max_size=5)


@rounds(150)
@given(values())
def test_what_the_short_way_takes_is_right(found: list[bytes]) -> None:
    Both(found, ("ana", "ben", "Zoë")).assert_same()
