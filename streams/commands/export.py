"""``microseg export``: a rule in another system's words."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from streams.commands import Subparsers, add_config, settings_of

if TYPE_CHECKING:
    from streams.content.model import Copy, Library
    from streams.settings import Settings

_CONTENTS = ("klaviyo-content", "customerio-content", "braze-content")


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "export",
        help="print a rule, or approved copy, in another system's words",
        description="klaviyo prints a rule as the body of Klaviyo's POST /api/segments: exit 0; or exit 1 and what of "
        "it Klaviyo cannot say, with file and line. klaviyo-content, customerio-content and braze-content print the "
        "approved copy, of all segments or of one, as that platform's dynamic content.",
    )
    systems = ["klaviyo", *_CONTENTS]
    parser.add_argument("system", choices=systems, metavar="SYSTEM", help=f"{', '.join(systems[:-1])} or {systems[-1]}")
    parser.add_argument("segment", nargs="?", metavar="SEGMENT", help="the name of the rule (of content: all)")
    parser.add_argument("--locale", metavar="L", help="of content: the language (default: the first of voice.yaml)")
    parser.add_argument("--part", choices=["subject", "preheader", "html", "text"], help="of content: only this part")
    parser.add_argument("--rules", type=Path, metavar="DIR", help="the rule folder (default: the setting rules)")
    parser.add_argument(
        "--metrics", type=Path, metavar="FILE", help="of klaviyo: a JSON object, names of metrics and their ids"
    )
    parser.add_argument(
        "--sink", metavar="NAME", help="of klaviyo: ask Klaviyo for the ids of metrics, with the key of this sink"
    )
    add_config(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints the definition, or why there is none."""
    if args.system in _CONTENTS:
        return _content(args)
    from streams.definitions.klaviyo import klaviyo_segment
    from streams.errors import SettingsError
    from streams.rules.load import load_rules
    from streams.settings_source import nearest

    if args.segment is None:
        raise SettingsError(["name the segment that is to be exported"])
    settings = settings_of(args)
    rules = load_rules(args.rules or settings.rules, settings.retention_ms)
    found = [rule for rule in rules.rules if rule.name == args.segment]
    if not found:
        hint = nearest(args.segment, [rule.name for rule in rules.rules], str)
        raise SettingsError([f"there is no live rule {args.segment}{hint}"])
    metrics = _metrics(args, settings)
    exported = klaviyo_segment(found[0], rules, metrics)
    for place, reason in exported.problems:
        print(f"{place.file}:{place.line}:{place.column}: {reason}", file=sys.stderr)
    if exported.body is None:
        return 1
    _complete(exported.body, metrics)
    for note in exported.notes:
        print(f"microseg: {note}", file=sys.stderr)
    print(json.dumps(exported.body, indent=2, ensure_ascii=False))
    return 0


def _metrics(args: argparse.Namespace, settings: Settings) -> dict[str, str]:
    """Klaviyo's ids of metrics by name."""
    if args.sink is not None:
        return _asked(args.sink, settings)
    if args.metrics is None:
        return {}
    from streams.errors import SettingsError

    try:
        said = json.loads(args.metrics.read_text(encoding="utf-8"))
    except (ValueError, UnicodeDecodeError) as error:
        raise SettingsError([f"{args.metrics}: {error}"]) from error
    if not isinstance(said, dict) or not all(isinstance(one, str) for one in said.values()):
        raise SettingsError([f"{args.metrics}: must be a JSON object of names and ids"])
    return said


def _asked(name: str, settings: Settings) -> dict[str, str]:
    from streams.errors import SettingsError
    from streams.sinks.platforms.klaviyo_metrics import metric_ids

    sink = settings.sinks.get(name)
    if sink is None or sink.kind != "klaviyo":
        raise SettingsError([f"no sink of kind klaviyo is named {name}"])
    return metric_ids(sink)


def _complete(body: dict[str, object], metrics: dict[str, str]) -> None:
    """Raises where a metric has no id, as Klaviyo knows it by nothing else."""
    from streams.errors import SettingsError

    text = json.dumps(body)
    used = {part.split('"')[0] for part in text.split('"metric_id": "')[1:]}
    lacking = sorted(used - set(metrics.values()))
    if lacking:
        shown = json.dumps(dict.fromkeys(lacking, "…"), ensure_ascii=False)
        raise SettingsError(
            [f"Klaviyo's ids of metrics are needed: --sink NAME asks for them, --metrics FILE has {shown}"]
        )


def _content(args: argparse.Namespace) -> int:
    """Prints the approved copy; exit 1 where nothing is approved."""
    from streams.content.choice import asked_locale
    from streams.content.dynamic import dynamic_content
    from streams.content.live import day_of
    from streams.content.load import load_content
    from streams.rules.load import load_rules
    from streams.worker.clock import WallClock

    settings = settings_of(args)
    folder = args.rules or settings.rules
    library = load_content(folder, load_rules(folder, settings.retention_ms))
    today = day_of(WallClock().now_ms(), settings.timezone)
    locale = asked_locale(args.locale, library.voice.locales)
    made = dynamic_content(args.system.removesuffix("-content"), library, _copies(args, library), locale, today)
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
