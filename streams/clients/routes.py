"""Which input topic an event goes to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import get_args

from streams.events.native import Cart, Email, Event, Purchase, Refund, View
from streams.settings import Settings

_FIELDS: Mapping[type, str] = {
    View: "views",
    Cart: "views",
    Purchase: "purchases",
    Refund: "purchases",
    Email: "emails",
}


class Routes:
    """The input topics of the settings, or the one topic to which everything goes."""

    def __init__(self, settings: Settings, only: str | None = None) -> None:
        self._only = only
        self._names = {kind: getattr(settings.topics, field).name for kind, field in _FIELDS.items()}
        self._else: str = settings.topics.profiles.name

    def by_type(self) -> dict[str, str]:
        """The name of the topic for each ``type`` of event."""
        kinds = get_args(Event)
        return {str(kind.__struct_config__.tag): self._only or self._names.get(kind, self._else) for kind in kinds}

    def topic(self, event: Event) -> str:
        """The name of the topic for an event."""
        return self._only or self._names.get(type(event), self._else)
