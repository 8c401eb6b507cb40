"""Content beside a process that runs on: read again when its files change, the last good one kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from streams.content.delivery import Products, content_of, labels_of, no_products
from streams.content.fields import FOLDER, TEMPLATE
from streams.content.load import load_content
from streams.content.model import ContentError, Library
from streams.rules.errors import RuleErrors
from streams.rules.folder import LIVE
from streams.rules.load import load_rules
from streams.settings import Settings

#: How often it is looked whether files have changed, in milliseconds.
LOOK_MS = 10_000

Stamp = tuple[tuple[str, int, int], ...]


def day_of(now_ms: int, timezone: str) -> date:
    """The shop's day at an instant."""
    return datetime.fromtimestamp(now_ms / 1000, ZoneInfo(timezone)).date()


class LiveContents:
    """The content of a rule folder, for sinks.

    Args:
        settings: with the rule folder and the shop's time zone.
        now_ms: the wall clock.
        say: told in words when content was read again, or cannot be.
        products: what to show a customer in a segment.

    Raises:
        ContentError, RuleErrors: there is no good content to begin with.
    """

    def __init__(
        self,
        settings: Settings,
        now_ms: Callable[[], int],
        say: Callable[[str], None],
        products: Products = no_products,
    ) -> None:
        self._settings, self._now_ms, self._say, self._products = settings, now_ms, say, products
        self._stamp, self._looked_ms = _stamp(settings.rules), now_ms()
        self._library = self._load()

    def of(self, user: str, segments: Sequence[str]) -> dict[str, dict[str, object]]:
        """The content of a customer by segment; see ``content_of``."""
        return content_of(self._now(), user, segments, self._today(), self._products)

    def labels(self, user: str, segments: Sequence[str]) -> list[str]:
        """The labels of the variants that a customer may be shown."""
        return labels_of(self._now(), user, segments, self._today())

    def _today(self) -> date:
        return day_of(self._now_ms(), self._settings.timezone)

    def _load(self) -> Library:
        rules = load_rules(self._settings.rules, self._settings.retention_ms)
        return load_content(self._settings.rules, rules)

    def _now(self) -> Library:
        """The content as the files have it, or had it when they were good."""
        now_ms = self._now_ms()
        if now_ms - self._looked_ms < LOOK_MS:
            return self._library
        self._looked_ms, stamp = now_ms, _stamp(self._settings.rules)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._library = self._load()
                self._say("the content has changed and was read again")
            except (ContentError, RuleErrors, OSError) as error:
                self._say(f"the content as it is now cannot be used, the last good one stays: {error}")
        return self._library


def _stamp(rules_folder: Path) -> Stamp:
    """What shows that a file is another."""
    found = []
    for folder in (*LIVE, FOLDER, TEMPLATE):
        for path in sorted((rules_folder / folder).glob("*.yaml")):
            try:
                stat = path.stat()
            except OSError:  # it was just replaced; the next look sees it
                continue
            found.append((str(path), stat.st_mtime_ns, stat.st_size))
    return tuple(found)
