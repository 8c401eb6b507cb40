"""The files of copy, into which drafts go."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from streams.authoring.files import write_whole
from streams.content.fields import FOLDER
from streams.content.model import Library
from streams.content.read_copy import Ground
from streams.content.saving import Drafts, new_file, verified, with_drafts


class Home(NamedTuple):
    """Where a segment's button leads, and how many products it shows, where no file says so yet."""

    link: str
    products: int


def add_drafts(rules_folder: Path, library: Library, segment: str, drafts: Drafts, home: Home, *, again: bool) -> Path:
    """Writes drafts into the segment's file, by locale; returns its path.

    Raises:
        ContentError: they cannot be added; nothing was written.
    """
    path = rules_folder / FOLDER / f"{segment}.yaml"
    copy, ground = library.copies.get(segment), Ground(library.rules[segment], library.voice, library.offers)
    if copy is None:
        link = home.link if home.link in library.voice.links else next(iter(library.voice.links))
        text = new_file(link, home.products, drafts)
    else:
        text = with_drafts(path.read_text(encoding="utf-8-sig"), copy, drafts, again=again)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, verified(text, copy, drafts, segment, ground).encode())
    return path
