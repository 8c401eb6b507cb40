"""Making a rule set live: for workers, and for commands beside them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from streams.rulebook.edition import Edition, first_edition
from streams.rulebook.guard import HeldBack, removed
from streams.rulebook.reading import folder_rules, program_of
from streams.rulebook.topic import newest_edition, send_edition
from streams.settings import Settings
from streams.worker.clock import WallClock
from streams.worker.topics import RULES


def publish(
    settings: Settings,
    rules: Path | Mapping[str, str],
    *,
    force: bool = False,
    topic: str = RULES,
) -> Edition:
    """Makes the rules of a folder, or of texts by ``active/NAME.yaml``, live in every worker of the application.

    Every worker switches at this record, also the one that asked. What is live already is not published again.
    The topic must exist (``streams.clients.topics.prepare``); needs no worker, and no Faust.

    Args:
        settings: those of the workers; ``worker`` is noted as who published.
        rules: a rule folder, or the texts themselves; both are loaded first.
        force: publish also what removes segments that are not in the folder's ``retired/``, however large they are.
        topic: where the rules are.

    Returns:
        The edition that is live now.

    Raises:
        RuleErrors: the rules are refused; nothing is published.
        HeldBack: they would remove segments, without ``force``.
        RulebookError: the topic could not be read or written.
    """
    files, digest, retired = _read(settings, rules)
    live = newest_edition(settings, topic)
    if live is not None and (live.digest, live.files) == (digest, files):
        return live
    if live is not None and not force and (gone := removed(live.files, files, retired)):
        raise HeldBack(gone)
    return put(settings, topic, live, digest, files)


def put(settings: Settings, topic: str, live: Edition | None, digest: str, files: Mapping[str, str]) -> Edition:
    """Publishes the edition that follows the live one, unasked; raises RulebookError."""
    at_ms = WallClock().now_ms()
    make = first_edition if live is None else live.after
    edition = make(digest, files, at_ms, settings.worker)
    send_edition(settings, topic, edition)
    return edition


def _read(settings: Settings, rules: Path | Mapping[str, str]) -> tuple[dict[str, str], str, frozenset[str]]:
    if isinstance(rules, Path):
        found = folder_rules(settings, rules)
        return found.files, found.digest, found.retired
    return dict(rules), program_of(rules, settings).digest, frozenset()
