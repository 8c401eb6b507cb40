"""How far an interrupted load of a table had come.

Loading a row twice changes nothing, as its events' ids are made of what it says: a bookmark only saves time, so one
that is behind, or lost, does no harm.
"""

from __future__ import annotations

import json
import os
from hashlib import blake2b
from pathlib import Path

from streams.settings import Settings


class Bookmark:
    """The line up to which a file was loaded, 0 at first; kept in the data directory until the file is done.

    Another file, one that has changed, another mapping, or other topics have another bookmark.
    """

    def __init__(self, settings: Settings, name: str, mapping: Path | None, only: str | None) -> None:
        self._file: Path | None = None
        self.line = 0
        if name == "-":
            return
        one = Path(name).resolve()
        found = one.stat()
        told = mapping.read_text(encoding="utf-8", errors="replace") if mapping and mapping.is_file() else ""
        topics = [settings.broker, *settings.topics.names(), only]
        key = json.dumps([str(one), found.st_size, found.st_mtime_ns, told, topics])
        digest = blake2b(key.encode(), digest_size=8).hexdigest()
        self._file = settings.data_dir / "loads" / f"{digest}.json"
        try:
            self.line = int(json.loads(self._file.read_text())["line"])
        except (OSError, ValueError, KeyError, TypeError):
            self.line = 0

    def move(self, line: int) -> None:
        """Everything up to this line has arrived."""
        if self._file is not None:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            part = self._file.with_suffix(".part")
            part.write_text(json.dumps({"line": line}))
            os.replace(part, self._file)

    def remove(self) -> None:
        """The file is done: another load of it begins at its first line."""
        if self._file is not None:
            self._file.unlink(missing_ok=True)
