"""Adding drafts to a file of copy, without touching what a person wrote or approved.

The file is changed as text: lines of drafts that are replaced go, lines of new ones come in behind their siblings,
and all other lines, comments too, stay as they are. The result is read again; if anything but drafts has changed,
nothing is written.
"""

from __future__ import annotations

import json
import string
import textwrap
from collections.abc import Iterator, Mapping, Sequence

from streams.content.model import SLOTS, ContentError, Copy, Status, Variant
from streams.content.read_copy import Ground, copy_in
from streams.content.writing import Draft
from streams.rules.errors import Problems
from streams.rules.yaml_nodes import Entry, Yaml, YamlMap, read_yaml

_WIDTH = 118
_HEAD = """\
# Copy of this segment. A person reads each variant, and sets its status to approved; retired keeps it for the record.
"""

Drafts = Mapping[str, Sequence[Draft]]


def new_file(link: str, products: int, drafts: Drafts) -> str:
    """The text of a file that was not there."""
    lines = [f"link: {link}", f"products: {products}", "copy:"]
    for locale, some in drafts.items():
        lines += [f"  {locale}:", *_blocks(some, _names(()), 4)]
    return _HEAD + "\n".join(lines) + "\n"


def with_drafts(text: str, copy: Copy, drafts: Drafts, *, again: bool) -> str:
    """A file's text with new drafts; with ``again`` the drafts of those locales are replaced.

    Args:
        text: of the file.
        copy: what it says.
        drafts: by locale.
        again: whether older drafts of these locales go.

    Raises:
        ContentError: the file has a form to which nothing can be added.
    """
    root = read_yaml(text, copy.segment, Problems())
    if not isinstance(root, YamlMap) or not isinstance(root.entries["copy"].value, YamlMap):
        raise ContentError([f"content/{copy.segment}.yaml: nothing can be added to it; write it in lines"])
    edits = _Edits(text.splitlines(), root)
    for locale in sorted(drafts, key=lambda one: one not in copy.locales):  # new ones come last, behind all others
        edits.locale(locale, copy, drafts[locale], again=again)
    return "\n".join(edits.done()) + "\n"


def verified(text: str, before: Copy | None, drafts: Drafts, segment: str, ground: Ground) -> str:
    """The text of a file that is to be written, once it is certain that it is good, that all drafts are in it, and that
    nothing but drafts changed.

    Raises:
        ContentError: it is not.
    """
    file, problems = f"content/{segment}.yaml", Problems()
    root = read_yaml(text, file, problems)
    made = copy_in(root, segment, ground, problems) if isinstance(root, YamlMap) else None
    if made is None or problems:
        raise ContentError([f"{file}: drafts cannot be added to it as it is written", *problems.lines()])
    there = {
        locale: [one.texts() for one in made.locales.get(locale, ())][-len(some) :] for locale, some in drafts.items()
    }
    wanted = {locale: [dict(one.texts) for one in some] for locale, some in drafts.items()}
    if there != wanted or (before is not None and _settled(before) != _settled(made)):
        raise ContentError([f"{file}: drafts cannot be added without changing what is approved; write it in lines"])
    return text


def _settled(copy: Copy) -> dict[str, list[Variant]]:
    """The variants that nobody but a person changes."""
    return {
        locale: [one for one in variants if one.status is not Status.DRAFT]
        for locale, variants in copy.locales.items()
        if any(one.status is not Status.DRAFT for one in variants)
    }


class _Edits:
    """Lines that go and lines that come, by their numbers from 0."""

    def __init__(self, lines: list[str], root: Yaml) -> None:
        assert isinstance(root, YamlMap)
        self._lines, self._root = lines, root
        self._gone: set[int] = set()
        self._come: dict[int, list[str]] = {}

    def locale(self, locale: str, copy: Copy, drafts: Sequence[Draft], *, again: bool) -> None:
        """Adds drafts of a locale, behind its other variants or at the end of all."""
        under = self._root.entries["copy"].value
        assert isinstance(under, YamlMap)
        end = self._end(self._root, "copy")
        first = next(iter(under.entries.values()), None)
        indent = first.key.place.column - 1 if first else 2
        entry = under.entries.get(locale)
        if entry is None or not isinstance(entry.value, YamlMap):
            self._put(end, [f"{' ' * indent}{locale}:", *_blocks(drafts, _names(()), indent + 2)])
            return
        variants = entry.value
        if again:
            self._remove(variants, copy, locale, self._end(under, locale, end))
        inner = next((one.key.place.column - 1 for one in variants.entries.values()), indent + 2)
        self._put(self._end(under, locale, end), _blocks(drafts, _names(variants.entries), inner))

    def _remove(self, variants: YamlMap, copy: Copy, locale: str, end: int) -> None:
        drafts = {one.name for one in copy.locales[locale] if one.status is Status.DRAFT}
        for name in drafts:
            begin = variants.entries[name].key.place.line - 1
            self._gone.update(range(begin, self._end(variants, name, end)))

    def _end(self, node: YamlMap, name: str, outer: int | None = None) -> int:
        """The line behind what stands under a key: that of the key that follows, else the end of what is around it."""
        keys = [*node.entries]
        following = keys[keys.index(name) + 1 :]
        if not following:
            return len(self._lines) if outer is None else outer
        line = _line(node.entries[following[0]])
        while line > 0 and self._lines[line - 1].lstrip().startswith("#"):
            line -= 1  # a comment belongs to what it stands above
        return line

    def _put(self, at: int, lines: list[str]) -> None:
        while at > 0 and not self._lines[at - 1].strip():
            at -= 1
        self._come.setdefault(at, []).extend(lines)

    def done(self) -> list[str]:
        """All lines, the new ones in their places."""
        made: list[str] = []
        for number in range(len(self._lines) + 1):
            made += self._come.get(number, [])
            if number < len(self._lines) and number not in self._gone:
                made.append(self._lines[number])
        return made


def _line(entry: Entry) -> int:
    return entry.key.place.line - 1


def _names(taken: Mapping[str, object] | tuple[()]) -> Iterator[str]:
    """Names of new variants: a, b, c … that no other has, nor had."""
    letters = string.ascii_lowercase
    return (name for name in (*letters, *(f"{a}{b}" for a in letters for b in letters)) if name not in taken)


def _blocks(drafts: Sequence[Draft], names: Iterator[str], indent: int) -> list[str]:
    lines: list[str] = []
    for draft, name in zip(drafts, names, strict=False):
        lines += [f"{' ' * indent}{name}:", *(f"{' ' * (indent + 2)}{line}" for line in _block(draft, indent + 4))]
    return lines


def _block(draft: Draft, indent: int) -> Iterator[str]:
    yield f"status: {Status.DRAFT}"
    for slot in SLOTS:
        text = draft.texts[slot]
        if slot == "opening":
            yield f"{slot}: >-"
            yield from (
                f"  {line}"
                for line in textwrap.wrap(text, _WIDTH - indent, break_long_words=False, break_on_hyphens=False)
            )
        else:
            yield f"{slot}: {json.dumps(text, ensure_ascii=False)}"
    if draft.offer:
        yield f"offer: {draft.offer}"
