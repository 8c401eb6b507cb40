"""The settings of content: ``[content]``, who writes copy, and whether it goes out with changes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from streams import settings_values as values

PREFIX = "content."
#: The property of a profile, on the far side, that says which copy a customer is shown.
PROPERTY = "microseg_content"


@dataclass(frozen=True, slots=True)
class ContentSettings:
    """What can be set of content, with the defaults.

    ``deliver``: sinks tell which copy a customer gets. ``model`` writes drafts where there is a key; None: none is
    asked. ``timeout_ms`` is how long one request may take.
    """

    deliver: bool = False
    model: str | None = "claude-sonnet-5-5"
    timeout_ms: int = 180_000


def _model(value: object) -> str | None:
    """The name of a model, or None of an empty text."""
    if value == "":
        return None
    if isinstance(value, str) and re.fullmatch(r"[A-Za-z0-9._:@/-]{1,100}", value):
        return value
    raise ValueError('must be the name of a model such as claude-sonnet-5-5, or "" for none')


# setting, without its prefix -> (field of ContentSettings, how its value is read)
PLAIN: Mapping[str, tuple[str, values.Reader]] = {
    "deliver": ("deliver", values.flag),
    "model": ("model", _model),
    "timeout": ("timeout_ms", values.duration),
}
READERS: Mapping[str, values.Reader] = {f"{PREFIX}{name}": reader for name, (_, reader) in PLAIN.items()}


def content_of(read: Mapping[str, Any]) -> ContentSettings:
    """The settings of content out of all that were read, by their dotted names."""
    return ContentSettings(
        **{field: read[PREFIX + name] for name, (field, _) in PLAIN.items() if PREFIX + name in read}
    )
