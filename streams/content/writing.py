"""Drafts: which of them are lacking, and what they become without a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from streams.content.fields import TEMPLATE, values_of, words
from streams.content.guard import faults
from streams.content.model import SLOTS, ContentError, Copy, Library, Status
from streams.content.read_copy import Ground, allowed_of
from streams.rules.errors import Problems
from streams.rules.folder import read_text
from streams.rules.model import Rule
from streams.rules.scalars import shown_text
from streams.rules.yaml_nodes import Yaml, YamlList, YamlMap, read_yaml

STARTERS = "starters.yaml"
_KEYS = ("theme", "words", "link", "products", "copy")
_MOST_BYTES = 1 << 20


class Draft(NamedTuple):
    """The texts of a new variant by slot, and the offer that it names."""

    texts: Mapping[str, str]
    offer: str | None = None


class Starter(NamedTuple):
    """First drafts of a theme: words of strategies that it fits, link, products, and texts by locale."""

    theme: str
    words: tuple[str, ...]
    link: str
    products: int
    copy: Mapping[str, tuple[Draft, ...]]


class Lack(NamedTuple):
    """A segment that needs so many more variants in a locale."""

    rule: Rule
    locale: str
    wanted: int


class Written(NamedTuple):
    """What became of a lack: drafts, fewer than asked for where ``said`` tells why."""

    lack: Lack
    drafts: list[Draft]
    said: list[str]


#: Writes drafts of a lack.
Author = Callable[[Lack], Written]


def lacks(
    library: Library, segments: Sequence[str], locales: Sequence[str], count: int, *, again: bool
) -> Iterator[Lack]:
    """What has fewer than ``count`` variants that are not retired; with ``again`` drafts count for nothing, as they are
    to be replaced."""
    for segment in segments:
        copy = library.copies.get(segment)
        for locale in locales:
            there = living(copy, locale, drafts=not again)
            if there < count:
                yield Lack(library.rules[segment], locale, count - there)


def living(copy: Copy | None, locale: str, *, drafts: bool = True) -> int:
    """How many variants of a locale are approved, or drafts."""
    counted = (Status.APPROVED, Status.DRAFT) if drafts else (Status.APPROVED,)
    return sum(one.status in counted for one in copy.locales.get(locale, ())) if copy else 0


def sound(library: Library, lack: Lack, draft: Draft) -> list[str]:
    """What is wrong with a draft, slot by slot; empty where nothing is."""
    ground = Ground(lack.rule, library.voice, library.offers)
    offer = library.offers[draft.offer].texts.get(lack.locale, "") if draft.offer else ""
    return [f"{slot}: {fault}" for slot, fault in faults(draft.texts, allowed_of(ground, offer))]


def read_starters(rules_folder: Path) -> list[Starter]:
    """The first drafts of a rule folder.

    Raises:
        ContentError: there are none, or something is wrong with them.
    """
    path, problems = rules_folder / TEMPLATE / STARTERS, Problems()
    if not path.is_file():
        raise ContentError([f"{path}: there is no such file; take it from the shipped segment_rules"])
    text = read_text(path, problems, _MOST_BYTES)
    root = read_yaml(text, f"{TEMPLATE}/{STARTERS}", problems) if text is not None else None
    found = [_starter(node, problems) for node in root.items] if isinstance(root, YamlList) else []
    if root is not None and not found:
        problems.add(root.place, "a list of starters is needed")
    if problems:
        raise ContentError(problems.lines())
    return [one for one in found if one is not None]


def _starter(node: Yaml, problems: Problems) -> Starter | None:
    if not isinstance(node, YamlMap):
        problems.add(node.place, "keys and values are needed here")
        return None
    values = values_of(node, _KEYS, _KEYS, problems)
    if len(values) < len(_KEYS) or not isinstance(values["copy"], YamlMap):
        return None
    said = tuple(one.text.lower() for one in words(values["words"], problems))
    products = shown_text(values["products"], problems) or ""
    copy = {name: tuple(_drafts(entry.value, problems)) for name, entry in values["copy"].entries.items()}
    theme, link = (shown_text(values[key], problems) or "" for key in ("theme", "link"))
    return Starter(theme, said, link, int(products) if products.isdigit() else 0, copy)


def _drafts(node: Yaml, problems: Problems) -> Iterator[Draft]:
    for item in node.items if isinstance(node, YamlList) else ():
        if not isinstance(item, YamlMap):
            problems.add(item.place, "keys and values are needed here")
            continue
        values = values_of(item, tuple(SLOTS), tuple(SLOTS), problems)
        yield Draft({slot: " ".join((shown_text(node, problems) or "").split()) for slot, node in values.items()})


def fitting(rule: Rule, starters: Sequence[Starter]) -> Starter:
    """The starter whose words the strategy has, the one whose word comes first in it; else the last of all."""
    strategy = rule.strategy.lower()
    places = [
        (strategy.find(word), number) for number, one in enumerate(starters) for word in one.words if word in strategy
    ]
    return starters[min(places)[1]] if places else starters[-1]


class FromStarters:
    """Writes drafts without a model."""

    def __init__(self, library: Library, starters: Sequence[Starter]) -> None:
        self._library, self._starters = library, starters

    def __call__(self, lack: Lack) -> Written:
        """Drafts out of the starter that fits; none where it does not speak the language."""
        starter = fitting(lack.rule, self._starters)
        there = starter.copy.get(lack.locale) or starter.copy.get(lack.locale.split("-")[0], ())
        has = self._library.copies.get(lack.rule.name)
        known = {one.subject for one in has.locales.get(lack.locale, ())} if has else set()
        fresh = [one for one in there if one.texts["subject"] not in known]
        good = [one for one in fresh if not sound(self._library, lack, one)][: lack.wanted]
        said = [] if len(good) == lack.wanted else [f"{TEMPLATE}/{STARTERS} has no more words in {lack.locale}"]
        return Written(lack, good, said)
