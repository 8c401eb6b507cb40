"""The live screen and the plain lines."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from streams.demo.board import Line, Size
from streams.demo.views import Plain, Screen, plain, view_for

SIZES = [Size("lapsing", 40, 3), Size("big-basket", 10, -2), Size("new-customer", 1, 0), Size("empty", 0, 0)]
ENTERED = Line("2026-03-01T10:15:00.000Z", "ana", True, "lapsing", "No purchase for 60 days", "60d since [last]")
LEFT = Line("2026-03-01T10:16:00.000Z", "ben", False, "big-basket", "Large orders", "")


def test_plain_line() -> None:
    assert plain(ENTERED) == "2026-03-01 10:15 ana entered lapsing: No purchase for 60 days (60d since [last])"
    assert plain(LEFT) == "2026-03-01 10:16 ben left big-basket: Large orders"


def test_plain_lines_are_never_wrapped() -> None:
    out = io.StringIO()
    with Plain(Console(file=out, width=20)) as view:
        view.show("open", SIZES, [ENTERED])
        view.show("open", SIZES, [LEFT])

    assert out.getvalue().splitlines() == [
        "--- open: lapsing 40, big-basket 10, new-customer 1",
        plain(ENTERED),
        plain(LEFT),
    ]


def test_what_is_no_terminal_gets_plain_lines() -> None:
    assert isinstance(view_for(Console(file=io.StringIO())), Plain)
    assert isinstance(view_for(Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "xterm"})), Screen)
    assert isinstance(view_for(Console(file=io.StringIO(), force_terminal=True, _environ={"TERM": "dumb"})), Plain)


@pytest.mark.parametrize(("width", "height"), [(160, 50), (120, 24), (80, 24), (40, 10), (10, 5)])
def test_screen_fits_every_terminal(width: int, height: int) -> None:
    out = io.StringIO()
    console = Console(file=out, force_terminal=True, width=width, height=height, _environ={"TERM": "xterm"})
    with Screen(console) as view:
        view.show("shop time 2026-03-01", SIZES, [ENTERED, LEFT] * 50)

    if width >= 80:
        assert "shop time 2026-03-01" in out.getvalue()
        assert "entered lapsing" in out.getvalue()
        assert "[last]" in out.getvalue()
        assert "+3" in out.getvalue()
