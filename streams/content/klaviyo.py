"""Copy as Klaviyo's dynamic content: a subject, a preheader and a block with conditions of its template language.

A sink of kind ``klaviyo`` sets the property of a profile that the conditions ask for (``content.deliver``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from html import escape
from typing import NamedTuple

from streams.content.choice import approved
from streams.content.delivery import label_of
from streams.content.filling import filled
from streams.content.model import Copy, Library
from streams.settings_content import PROPERTY

_BLOCK = """\
<p style="margin: 0 0 24px 0; font-size: 17px; line-height: 27px;">{opening}</p>
<p style="margin: 0 0 24px 0;"><a href="{link}" style="display: inline-block; padding: 13px 26px; border-radius: 6px; \
background: #17509e; color: #ffffff; font-size: 16px; font-weight: 600; text-decoration: none;">{action}</a></p>"""


class Dynamic(NamedTuple):
    """What is pasted into Klaviyo, and the values that the property can have there, in the order in which they
    count."""

    property: str
    values: list[str]
    subject: str
    preheader: str
    html: str
    text: str


class _Part(NamedTuple):
    """A variant under its label, with what is filled in."""

    label: str
    texts: dict[str, str]
    link: str


def klaviyo_content(library: Library, copies: Sequence[Copy], locale: str, today: date) -> Dynamic:
    """The approved copy of segments in a locale; of segments that a customer is in together, the first counts."""
    parts = [
        _Part(
            f"{label_of(copy.segment, one)}:{locale}",
            filled(one, "", library.phrases[locale]),
            library.voice.links[copy.link],
        )
        for copy in copies
        for one in approved(copy, locale, library.offers, today)
    ]
    return Dynamic(
        PROPERTY,
        [part.label for part in parts],
        _chain(parts, lambda part: _plain(part.texts["subject"]), _plain(library.voice.shop)),
        _chain(parts, lambda part: _plain(part.texts["preheader"])),
        _chain(parts, lambda part: f"\n{_block(part)}\n"),
        _chain(parts, lambda part: _plain(f"\n{part.texts['opening']}\n\n{part.texts['action']}:\n{part.link}\n")),
    )


def _chain(parts: Sequence[_Part], words: Callable[[_Part], str], otherwise: str = "") -> str:
    """One condition after the other, and what stands where none holds."""
    if not parts:
        return otherwise
    tests = (f'"{part.label}" in person|lookup:"{PROPERTY}"' for part in parts)
    said = [
        f"{{% {'elif' if number else 'if'} {test} %}}{words(part)}"
        for number, (test, part) in enumerate(zip(tests, parts, strict=True))
    ]
    return "".join(said) + (f"{{% else %}}{otherwise}" if otherwise else "") + "{% endif %}"


def _plain(text: str) -> str:
    """A text in which the template language sees no word of its own."""
    return text.replace("{", "(").replace("}", ")")


def _block(part: _Part) -> str:
    values = {"link": part.link, **part.texts}
    return _BLOCK.format(**{name: _inert(text) for name, text in values.items()})


def _inert(text: str) -> str:
    return escape(text).replace("{", "&#123;").replace("}", "&#125;")
