"""How far a file is read, or a list is worked through, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from streams.files import Source

_EVERY = 5_000

T = TypeVar("T")


@contextmanager
def reading(source: Source) -> Iterator[Iterator[bytes]]:
    """The lines of a file, with a bar on stderr while they are read where that is a terminal."""
    if not sys.stderr.isatty():
        yield iter(source.lines)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(source.name, total=source.size)

        def lines() -> Iterator[bytes]:
            for number, line in enumerate(source.lines):
                if number % _EVERY == 0 and source.size is not None:
                    progress.update(task, completed=source.raw.tell())
                yield line

        yield lines()


@contextmanager
def counting(name: str, items: Sequence[T]) -> Iterator[Iterable[T]]:
    """The items, with a bar on stderr while they are worked through where that is a terminal."""
    if not sys.stderr.isatty():
        yield items
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        yield progress.track(items, description=name)
