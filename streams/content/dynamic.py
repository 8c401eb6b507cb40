"""Copy as a platform's dynamic content: a subject, a preheader and a block with conditions of its template language.

A sink of the platform's kind sets the property of a profile that the conditions ask for (``content.deliver``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


class Language(NamedTuple):
    """How a platform says that a profile's property, a list, has a value, and "else if"."""

    test: str
    otherwise: str


#: Klaviyo's is Django's, the others are Liquid, each with its own name for a profile's property.
LANGUAGES: Mapping[str, Language] = {
    "klaviyo": Language(f'"%s" in person|lookup:"{PROPERTY}"', "elif"),
    "customerio": Language(f'customer.{PROPERTY} contains "%s"', "elsif"),
    "braze": Language(f'{{{{custom_attribute.${{{PROPERTY}}}}}}} contains "%s"', "elsif"),
}


class Dynamic(NamedTuple):
    """What is pasted into the platform, and the values that the property can have there, in the order in which they
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


def dynamic_content(platform: str, library: Library, copies: Sequence[Copy], locale: str, today: date) -> Dynamic:
    """The approved copy of segments in a locale; of segments that a customer is in together, the first counts.

    Args:
        platform: one of LANGUAGES.
        library: the shop's voice, links and offers.
        copies: of the segments, in the order in which they count.
        locale: the language.
        today: the shop's day, as offers end.
    """
    parts = [
        _Part(
            f"{label_of(copy.segment, one)}:{locale}",
            filled(one, "", library.phrases[locale]),
            library.voice.links[copy.link],
        )
        for copy in copies
        for one in approved(copy, locale, library.offers, today)
    ]
    language = LANGUAGES[platform]
    return Dynamic(
        PROPERTY,
        [part.label for part in parts],
        _chain(language, parts, lambda part: _plain(part.texts["subject"]), _plain(library.voice.shop)),
        _chain(language, parts, lambda part: _plain(part.texts["preheader"])),
        _chain(language, parts, lambda part: f"\n{_block(part)}\n"),
        _chain(language, parts, lambda part: _plain(_text(part))),
    )


def _text(part: _Part) -> str:
    return f"\n{part.texts['opening']}\n\n{part.texts['action']}:\n{part.link}\n"


def _chain(language: Language, parts: Sequence[_Part], words: Callable[[_Part], str], otherwise: str = "") -> str:
    """One condition after the other, and what stands where none holds."""
    if not parts:
        return otherwise
    said = [
        f"{{% {language.otherwise if number else 'if'} {language.test % part.label} %}}{words(part)}"
        for number, part in enumerate(parts)
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
