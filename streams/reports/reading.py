"""What a report is made of, from topics or files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from streams.clients.changes import Arrived, arrived, decode_change
from streams.clients.errors import ClientError
from streams.clients.topics import prepare
from streams.clients.whole_topic import read_whole
from streams.errors import MicrosegError
from streams.files import open_lines
from streams.reports.health import Memberships
from streams.settings import Settings
from streams.trials.totals import Totals
from streams.worker.topics import MEMBERSHIPS


def totals_of_topic(settings: Settings) -> Totals:
    """What tracking published.

    Raises:
        ClientError: nothing was tracked yet, or the broker does not give it.
    """
    prepare(settings)
    records = (
        ((message.key() or b"").decode(errors="replace"), message.value())
        for message in read_whole(settings, settings.outcomes)
    )
    try:
        return Totals.of(records)
    except (ValueError, TypeError) as error:
        raise ClientError(f"a record of {settings.outcomes} is none of totals: {error}") from error


def totals_of_file(name: str) -> Totals:
    """Totals that were written as JSON (``-``: standard input); raises MicrosegError where they are none."""
    with open_lines(name) as source:
        text = b"".join(source.lines)
    try:
        return Totals.from_json(text)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise MicrosegError(f"{name}: is no JSON of totals: {error}") from error


def changes_of_topic(settings: Settings) -> Iterator[Arrived]:
    """All membership changes that the topic keeps; raises ClientError."""
    prepare(settings)
    return map(arrived, read_whole(settings, MEMBERSHIPS))


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


def memberships_of(changes: Iterable[Arrived], end_ms: int) -> Memberships:
    """The segments at an instant, out of all changes."""
    found = Memberships(end_ms)
    for one in changes:
        found.take(one)
    return found
