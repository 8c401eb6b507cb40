"""Small tables beside the settings: CSV files with a fixed head."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from streams.errors import SettingsError


def table_lines(file: Path, head: Sequence[str]) -> Iterator[tuple[str, list[str]]]:
    """The place (``file:line``) and the trimmed fields of every line that is not blank, behind the first, which must be
    the head.

    Raises:
        SettingsError: the file cannot be read, is no CSV, or has another head.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            rows = csv.reader(lines, strict=True)
            found = [name.strip().lower() for name in next(rows, [])]
            if found != [*head]:
                said = f"the first line must be {','.join(head)}, not {','.join(found)[:60]}"
                raise SettingsError([f"{file}:1: {said}"])
            for row in rows:
                fields = [field.strip() for field in row]
                if any(fields):
                    yield f"{file}:{rows.line_num}", fields
    except OSError as error:
        raise SettingsError([f"{file}: {error.strerror}"]) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise SettingsError([f"{file}: is no CSV in UTF-8 ({error})"]) from error
