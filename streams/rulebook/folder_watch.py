"""Whether a rule folder has changed, by names, stamps and sizes alone."""

from __future__ import annotations

import os
from pathlib import Path

#: The folders below it that matter; retired/ does for the guard.
WATCHED = ("active", "trial", "retired")
#: An edit is many writes and renames; it is over when nothing moved for so long.
QUIET_SECONDS = 1.0

Look = tuple[object, ...]


class FolderWatch:
    """Remembers how a folder looked. Instants are monotonic seconds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._taken = self._seen = look_of(folder)
        self._moved_s = 0.0

    def changed(self, now_s: float) -> bool:
        """True once for every change, as soon as the folder has been quiet since; call it every half second or so."""
        seen = look_of(self._folder)
        if seen != self._seen:
            self._seen, self._moved_s = seen, now_s
        if seen == self._taken or now_s - self._moved_s < QUIET_SECONDS:
            return False
        self._taken = seen
        return True

    def still(self) -> bool:
        """Whether it looks as it did when the last change was told: what was read of it since is of one moment."""
        return look_of(self._folder) == self._taken


def look_of(folder: Path) -> Look:
    """What can be told of a folder without opening a file; equal for equal states."""
    return (folder.is_dir(), *(_entries(folder / name) for name in WATCHED))


def _entries(folder: Path) -> Look:
    try:
        with os.scandir(folder) as found:
            return tuple(sorted(_entry(one) for one in found if _matters(one)))
    except OSError as error:
        return (error.errno,)


def _matters(entry: os.DirEntry[str]) -> bool:
    """What the loader reads or refuses; it ignores hidden files and those that are no YAML, such as editors' copies."""
    return not entry.name.startswith(".") and (entry.name.lower().endswith((".yaml", ".yml")) or entry.is_dir())


def _entry(entry: os.DirEntry[str]) -> tuple[str, int, int, int, int]:
    try:
        found = entry.stat()
    except OSError:  # gone since the folder was read, or a link to nothing
        return entry.name, 0, 0, 0, 0
    return entry.name, found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino
