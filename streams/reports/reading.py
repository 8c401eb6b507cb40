"""What a report is made of, from topics or files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import starmap

from streams.clients.changes import Arrived, decode_change, record_of
from streams.clients.errors import ClientError
from streams.clients.topics import partitions_of
from streams.clients.whole import read_whole
from streams.errors import MicrosegError
from streams.files import open_lines
from streams.reports.health import Memberships
from streams.settings import Settings
from streams.trials.totals import Totals
from streams.worker.topics import MEMBERSHIPS


def totals_of_file(name: str) -> Totals:
    """Totals that were written as JSON (``-``: standard input); raises MicrosegError where they are none."""
    with open_lines(name) as source:
        text = b"".join(source.lines)
    try:
        return Totals.from_json(text)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MicrosegError(f"{name}: is no JSON of totals: {error}") from error


def changes_of_topic(settings: Settings) -> Iterator[Arrived]:
    """All membership changes that the topic keeps.

    Raises:
        ClientError: there is no such topic, the broker does not answer, or a record there is no change.
    """
    return starmap(record_of, read_whole(settings, MEMBERSHIPS, partitions_of(settings, MEMBERSHIPS)))


def changes_of_file(name: str) -> Iterator[Arrived]:
    """Membership changes as JSON lines, as ``microseg replay`` and ``subscribe --json`` print them.

    Raises:
        MicrosegError: the file cannot be read, or a line is no change; it names the line.
    """
    with open_lines(name) as source:
        for number, line in enumerate(source.lines, 1):
            try:
                change = decode_change(line)
            except ClientError as error:
                raise MicrosegError(f"{name}:{number}: {error}") from error
            yield Arrived(change.user, line, change)


def memberships_of(changes: Iterable[Arrived], end_ms: int, flaps: int) -> Memberships:
    """The segments at an instant, out of all changes; who comes and goes more than ``flaps`` times a week flaps."""
    found = Memberships(end_ms, flaps)
    for one in changes:
        found.take(one)
    return found
