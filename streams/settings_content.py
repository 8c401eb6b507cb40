"""The settings of content: ``[content]``, who writes copy, and whether it goes out with changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from streams import settings_model
from streams import settings_values as values
from streams.settings_model import Asking

PREFIX = "content."
#: The property of a profile, on the far side, that says which copy a customer is shown.
PROPERTY = "microseg_content"


@dataclass(frozen=True, slots=True)
class ContentSettings(Asking):
    """What can be set of content, with the defaults.

    ``deliver``: sinks tell which copy a customer gets. ``model`` writes drafts where there is a key.
    """

    section: ClassVar[str] = "content"

    effort: str = "medium"
    deliver: bool = False


# setting, without its prefix -> (field of ContentSettings, how its value is read)
PLAIN: Mapping[str, tuple[str, values.Reader]] = {**settings_model.PLAIN, "deliver": ("deliver", values.flag)}
READERS: Mapping[str, values.Reader] = {f"{PREFIX}{name}": reader for name, (_, reader) in PLAIN.items()}


def content_of(read: Mapping[str, Any]) -> ContentSettings:
    """The settings of content out of all that were read, by their dotted names."""
    return ContentSettings(
        **{field: read[PREFIX + name] for name, (field, _) in PLAIN.items() if PREFIX + name in read}
    )
