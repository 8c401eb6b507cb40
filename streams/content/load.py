"""Loading all content of a rule folder, or all mistakes of all its files at once."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from streams.content.fields import FOLDER, TEMPLATE
from streams.content.model import ContentError, Library
from streams.content.read_copy import Ground, read_copy
from streams.content.read_shop import read_offers, read_phrases, read_voice
from streams.rules.errors import Problems
from streams.rules.folder import KEPT
from streams.rules.model import Place, RuleSet
from streams.rules.nearest import hint

_VOICE, _OFFERS, _PHRASES = "voice.yaml", "offers.yaml", "phrases.yaml"


def load_content(rules_folder: Path, rules: RuleSet) -> Library:
    """The voice, the offers and the copy beside these rules.

    Raises:
        ContentError: there is no voice, or something is wrong; all mistakes of all files, each with its place.
    """
    folder, by_name = rules_folder / FOLDER, {rule.name: rule for rule in rules.rules}
    if not (folder / _VOICE).is_file():
        raise ContentError([f"{folder / _VOICE}: there is no such file; it says how the shop speaks"])
    problems = Problems()
    voice = read_voice(folder / _VOICE, by_name, problems)
    if voice is None or problems:
        raise ContentError(problems.lines())
    phrases = read_phrases(rules_folder / TEMPLATE / _PHRASES, voice.locales, problems)
    offers = read_offers(folder / _OFFERS, voice.locales, problems)
    copies = {}
    for path in copy_files(rules_folder):
        _check_name(path, rules_folder, by_name, problems)
        copy = read_copy(path, Ground(by_name.get(path.stem), voice, offers), problems)
        if copy is not None:
            copies[copy.segment] = copy
    if problems:
        raise ContentError(problems.lines())
    return Library(voice, phrases, offers, copies, by_name)


def copy_files(rules_folder: Path) -> list[Path]:
    """The files of copy in order of their names, without hidden ones."""
    found = sorted((rules_folder / FOLDER).glob("*.yaml"))
    return [path for path in found if path.name not in (_VOICE, _OFFERS) and not path.name.startswith(".")]


def _check_name(path: Path, rules_folder: Path, live: Collection[str], problems: Problems) -> None:
    kept = any((rules_folder / folder / path.name).exists() for folder in KEPT)
    if path.stem not in live and not kept:
        place = Place(f"{FOLDER}/{path.name}", 1, 1)
        problems.add(place, f'there is no rule "{path.stem}"{hint(path.stem, live)}')
