"""A store on disk: RocksDB, in a folder of its own."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast
from zlib import crc32

from rocksdict import (
    BlockBasedOptions,
    BottommostLevelCompaction,
    Cache,
    CompactOptions,
    DBCompressionType,
    Options,
    Rdict,
    WriteBatch,
    WriteOptions,
)

from streams.store.errors import Damaged, StoreError

_WRITE_BUFFER, _BLOCKS, _FILES = 16 << 20, 8 << 20, 256
#: what RocksDB says of files that are not what it wrote, and of a folder that another process has open
_DAMAGE = ("Corruption", "No such file", "does not exist", "missing", "Invalid argument", "Not implemented", "NotFound")
#: where it is kept how far RocksDB's files had grown before the last write
_GROWN = b"f"
_LOG = ".log"


class Rocks:
    """The pairs of one folder; raises Damaged where its files are not as they were written, else StoreError.

    Writes go to RocksDB's log but are not forced to the disk: after a loss of power the store is as it was a moment
    before, with the changelog's offset of that moment.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()  # RocksDB needs none, but closing must not come between
        self._scrubbing = ThreadPoolExecutor(1, "scrub")
        self._write_options = WriteOptions()
        self._crcs: dict[tuple[str, int], int] = {}
        there = {one.name: one.read_bytes() for one in _growing(folder)}
        with self._explained():
            self._db = Rdict(str(folder), _options())
        self._look_for_cuts(there)

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of keys; None where there is none."""
        with self._explained():
            return cast(list[bytes | None], self._db.get(list(keys))) if keys else []

    def scan(self, start: bytes, end: bytes, most: int) -> list[tuple[bytes, bytes]]:
        """At most so many pairs from ``start`` to before ``end``, in order."""
        found: list[tuple[bytes, bytes]] = []
        with self._explained():
            at = self._db.iter()
            at.seek(start)
            while len(found) < most and at.valid():
                key = at.key()
                if key >= end:
                    return found
                found.append((key, at.value()))
                at.next()
            at.status()  # else a file that cannot be read would look like the end
        return found

    def write(self, pairs: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Put all of them in, or nothing; None takes a key out."""
        batch = WriteBatch(raw_mode=True)
        for key, value in pairs:
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        with self._lock, self._explained():
            batch.put(_GROWN, json.dumps(self._grown()).encode())
            self._db.write(batch, self._write_options)

    def scrub(self, keys: Sequence[bytes], done: Callable[[], None]) -> None:
        """Writes the files anew that have what was under these keys, in a thread; then calls ``done`` there."""
        self._scrubbing.submit(self._scrub, list(keys), done)

    def close(self) -> None:
        """Let go of the folder."""
        self._scrubbing.shutdown(wait=True, cancel_futures=True)
        with self._lock, self._explained():
            self._db.close()

    def _scrub(self, keys: list[bytes], done: Callable[[], None]) -> None:
        options = CompactOptions()
        options.set_bottommost_level_compaction(BottommostLevelCompaction.force())
        try:
            with self._explained():
                self._db.flush()  # after it the log that had them is deleted
                for key in keys:
                    self._db.compact_range(key, key + b"\0", options)
        except StoreError:
            return  # it is asked for again when the store is opened; what is wrong shows at the next write
        done()

    def _look_for_cuts(self, there: Mapping[str, bytes]) -> None:
        """RocksDB takes a log or a list of files that was cut for one whose end was not written yet, and goes on with
        the next one: then something in between is missing."""
        (said,) = self.get([_GROWN])
        for name, (length, crc) in json.loads(said or b"{}").items():
            data = there.get(name)  # it is not there where all of it went into tables
            if data is not None and (len(data) < length or crc not in (None, crc32(data[:length]))):
                self.close()
                raise Damaged(f"the local store {self._folder} cannot be used: {name} was cut or changed")

    def _grown(self) -> dict[str, tuple[int, int | None]]:
        """How long the files are that only grow, and a checksum of the list of files, which few changes go into."""
        found: dict[str, tuple[int, int | None]] = {}
        for one in _growing(self._folder):
            with suppress(FileNotFoundError):  # it has just been deleted
                length = one.stat().st_size
                found[one.name] = length, self._crc(one, length) if one.suffix != _LOG else None
        return found

    def _crc(self, file: Path, length: int) -> int:
        key = file.name, length
        if key not in self._crcs:
            self._crcs = {key: crc32(file.read_bytes()[:length])}
        return self._crcs[key]

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """RocksDB's errors in a user's words."""
        try:
            yield
        except Exception as error:  # rocksdict has no class for them
            said = " ".join(str(error).split())
            if "/LOCK" in said:
                raise Locked(self._folder) from error
            kind = Damaged if any(word in said for word in _DAMAGE) else StoreError
            raise kind(f"the local store {self._folder} cannot be used: {said}") from error


class Locked(StoreError):
    """Another process has the folder open."""

    def __init__(self, folder: Path) -> None:
        super().__init__(f"the local store {folder} is in use by another process")


def _growing(folder: Path) -> list[Path]:
    """The files that only grow: logs, and the list of files."""
    return [one for one in folder.glob("*") if one.suffix == _LOG or one.name.startswith("MANIFEST")]


def _options() -> Options:
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_write_buffer_size(_WRITE_BUFFER)
    options.set_max_open_files(_FILES)
    options.set_keep_log_file_num(2)
    options.set_max_log_file_size(1 << 20)
    options.set_paranoid_checks(True)
    options.set_compression_type(DBCompressionType.none())  # so that anybody can see that an id is in no file
    table = BlockBasedOptions()
    table.set_bloom_filter(10, False)
    table.set_block_cache(Cache(_BLOCKS))
    table.set_format_version(5)
    options.set_block_based_table_factory(table)
    return options
