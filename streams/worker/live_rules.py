"""The rules of a running worker: it follows the topic, and publishes what is edited in its folder."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from confluent_kafka import KafkaException

from streams.errors import MicrosegError
from streams.rulebook import guard
from streams.rulebook.edition import Edition
from streams.rulebook.publish import put
from streams.rulebook.reading import FolderRules, folder_or_error, program_of
from streams.rulebook.start import Opened, Verdict, counted, verdict
from streams.rulebook.topic import RulebookError, newest_edition
from streams.rules.load import NoRuleFolder
from streams.settings import Settings
from streams.survey.asking import ask_sizes
from streams.worker.desk import Desk
from streams.worker.logs import log, note

LOOK_SECONDS = 0.5
POLL_SECONDS = 1.0
AGAIN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Held:
    """An edit that the guard keeps from going live: its digest, and how many customers are in what it removes."""

    digest: str
    segments: Mapping[str, int]


class LiveRules:
    """Which rules are live here, and what is to be said of the folder."""

    def __init__(self, settings: Settings, topic: str, opened: Opened, desk: Desk) -> None:
        self.edition = opened.edition
        self._settings, self._topic, self._desk = settings, topic, desk
        self._reader = opened.reader
        self._thread = ThreadPoolExecutor(1, "rules")  # the reader's
        self._watch = opened.watch
        self._folder: FolderRules | None = None  # the last good one
        self._fault: MicrosegError | None = None  # what is wrong with it now
        self._refused: tuple[str, ...] = ()  # why the newest edition is not live here
        self._unsent = ""  # why an edit could not be published
        self._held: Held | None = None
        self._waiting = opened.waiting  # an edit that is to go live
        self._sent: FolderRules | None = None  # an edit that was published and whose record has not come yet
        self._edit = ""  # the digest of the newest edit, until it goes live
        self._switching = False
        if isinstance(opened.folder, MicrosegError):  # its mistakes have been told before the broker was asked
            self._fault = opened.folder
            self._tell_that_they_stay()
        else:
            self._take_folder(opened.folder)

    # -- what others see

    @property
    def settled(self) -> bool:
        """Whether nothing that is known by now is still to be switched to, or published as far as that can be."""
        return (self._waiting is None or self._unsent != "") and not self._switching

    def health(self) -> dict[str, Any]:
        """What ``/health`` says of the rules."""
        fault = str(self._fault).splitlines() if self._fault else []
        return {
            "digest": self._desk.program.digest,
            "since": self.edition.at,
            "published_by": self.edition.worker,
            "files": len(self.edition.files),
            "folder": self._folder_state(),
            "errors": [*self._refused, *filter(None, [self._unsent]), *fault],
            "held_back": self._held_back(),
            "rows_to_judge": self._desk.stale(),
        }

    def _folder_state(self) -> str:
        if self._fault is not None:
            return "missing" if isinstance(self._fault, NoRuleFolder) else "broken"
        if self._held is not None:
            return "held back"
        if self._waiting is not None:
            return "waiting"
        return "live" if self._folder is not None and self._folder.digest == self.edition.digest else "stale"

    def _held_back(self) -> dict[str, Any] | None:
        if self._held is None:
            return None
        return {"digest": self._held.digest, "removed": dict(self._held.segments), "remedy": guard.REMEDY}

    # -- the topic

    async def follow(self) -> None:
        """Switches at every edition that comes, until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                edition = await loop.run_in_executor(self._thread, self._reader.poll, POLL_SECONDS)
            except RulebookError as error:
                self._refuse(str(error))
                continue
            if edition is not None:
                await self._take_edition(edition)

    async def _take_edition(self, edition: Edition) -> None:
        self._switching = True
        try:
            await self._switch(edition)
        finally:
            self._switching = False
        if edition.digest == self._edit:
            self._edit, self._held, self._waiting = "", None, None
        elif self._folder is not None and self._folder_state() == "stale":
            self._tell_stale(self._folder)

    async def _switch(self, edition: Edition) -> None:
        if edition.digest == self._desk.program.digest and edition.files == self.edition.files:
            self.edition, self._refused = edition, ()
            return
        try:
            program = await asyncio.to_thread(program_of, edition.files, self._settings)
        except MicrosegError as error:
            head = f"the rules {edition.digest}, published by {edition.worker}, cannot be loaded by this version"
            self._refuse(head, *str(error).splitlines())
            return
        self.edition, self._refused = edition, ()
        if program.digest == self._desk.program.digest:  # other titles: nobody is judged anew
            self._desk.program = program
            return
        self._desk.switch(program)
        more = {"digest": edition.digest, "published_by": edition.worker, "files": len(edition.files)}
        note("rules live", "rules %s of %s are live: %s", edition.digest, edition.worker, counted(edition), more=more)

    def _refuse(self, *lines: str) -> None:
        """Says why a record of the topic changes nothing here."""
        self._refused = lines
        for line in lines:
            log.error("%s", line)
        log.error("the rules %s stay live here", self._desk.program.digest)

    # -- the folder

    async def watch(self) -> None:
        """Publishes what changes in the folder and may go live, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            if await asyncio.to_thread(self._watch.changed, time.monotonic()):
                found = await asyncio.to_thread(folder_or_error, self._settings)
                if await asyncio.to_thread(self._watch.still):  # else it moved meanwhile, and will be read again
                    self._take_folder(found, seen=True)
            if self._waiting is not None:
                await self._decide(self._waiting)

    def _take_folder(self, found: FolderRules | MicrosegError, *, seen: bool = False) -> None:
        """Judges a folder as it was read; ``seen``: after a change of it, not at the start."""
        if isinstance(found, MicrosegError):
            self._tell_fault(found)
            return
        if self._fault is not None:
            self._fault = None
            log.info("the rule folder %s is good again", self._settings.rules)
        edited = found.digest == self._edit  # held back until now, perhaps, and a file has moved to retired/ since
        what = Verdict.NEW if edited else verdict(self.edition, found, self._folder)
        self._folder = found
        if what is Verdict.NEW:
            self._edit = found.digest
        if seen:
            self._unsent, self._held, self._waiting = "", None, found if what is Verdict.NEW else None
        if what is Verdict.STALE:
            self._tell_stale(found)

    def _tell_stale(self, folder: FolderRules) -> None:
        log.warning(
            "the rule folder %s has rules that others replaced (digest %s); live is %s, published by %s; "
            "microseg plan --apply makes those of the folder live",
            self._settings.rules,
            folder.digest,
            self.edition.digest,
            self.edition.worker,
        )

    def _tell_fault(self, fault: MicrosegError) -> None:
        if str(fault) != str(self._fault):
            for line in str(fault).splitlines():
                log.error("%s", line)
            self._tell_that_they_stay()
        self._fault, self._waiting, self._held, self._unsent = fault, None, None, ""

    def _tell_that_they_stay(self) -> None:
        log.error("the rules %s stay live", self.edition.digest)

    async def _decide(self, found: FolderRules) -> None:
        """Publishes an edit, or holds it back; where it cannot be told yet which, it is asked again later."""
        gone = guard.removed(self.edition.files, found.files, found.retired)
        if found is self._sent or (gone and not self._desk.open):
            return
        try:
            held = guard.too_many(await self._members_of(gone)) if gone else {}
            if held:
                self._hold_back(found, held)
                return
            await asyncio.to_thread(self._publish, found)
        except (MicrosegError, KafkaException) as error:
            self._tell_unsent(f"the rules of {self._settings.rules} could not go live, trying again: {error}")
            await asyncio.sleep(AGAIN_SECONDS)
            return
        self._sent, self._unsent = found, ""

    def _tell_unsent(self, reason: str) -> None:
        if reason != self._unsent:
            log.warning("%s", reason)
        self._unsent = reason

    async def _members_of(self, names: Iterable[str]) -> dict[str, int]:
        """How many customers are in these rules' segments, over all workers; raises MicrosegError."""
        return guard.members_of(names, await asyncio.to_thread(ask_sizes, self._settings))

    def _hold_back(self, found: FolderRules, held: Mapping[str, int]) -> None:
        self._waiting, self._held = None, Held(found.digest, held)
        for name, count in held.items():
            log.warning(
                "the rule folder %s no longer has %s, a segment of %s customers; nothing goes live: %s",
                self._settings.rules,
                name,
                f"{count:,}",
                guard.REMEDY,
            )

    def _publish(self, found: FolderRules) -> None:
        """In a thread; reads the topic once more, so that what others published meanwhile stays in the history."""
        live = newest_edition(self._settings, self._topic)
        if live is None or (live.digest, live.files) != (found.digest, found.files):
            put(self._settings, self._topic, live or self.edition, found.digest, found.files)
