"""The rules that are live: as they were published, or before the first time as they lie in the folder."""

from __future__ import annotations

from streams.errors import MicrosegError
from streams.rulebook.edition import Edition
from streams.rulebook.topic import NoEdition, RuleReader
from streams.rules.load import load_folder, load_texts
from streams.rules.model import Rule, RuleSet
from streams.settings import Settings
from streams.worker.topics import RULES


class LiveRules:
    """``rule_set`` with the ``texts`` of its files by ``active/NAME.yaml``; both are replaced as a whole."""

    def __init__(self, settings: Settings) -> None:
        self.rule_set = RuleSet((), "")
        self.texts: dict[str, str] = {}
        self._settings = settings
        self._reader: RuleReader | None = None

    def look(self) -> None:
        """Takes up what was published since; raises MicrosegError where the broker does not answer."""
        try:
            if self._reader is None:
                self._reader = RuleReader(self._settings, RULES)
                self._take(self._reader.to_end())
                return
            while (edition := self._reader.poll(0)) is not None:
                self._take(edition)
        except NoEdition:
            return
        except MicrosegError:
            self.close()
            raise

    def close(self) -> None:
        """Lets the broker go."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    def rule(self, segment: str) -> Rule | None:
        """The rule of a segment, or of a family's segment."""
        name = segment.partition("/")[0]
        return next((rule for rule in self.rule_set.rules if rule.name == name), None)

    def _take(self, edition: Edition | None) -> None:
        try:
            if edition is None:
                loaded = load_folder(self._settings.rules, self._settings.retention_ms)
                self.rule_set, self.texts = loaded.rule_set, loaded.texts
            else:
                self.rule_set = load_texts(edition.files, self._settings.retention_ms)
                self.texts = edition.files
        except MicrosegError:  # rules of another version, or none yet: pages show what they have
            return
