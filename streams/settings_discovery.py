"""The settings of discovery: ``[discovery]``, with the language model, what it may cost, and how much is proposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from streams import settings_model
from streams import settings_values as values
from streams.settings_model import Asking

PREFIX = "discovery."


@dataclass(frozen=True, slots=True)
class Discovery(Asking):
    """What can be set of discovery, with the defaults.

    ``periodic``: the leading worker begins rounds by ``schedule``, a crontab line in the shop's time zone.
    """

    section: ClassVar[str] = "discovery"

    max_proposals: int = 5
    periodic: bool = False
    schedule: str = "0 3 * * 1"


def _crontab(value: object) -> str:
    """A crontab line of five parts."""
    from croniter import croniter  # Faust brings it

    if isinstance(value, str) and len(value.split()) == 5 and croniter.is_valid(value):
        return " ".join(value.split())
    raise ValueError('must be a crontab line such as "0 3 * * 1" (minute, hour, day, month, weekday: Mondays at three)')


# setting, without its prefix -> (field of Discovery, how its value is read)
PLAIN: Mapping[str, tuple[str, values.Reader]] = {
    **settings_model.PLAIN,
    "max_proposals": ("max_proposals", values.whole(1, 20)),
    "periodic": ("periodic", values.flag),
    "schedule": ("schedule", _crontab),
}
READERS: Mapping[str, values.Reader] = {f"{PREFIX}{name}": reader for name, (_, reader) in PLAIN.items()}


def discovery_of(read: Mapping[str, Any]) -> Discovery:
    """The settings of discovery out of all that were read, by their dotted names."""
    return Discovery(**{field: read[PREFIX + name] for name, (field, _) in PLAIN.items() if PREFIX + name in read})
