"""The platform of a sink, by its kind."""

from __future__ import annotations

from collections.abc import Callable

from streams.settings_sinks import Sink
from streams.sinks.delivery.items import Contents, Platform
from streams.sinks.platforms.braze import Braze
from streams.sinks.platforms.customerio import CustomerIo
from streams.sinks.platforms.klaviyo import Klaviyo
from streams.sinks.platforms.webhook import Webhook


def platform_of(
    sink: Sink, key: Callable[[], str], sleep: Callable[[float], None], contents: Contents | None = None
) -> Platform:
    """What tells the platform of customers.

    Args:
        sink: what is set of it.
        key: the key as it is now.
        sleep: lets seconds pass, for a platform that has to be asked whether it is ready.
        contents: the copy that goes with changes; None: none does.
    """
    options = sink.options
    if sink.kind == "klaviyo":
        return Klaviyo(sink, key, sleep, contents)
    if sink.kind == "customerio":
        return CustomerIo(sink, key, contents)
    if sink.kind == "braze":
        return Braze(key, options["attribute"], flags=options["form"] == "flags", contents=contents)
    return Webhook(sink.name, key, options["batch"], contents)
