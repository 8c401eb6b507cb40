"""Which doors are open: for what there is a topic and a key."""

from __future__ import annotations

from typing import NamedTuple

from streams.jobs.errors import JobError
from streams.settings import Settings

_SHOPIFY = ("shopify", "auto")
_SEGMENT = ("segment", "rudderstack", "auto")


class Door(NamedTuple):
    """Where what comes in goes to, and the key that lets it in."""

    topic: str
    key: str


class Doors(NamedTuple):
    """Webhooks of Shopify, and calls of the Segment spec; None: closed."""

    shopify: Door | None
    segment: Door | None

    @classmethod
    def of(cls, settings: Settings) -> Doors:
        """The doors that the settings open.

        Raises:
            JobError: none is.
        """
        doors = cls(_door(settings, _SHOPIFY, "shopify_secret"), _door(settings, _SEGMENT, "write_key"))
        if doors == (None, None):
            raise JobError(
                "--http has nothing to let in: it needs webhooks.shopify_secret and a topic with the dialect shopify, "
                "or webhooks.write_key and a topic with the dialect segment"
            )
        return doors


def _door(settings: Settings, dialects: tuple[str, ...], key: str) -> Door | None:
    topics = [one.name for one in settings.foreign if one.dialect in dialects]
    return Door(topics[0], str(settings.webhooks[key])) if topics and key in settings.webhooks else None
