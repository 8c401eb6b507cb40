"""What is live when a worker starts: the topic's rule set, or the folder's where that is newer or the only one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from streams.errors import MicrosegError
from streams.rulebook.edition import Edition
from streams.rulebook.folder_watch import FolderWatch
from streams.rulebook.guard import removed
from streams.rulebook.publish import put
from streams.rulebook.reading import FolderRules, folder_or_error, program_of
from streams.rulebook.topic import NoEdition, RuleReader
from streams.rules.compile import Program
from streams.settings import Settings

Say = Callable[[str], None]


class Verdict(Enum):
    """What is to be done with the rules of a folder."""

    LIVE = "they are live"
    STALE = "they were live before others replaced them"
    NEW = "they are an edit"


@dataclass(frozen=True, slots=True)
class Opened:
    """The rules at the start: what is live, the reader that tells of the next edition, and the folder.

    ``waiting`` is an edit of which it is not known yet whether it may go live: it removes segments.
    """

    reader: RuleReader
    edition: Edition
    program: Program
    folder: FolderRules | MicrosegError
    watch: FolderWatch
    waiting: FolderRules | None = None


def verdict(live: Edition, folder: FolderRules, before: FolderRules | None) -> Verdict:
    """What to do with a good folder; ``before`` is what was last read of it, None at the start.

    Only an edit that was seen may bring back a digest that was live before. Else a machine that was away for a while
    would undo what happened meanwhile. A change of titles alone is an edit only of the rules that are live.
    """
    same = folder.digest == live.digest
    if before is None:
        return Verdict.LIVE if same else Verdict.STALE if folder.digest in live.history else Verdict.NEW
    edited = folder.files != before.files if same else folder.digest != before.digest
    if edited and folder.files != live.files:
        return Verdict.NEW
    return Verdict.LIVE if same else Verdict.STALE


class Start:
    """The rules at the start of a worker."""

    def __init__(self, settings: Settings, topic: str, say: Say) -> None:
        self._settings, self._topic, self._say = settings, topic, say
        self._watch = FolderWatch(settings.rules)  # before the folder is read: what changes meanwhile must be noticed
        self.folder = folder_or_error(settings)

    def open(self) -> Opened:
        """Reads the topic to its end, and publishes the folder's rules where they are due.

        Raises:
            RulebookError: the topic cannot be read or written.
            NoRules: neither was a set published, nor is the folder good.
            Unloadable: what is live cannot be loaded by this version, and the folder is no newer.
        """
        reader, folder = RuleReader(self._settings, self._topic), self.folder
        live = self._live(reader)
        if live is None:
            if isinstance(folder, MicrosegError):
                raise NoRules(self._settings, folder.exit_code)
            return self._published(reader, None, folder)
        try:
            program = self._program(live)
        except MicrosegError as error:
            return self._instead(reader, live, error)
        if isinstance(folder, MicrosegError) or verdict(live, folder, None) is not Verdict.NEW:
            return Opened(reader, live, program, folder, self._watch)
        if removed(live.files, folder.files, folder.retired):
            return Opened(reader, live, program, folder, self._watch, folder)
        return self._published(reader, live, folder)

    def _live(self, reader: RuleReader) -> Edition | None:
        """What is live; where the record is no rule set, a good folder takes its place."""
        try:
            return reader.to_end()
        except NoEdition as error:
            if isinstance(self.folder, MicrosegError):
                raise
            self._say(f"{error}; taking those of {self._settings.rules}")
            return None

    def _program(self, live: Edition) -> Program:
        if isinstance(self.folder, FolderRules) and self.folder.files == live.files:
            return self.folder.program
        return program_of(live.files, self._settings)

    def _published(self, reader: RuleReader, live: Edition | None, folder: FolderRules) -> Opened:
        edition = put(self._settings, self._topic, live, folder.digest, folder.files)
        self._say(f"published the rules of {self._settings.rules}: {counted(edition)}, digest {edition.digest}")
        return Opened(reader, edition, folder.program, folder, self._watch)

    def _instead(self, reader: RuleReader, live: Edition, error: MicrosegError) -> Opened:
        """The folder's rules in place of live ones that this version refuses, unless those replaced them."""
        head = f"the live rules {live.digest}, published by {live.worker}, cannot be loaded by this version"
        if isinstance(self.folder, MicrosegError) or verdict(live, self.folder, None) is not Verdict.NEW:
            raise Unloadable(f"{head}:\n{error}", error.exit_code) from error
        self._say(f"{head}; taking those of {self._settings.rules} instead")
        return self._published(reader, live, self.folder)


class NoRules(MicrosegError):
    """There is nothing to run by: nothing in the topic, and a folder that is not good, as has been said."""

    def __init__(self, settings: Settings, exit_code: int) -> None:
        super().__init__(
            f"no rules were published yet for the application {settings.application}: "
            f"it needs a good rule folder, which {settings.rules} is not"
        )
        self.exit_code = exit_code


class Unloadable(MicrosegError):
    """The live rules are refused by this version; the message has their mistakes."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def counted(edition: Edition) -> str:
    """How many rule files it has, in words."""
    return "1 rule" if len(edition.files) == 1 else f"{len(edition.files)} rules"
