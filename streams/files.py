"""Event files: JSON lines, plain, gzipped or zstandard, or standard input."""

from __future__ import annotations

import gzip
import io
import os
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, NamedTuple

from streams.errors import MicrosegError


class Source(NamedTuple):
    """An open event file: its lines, the raw file beneath for its position, and its size in bytes (None: not known)."""

    name: str
    lines: Iterable[bytes]
    raw: BinaryIO
    size: int | None


@contextmanager
def open_lines(name: str) -> Iterator[Source]:
    """Opens FILE, FILE.gz, FILE.zst or ``-``; raises MicrosegError where that cannot be done or the file is damaged."""
    try:
        if name == "-":
            yield Source("standard input", sys.stdin.buffer, sys.stdin.buffer, None)
            return
        with open(name, "rb") as raw:
            yield Source(name, _unpacked(name, raw), raw, os.fstat(raw.fileno()).st_size)
    except (OSError, EOFError) as error:
        if isinstance(error, BrokenPipeError):
            raise
        raise MicrosegError(f"{name}: {getattr(error, 'strerror', None) or error}") from error


def _unpacked(name: str, raw: BinaryIO) -> Iterable[bytes]:
    if name.endswith(".gz"):
        return io.BufferedReader(gzip.GzipFile(fileobj=raw))
    if name.endswith(".zst"):
        return _zstandard(name, raw)
    return raw


def _zstandard(name: str, raw: BinaryIO) -> Iterable[bytes]:
    import zstandard

    class Reader(io.RawIOBase):
        """A decompressed stream whose errors read like those of any file."""

        def __init__(self) -> None:
            self._source = zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
            try:
                return int(self._source.readinto(buffer))
            except zstandard.ZstdError as error:
                raise OSError(f"no zstandard file: {error}") from error

    return io.BufferedReader(Reader(), 1 << 20)
