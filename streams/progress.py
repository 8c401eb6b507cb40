"""How far a file is read, or a list is worked through, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from streams.files import Source

if TYPE_CHECKING:
    from rich.progress import TaskID

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


@contextmanager
def doing() -> Iterator[Callable[[str, int, int], None]]:
    """What is to be called with the name of a stage, how much of it is done, and of how much (0: not known).

    On a terminal a bar on stderr, elsewhere a line for each stage as it begins.
    """
    if not sys.stderr.isatty():
        yield _lines()
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        stages: dict[str, TaskID] = {}

        def tell(name: str, done: int, of: int) -> None:
            if name not in stages:
                stages[name] = progress.add_task(name, total=None)
            progress.update(stages[name], completed=done, total=of or None)

        yield tell


def _lines() -> Callable[[str, int, int], None]:
    told: list[str] = []

    def tell(name: str, done: int, of: int) -> None:
        if told[-1:] != [name]:
            told.append(name)
            print(f"{name} ...", file=sys.stderr, flush=True)

    return tell
