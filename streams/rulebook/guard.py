"""The guard: a file that is deleted by mistake must not take many customers out of a segment."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath

from streams.errors import MicrosegError

#: From so many customers on a removal is held back. Fewer than a test list has, and far fewer than any campaign goes
#: to:
#: undoing such a mistake by hand is quick, and a held-back edit of a segment that nobody is in would only annoy.
MANY_CUSTOMERS = 50
REMEDY = "move the file to retired/ or run microseg plan --apply"


class HeldBack(MicrosegError):
    """A rule set that would remove segments, which was not asked for by name."""

    exit_code = 1

    def __init__(self, removed: Iterable[str]) -> None:
        self.removed = sorted(removed)
        super().__init__(f"this would remove {', '.join(self.removed)}; {REMEDY}")


def names_of(files: Iterable[str]) -> set[str]:
    """The segments of files ``active/NAME.yaml``."""
    return {PurePosixPath(file).stem for file in files}


def removed(live: Iterable[str], wanted: Iterable[str], retired: Collection[str]) -> set[str]:
    """The segments of the live files that are neither among the wanted files nor retired."""
    return names_of(live) - names_of(wanted) - set(retired)


def too_many(members: Mapping[str, int]) -> dict[str, int]:
    """Those segments whose removal is held back, with their sizes."""
    return {name: count for name, count in sorted(members.items()) if count >= MANY_CUSTOMERS}


def members_of(names: Iterable[str], sizes: Mapping[str, int]) -> dict[str, int]:
    """The members of each rule, by the sizes of segments: of a family, of all its ``NAME/value`` together."""
    return {
        name: sum(count for segment, count in sizes.items() if segment == name or segment.startswith(f"{name}/"))
        for name in names
    }
