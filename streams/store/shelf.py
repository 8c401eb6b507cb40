"""The local stores of one worker: a folder for each partition, as long as it can be brought up to date.

The folder of a partition that moved away stays, for it may come back. It is of no use once the changelog has forgotten
deletions that it has not seen: then, or where it is of another topic or version, it is deleted.
"""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from streams.engine.entries import end_of
from streams.rows.layout import ROW_VERSION
from streams.store.errors import Damaged, StoreError
from streams.store.rocks import Locked, Rocks

FORMAT = 1
TOUCH_SECONDS = 30.0
#: Folders of one partition, where a process that was stopped still has the first open.
_FOLDERS = 4
_STAMP, _FILES, _BROKEN = "stamp.json", "rows", "broken"
#: what is still to be scrubbed
_SCRUB = b"x"


class Changelog(NamedTuple):
    """The topic that a store follows: its own id, and for how long it keeps deletions (s)."""

    topic: str
    deletions_s: float


class Shelf:
    """Makes the stores under ``root``; ``changelog`` is asked once, when the first is opened."""

    def __init__(self, root: Path, changelog: Callable[[], Changelog], say: Callable[..., None]) -> None:
        self.root = root
        self._ask, self._say = changelog, say
        self._known: Changelog | None = None
        self._lock = threading.RLock()  # stores are opened in threads
        self._open: dict[int, ShelfStore] = {}

    def store(self, number: int) -> ShelfStore:
        """The store of a partition, to be opened; the one that was open for it before is closed then."""
        return ShelfStore(self, number)

    def changelog(self) -> Changelog:
        """What the topic says of itself."""
        with self._lock:
            if self._known is None:
                self._known = self._ask()
                self._sweep(self._known)
            return self._known

    def take_over(self, store: ShelfStore) -> None:
        """From now on this is the partition's store."""
        with self._lock:
            before = self._open.pop(store.number, None)
            self._open[store.number] = store
        if before is not None and before is not store:
            before.close()

    def say(self, text: str, *args: object) -> None:
        """Tell the operator."""
        self._say(text, *args)

    def _sweep(self, changelog: Changelog) -> None:
        """Deletes what is too old to be used by any partition."""
        for folder in self.root.glob("*") if self.root.is_dir() else ():
            if why_useless(folder, changelog):
                _delete(folder)


class ShelfStore:
    """One partition's store; what is on the disk is looked at when it is opened."""

    def __init__(self, shelf: Shelf, number: int) -> None:
        self.number = number
        self._shelf = shelf
        self._rocks: Rocks | None = None
        self._folder = shelf.root / str(number)
        self._touched = 0.0

    def open(self) -> None:
        """Raises StoreError where the disk cannot be used."""
        self._shelf.take_over(self)
        changelog = self._shelf.changelog()
        for again in range(_FOLDERS):
            self._folder = self._shelf.root / (f"{self.number}.{again}" if again else str(self.number))
            try:
                self._open_folder(changelog)
                break
            except Locked:
                if again + 1 == _FOLDERS:
                    raise
                self._shelf.say("the local store %s is in use by another process; trying another folder", self._folder)
        if left := self.scan(_SCRUB, end_of(_SCRUB), 1_000_000):
            self._scrub([key[len(_SCRUB) :] for key, _ in left])

    def get(self, keys: Sequence[bytes]) -> list[bytes | None]:
        """The values of keys."""
        try:
            return self._at_work().get(keys)
        except Damaged:
            self._mark_broken()
            raise

    def scan(self, start: bytes, end: bytes, most: int) -> list[tuple[bytes, bytes]]:
        """At most so many pairs from ``start`` to before ``end``, in order."""
        try:
            return self._at_work().scan(start, end, most)
        except Damaged:
            self._mark_broken()
            raise

    def write(self, pairs: Sequence[tuple[bytes, bytes | None]]) -> None:
        """Put all of them in, or nothing."""
        try:
            self._at_work().write(pairs)
        except Damaged:
            self._mark_broken()
            raise

    def scrub(self, keys: Sequence[bytes]) -> None:
        """Soon nothing of what was under these keys is on the disk."""
        self.write([(_SCRUB + key, b"") for key in keys])
        self._scrub(keys)

    def touch(self) -> None:
        """It is as new as the changelog; said on disk now and then."""
        if time.monotonic() - self._touched >= TOUCH_SECONDS:
            self._touched = time.monotonic()
            try:
                os.utime(self._folder / _STAMP)
            except OSError as error:
                raise _unusable(self._folder, error) from error

    def close(self) -> None:
        """Let go of the folder."""
        if self._rocks is not None:
            rocks, self._rocks = self._rocks, None
            rocks.close()

    def _at_work(self) -> Rocks:
        if self._rocks is None:
            raise StoreError(f"the local store {self._folder} is closed: the partition has moved")
        return self._rocks

    def _scrub(self, keys: Sequence[bytes]) -> None:
        self._at_work().scrub(keys, lambda: self._at_work().write([(_SCRUB + key, None) for key in keys]))

    def _open_folder(self, changelog: Changelog) -> None:
        reason = why_useless(self._folder, changelog)
        if reason is None and self._folder.is_dir():
            try:
                self._rocks = Rocks(self._folder / _FILES)
                return
            except Damaged as error:
                reason = str(error)
        if self._folder.is_dir():
            self._shelf.say("partition %d is restored from the changelog: %s", self.number, reason)
            _delete(self._folder)
        self._make(changelog)

    def _make(self, changelog: Changelog) -> None:
        try:
            self._folder.mkdir(parents=True)
            (self._folder / _STAMP).write_text(json.dumps(_stamp(changelog)), encoding="utf-8")
        except OSError as error:
            raise _unusable(self._folder, error) from error
        self._rocks = Rocks(self._folder / _FILES)

    def _mark_broken(self) -> None:
        """So that the next process makes it anew, whatever it would find."""
        try:
            (self._folder / _BROKEN).touch()
        except OSError as error:
            raise _unusable(self._folder, error) from error


def why_useless(folder: Path, changelog: Changelog) -> str | None:
    """Why what is in a folder cannot be brought up to date; None: it can, or there is no folder."""
    if not folder.is_dir():
        return None
    try:
        stamp = json.loads((folder / _STAMP).read_text(encoding="utf-8"))
        age_s = abs(time.time_ns() / 1e9 - (folder / _STAMP).stat().st_mtime)
    except (OSError, ValueError):
        return f"the local store {folder} was not finished"
    if stamp != _stamp(changelog):
        return f"the local store {folder} is of another topic or version"
    if (folder / _BROKEN).exists():
        return f"the local store {folder} was found damaged"
    if age_s > changelog.deletions_s / 2:
        return f"the local store {folder} is {age_s / 3600:.0f} hours old, too old to follow the changelog"
    return None


def _stamp(changelog: Changelog) -> dict[str, object]:
    return {"format": FORMAT, "rows": ROW_VERSION, "topic": changelog.topic}


def _delete(folder: Path) -> None:
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise _unusable(folder, error) from error


def _unusable(folder: Path, error: OSError) -> StoreError:
    return StoreError(f"the local store {folder} cannot be used: {error.strerror or error}")
