"""Foreign text and addresses as they may stand in a mail: product names, categories, links.

Whoever fills a shop's feed, or its events, can write anything there. Escaping is the template's work; here goes what no
escaping helps against: characters that nobody sees or that turn the line around, marks piled upon one letter, words
that mail clients make links of, and addresses that are no web pages.
"""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

from streams.language.texts import JOINERS, is_unseen

#: Characters of a name, and of an address as HTML writes it: so a mail with all its products stays small enough.
MOST_NAME, MOST_URL = 80, 1_200
_MOST_MARKS = 3
#: A dot that makes a mail client show a link: between letters or digits, with a letter after it.
_LINKING_DOT = re.compile(r"(?<=[^\W_])[.\u3002\uff0e\uff61](?=[^\W\d_])")
_BAD_IN_URL = re.compile(r"[\s\x00-\x20\x7f<>\"'`{}|\\^]")
_HOST = re.compile(
    r"(?=.{1,253}$)[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*|[0-9a-f:.]*:[0-9a-f:.]*"
)


def cleaned(text: str, most: int = MOST_NAME) -> str:
    """A foreign text on one line, without what is unseen, not longer than ``most``; no part of it links anywhere."""
    seen = "".join(" " if letter.isspace() else letter for letter in text[: 8 * most] if not _dropped(letter))
    on_one_line = " ".join(without_towers(unicodedata.normalize("NFC", seen)).split())
    apart = _LINKING_DOT.sub(lambda dot: f"{dot[0]} ", on_one_line.replace("://", ": //").replace("@", " @ "))
    apart = " ".join(apart.split()).strip(f"{JOINERS} ")
    return apart if len(apart) <= most else apart[: most - 1].rstrip() + "…"


def _dropped(letter: str) -> bool:
    return is_unseen(letter) and not letter.isspace()


def without_towers(text: str) -> str:
    """Without marks beyond a few upon one letter, which cover the lines around them."""
    kept, marks = [], 0
    for letter in text:
        marks = marks + 1 if unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me") else 0
        if marks <= _MOST_MARKS:
            kept.append(letter)
    return "".join(kept)


def is_web_address(url: str) -> bool:
    """Whether it is a complete address of a web page, and only that: no other scheme, no password, no blanks."""
    if not url.isascii() or len(url) + 4 * url.count("&") > MOST_URL or _BAD_IN_URL.search(url):
        return False
    try:
        parts = urlsplit(url)
        port_is_fine = parts.port is None or parts.port > 0
    except ValueError:
        return False
    host = (parts.hostname or "").lower()
    return (
        parts.scheme in ("http", "https") and "@" not in parts.netloc and port_is_fine and bool(_HOST.fullmatch(host))
    )
