"""By what outcomes are counted, from the settings and the rules that are live."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from streams.errors import MicrosegError
from streams.outcomes.sums import DAY_MS, Span, Terms
from streams.rulebook.topic import RulebookError, RuleReader
from streams.rules.load import load_texts
from streams.rules.model import RuleSet, TrialTerms
from streams.settings import Settings
from streams.worker.logs import log
from streams.worker.topics import RULES


def terms_of(settings: Settings, rules: RuleSet | None) -> Terms:
    """The terms under a rule set; None: nobody has published one yet."""
    known = rules.rules if rules else ()
    spans = {rule.name: span for rule in known if rule.trial for span in _span(rule.trial, settings.max_clock_skew_ms)}
    unmailed = frozenset(rule.name for rule in known if not rule.strategy)
    return Terms(settings.timezone, settings.conversion_days * DAY_MS, spans, unmailed)


def _span(trial: TrialTerms, slack_ms: int) -> Iterator[Span]:
    """When customers are drawn; the clocks of those who start it and of those who draw may differ a little."""
    if trial.started_ms is not None:
        yield Span(trial.started_ms - slack_ms, trial.started_ms + trial.days * DAY_MS)


class LiveTerms:
    """The terms that hold now, kept up with the topic of rules."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._reader = RuleReader(settings, RULES)
        self.now = terms_of(settings, None)
        if (edition := self._reader.to_end()) is not None:
            self._take(edition.files)

    def changed(self) -> bool:
        """Whether the rules have changed in a way that matters here."""
        before = self.now
        try:
            edition = self._reader.poll(0)
        except RulebookError as error:
            log.warning("%s; outcomes go on under the rules before", error)
            return False
        if edition is not None:
            self._take(edition.files)
        return self.now != before

    def _take(self, files: Mapping[str, str]) -> None:
        try:
            self.now = terms_of(self._settings, load_texts(files, self._settings.retention_ms))
        except MicrosegError as error:  # as of another version
            log.warning("the live rules cannot be read: %s", str(error).partition("\n")[0])

    def close(self) -> None:
        """Lets the broker go."""
        self._reader.close()
