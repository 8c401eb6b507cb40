"""``microseg export klaviyo-content``: the approved copy as another system's dynamic content."""

from __future__ import annotations

import argparse
import json
import sys
from typing import TYPE_CHECKING

from streams.commands import settings_of

if TYPE_CHECKING:
    from streams.content.model import Copy, Library


def print_content(args: argparse.Namespace) -> int:
    """Prints it; exit 1 where nothing is approved."""
    from streams.content.klaviyo import klaviyo_content
    from streams.content.live import day_of
    from streams.content.load import load_content
    from streams.rules.load import load_rules
    from streams.worker.clock import WallClock

    settings = settings_of(args)
    folder = args.rules or settings.rules
    library = load_content(folder, load_rules(folder, settings.retention_ms))
    today = day_of(WallClock().now_ms(), settings.timezone)
    made = klaviyo_content(library, _copies(args, library), _locale(args, library), today)
    if not made.values:
        print("microseg: no copy of these is approved", file=sys.stderr)
        return 1
    if args.part is not None:
        print(getattr(made, args.part))
        return 0
    properties = {made.property: {"type": "list", "values": made.values}}
    parts = {name: getattr(made, name) for name in ("subject", "preheader", "html", "text")}
    print(json.dumps({"properties": properties, **parts}, indent=2, ensure_ascii=False))
    return 0


def _copies(args: argparse.Namespace, library: Library) -> list[Copy]:
    from streams.errors import SettingsError
    from streams.settings_source import nearest

    mailed = library.mailed()
    found = [copy for copy in mailed if args.segment in (None, copy.segment)]
    if args.segment is not None and not found:
        hint = nearest(args.segment, [copy.segment for copy in mailed], str)
        raise SettingsError([f"no copy of {args.segment} may be mailed{hint}"])
    return found


def _locale(args: argparse.Namespace, library: Library) -> str:
    from streams.content.choice import locale_of
    from streams.errors import SettingsError

    locales = library.voice.locales
    found = locale_of(args.locale, locales) if args.locale else locales[0]
    if found is None:
        raise SettingsError([f"voice.yaml has no locale for {args.locale}; it has {', '.join(locales)}"])
    return found
