"""How far a file is read, on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from streams.files import Source

_EVERY = 5_000


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
