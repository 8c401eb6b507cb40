"""Reading a rule folder: the texts of its live files, and the names of those that are only kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from streams.rules.errors import NoRuleFolder, Problems
from streams.rules.model import Place

#: The folders whose rules are evaluated.
LIVE = ("active", "trial")
#: The folders whose files are only kept; their names are known to hints.
KEPT = ("proposed", "retired")
MAX_FILE_BYTES = 65_536
#: All live files together: they travel to the workers as one record.
MAX_FOLDER_BYTES = 7 << 20
MAX_TRIALS = 5


@dataclass(frozen=True, slots=True)
class Folder:
    """What stands in a rule folder: ``texts`` by ``active/NAME.yaml`` or ``trial/NAME.yaml``, None where a file
    cannot be
    read as text; ``kept`` says in which folder the file of a name is kept."""

    texts: dict[str, str | None]
    kept: dict[str, str]


def read_folder(folder: Path, problems: Problems) -> Folder:
    """The files of a folder as they are now; what stands there and is no rule file, or is too much, is a problem.

    Raises:
        NoRuleFolder: there is no such folder, or it cannot be read.
    """
    _refuse_other_folders(folder)
    texts = {_shown(path): read_text(path, problems) for path in _live_files(folder, problems)}
    _refuse_bulk(texts, problems)
    return Folder(texts, {name: kept for kept in KEPT for name in _names(folder / kept)})


def _live_files(folder: Path, problems: Problems) -> list[Path]:
    files: list[Path] = []
    for live in LIVE:
        found = _entries(folder / live)
        for path in found:
            _refuse_odd(path, problems)
        files += [path for path in found if path.suffix == ".yaml"]
    _refuse_excess([path for path in files if path.parent.name == "trial"], problems)
    _refuse_twins(files, problems)
    return files


def _refuse_other_folders(folder: Path) -> None:
    """Raise NoRuleFolder where the folder is missing or no rule folder, which is better than finding no rules in it."""
    try:
        names = {path.name for path in folder.iterdir()}
    except OSError as error:
        raise NoRuleFolder([f"{folder}: no rule folder can be read here: {error.strerror}"]) from error
    if not names.intersection((*LIVE, *KEPT)):
        raise NoRuleFolder([f"{folder}: no rule folder; it has none of the folders active, trial, proposed, retired"])


def _entries(folder: Path) -> list[Path]:
    """What stands in a folder, by name, without hidden (editors' temporary) files; empty where there is no folder."""
    if not folder.exists():
        return []
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise NoRuleFolder([f"{folder}: cannot be read: {error.strerror}"]) from error


def _names(folder: Path) -> list[str]:
    return [path.stem for path in _entries(folder) if path.suffix == ".yaml"]


def _shown(path: Path) -> str:
    """A file's name below the rule folder, without bytes that are no UTF-8."""
    return f"{path.parent.name}/{path.name.encode(errors='replace').decode()}"


def _start_of(path: Path) -> Place:
    return Place(_shown(path), 1, 1)


def _refuse_odd(path: Path, problems: Problems) -> None:
    if path.is_dir():
        problems.add(_start_of(path), f"a folder inside {path.parent.name}/ is not read; move its files out of it")
    elif path.suffix.lower() in (".yml", ".yaml") and path.suffix != ".yaml":
        problems.add(_start_of(path), f'only files that end in .yaml are read; did you mean "{path.stem}.yaml"?')


def _refuse_excess(trials: list[Path], problems: Problems) -> None:
    for path in trials[MAX_TRIALS:]:
        problems.add(_start_of(path), f"{len(trials)} files in trial/; at most {MAX_TRIALS} segments can be on trial")


def _refuse_bulk(texts: Mapping[str, str | None], problems: Problems) -> None:
    sizes = {file: len((text or "").encode()) for file, text in texts.items()}
    beyond = [file for file, total in zip(sizes, accumulate(sizes.values()), strict=True) if total > MAX_FOLDER_BYTES]
    if beyond:
        text = f"with this file the rules have more than {MAX_FOLDER_BYTES >> 20} MiB together, which is too much"
        problems.add(Place(beyond[0], 1, 1), text)


def _refuse_twins(files: list[Path], problems: Problems) -> None:
    first: dict[str, Path] = {}
    for path in files:
        twin = first.setdefault(path.stem, path)
        if twin is not path:
            text = f"{twin.parent.name}/{twin.name} has the same name; delete one of the two"
            problems.add(_start_of(path), text)


def read_text(path: Path, problems: Problems, most_bytes: int = MAX_FILE_BYTES) -> str | None:
    """The text of a file in UTF-8, without a byte order mark; None where it cannot be had, which is then a problem."""
    if path.is_dir():
        return None
    try:
        with path.open("rb") as file:
            data = file.read(most_bytes + 1)
    except OSError as error:
        problems.add(_start_of(path), f"cannot be read: {error.strerror}")
        return None
    if len(data) > most_bytes:
        problems.add(_start_of(path), f"larger than {most_bytes // 1024} KiB, which no rule needs")
        return None
    return _decoded(data, _shown(path), problems)


def _decoded(data: bytes, file: str, problems: Problems) -> str | None:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        column = len(before[before.rfind(b"\n") + 1 :].decode(errors="replace")) + 1
        place = Place(file, before.count(b"\n") + 1, column)
        problems.add(place, "not UTF-8; save the file in that encoding")
        return None
