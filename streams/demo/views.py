"""What the demo shows: a live screen on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Protocol, Self

from rich.console import Console, Group, RenderableType
from rich.layout import Layout
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from streams.demo.board import Line, Size

SIZES_EVERY_S = 15.0
BAR = 12
WIDE = 120
SIZES_WIDTH = 62


class View(Protocol):
    """Shows the state of the demo, time and again."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def show(self, status: str, sizes: Sequence[Size], lines: Iterable[Line]) -> None:
        """Shows what is new: where the shop stands, all sizes, and the latest changes, oldest first."""
        ...


def view_for(console: Console) -> View:
    """The live screen if the console is a terminal that can move its cursor, else plain lines."""
    return Screen(console) if console.is_terminal and not console.is_dumb_terminal else Plain(console)


class Plain:
    """A line for each change, and now and then one with all sizes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next_sizes_s = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        return None

    def show(self, status: str, sizes: Sequence[Size], lines: Iterable[Line]) -> None:
        """Prints the changes."""
        if time.monotonic() >= self._next_sizes_s:
            self._next_sizes_s = time.monotonic() + SIZES_EVERY_S
            shown = ", ".join(f"{size.segment} {size.members}" for size in sizes if size.members)
            self._print(f"--- {status}{': ' if shown else ''}{shown}")
        for line in lines:
            self._print(plain(line))

    def _print(self, text: str) -> None:
        """Whole lines, whatever the width of the console, at once."""
        self._console.file.write(text + "\n")
        self._console.file.flush()


def plain(line: Line) -> str:
    """A change as one line of text."""
    verb = "entered" if line.entered else "left"
    reason = f" ({line.reason})" if line.reason else ""
    return f"{_clock(line.at)} {line.user} {verb} {line.segment}: {line.title}{reason}"


class Screen:
    """The whole terminal: sizes with bars, and the latest changes scrolling beside or below them."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._latest: deque[Line] = deque(maxlen=200)
        self._live = Live(console=console, screen=True, auto_refresh=False)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._live.stop()

    def show(self, status: str, sizes: Sequence[Size], lines: Iterable[Line]) -> None:
        """Draws the screen anew."""
        self._latest.extend(lines)
        width, height = self._console.size
        body = Layout()
        if width >= WIDE:
            table = Layout(_sizes(sizes[: height - 5]), size=SIZES_WIDTH)
            body.split_row(table, Layout(self._changes(height - 3)))
        else:
            shown = sizes[: max(4, (height - 5) // 2)]
            below = height - len(shown) - 5
            body.split_column(Layout(_sizes(shown), size=len(shown) + 4), Layout(self._changes(below)))
        whole = Layout()
        whole.split_column(Layout(Text(status, style="bold", no_wrap=True), size=1), body)
        self._live.update(whole, refresh=True)

    def _changes(self, height: int) -> RenderableType:
        """The newest changes, the newest last; each takes at least two lines."""
        newest = list(self._latest)[-max(1, (height - 2) // 2) :]
        return Panel(Group(*(_change(line) for line in newest)), title="changes", border_style="dim")


def _change(line: Line) -> Text:
    verb, style = ("entered", "green") if line.entered else ("left", "yellow")
    text = Text(no_wrap=True, overflow="ellipsis")
    text.append(f"{_clock(line.at)} ", style="dim")
    text.append(f"{line.user} ", style="bold")
    text.append(f"{verb} {line.segment}\n", style=style)
    text.append(f"    {line.title}{': ' if line.reason else ''}{line.reason}", style="dim")
    return text


def _sizes(sizes: Sequence[Size]) -> RenderableType:
    table = Table(expand=True, border_style="dim", pad_edge=False)
    table.add_column("segment", no_wrap=True, ratio=1)
    table.add_column("members", justify="right")
    table.add_column("1 min", justify="right")
    table.add_column("", width=BAR)
    most = max((size.members for size in sizes), default=0) or 1
    for size in sizes:
        table.add_row(size.segment, str(size.members), _moved(size.moved), Text("█" * _bar(size.members, most), "cyan"))
    return table


def _bar(members: int, most: int) -> int:
    """The length of the bar: at least one for any member at all."""
    return -(-members * BAR // most)


def _moved(moved: int) -> Text:
    style = "green" if moved > 0 else "yellow" if moved < 0 else "dim"
    return Text(f"{moved:+d}" if moved else "·", style)


def _clock(at: str) -> str:
    """Day and minute of an RFC 3339 stamp."""
    return at[:16].replace("T", " ")
