"""Settings, rules and keys."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from streams.authoring.examples import example_mistakes
from streams.doctor.found import Findings, Found, bad, good, watch
from streams.errors import MicrosegError, SettingsError
from streams.rules.check import run as checked
from streams.settings import Settings, load_settings
from streams.settings_source import DEFAULT_FILE

#: so many mistakes are shown
SHOWN = 5
MODEL_KEY = "ANTHROPIC_API_KEY"


def settings_or_why(config: Path | None, environ: Mapping[str, str]) -> tuple[Settings | None, list[Found]]:
    """The settings, or None and what is wrong with them."""
    try:
        settings = load_settings(config, environ)
    except SettingsError as error:
        return None, [bad("settings", line, "mend it; nothing else was looked at") for line in error.errors]
    file = config or Path(DEFAULT_FILE)
    where = str(file) if file.exists() else f"defaults and environment (there is no {file})"
    return settings, [good("settings", where)]


def files(settings: Settings) -> Findings:
    """Rules and what the settings point at."""
    yield from _rules(settings)
    yield from _rates(settings)
    yield from _keys(settings)


def _rules(settings: Settings) -> Findings:
    if not settings.rules.is_dir():
        yield bad("rules", f"there is no folder {settings.rules}", "microseg init writes one; or set rules")
        return
    errors, rules = checked(settings.rules, settings.retention_ms)
    errors += example_mistakes(settings.rules, rules, strict=False)
    if errors:
        more = f" (and {len(errors) - SHOWN} more)" if len(errors) > SHOWN else ""
        for line in errors[:SHOWN]:
            yield bad("rules", line, f"mend it{more}; until then the last good rules stay live")
        return
    count = len(rules.rules) if rules else 0
    if not count:
        yield watch("rules", f"{settings.rules} has no rules in active/", "microseg init writes thirty to begin with")
    else:
        yield good("rules", f"{count} in {settings.rules}; microseg test runs their examples")


def _rates(settings: Settings) -> Findings:
    try:
        settings.money()
    except MicrosegError as error:
        yield bad("rates", str(error), "mend the file, or unset rates")


def _keys(settings: Settings) -> Findings:
    """Whether keys are there; whether they are right only the far side tells."""
    for name, sink in sorted(settings.sinks.items()):
        if any(not str(secret).strip() for secret in sink.secrets()):
            yield bad("keys", f"sinks.{name} has an empty key", "set it, best by its environment variable")
        else:
            yield good("keys", f"sinks.{name} ({sink.kind}) has its key; microseg deliver {name} tells if it is taken")
    if settings.discovery.model is None:
        return
    if os.environ.get(MODEL_KEY):
        yield good("keys", f"{MODEL_KEY} is set for {settings.discovery.model}")
    else:
        yield good("keys", f"{MODEL_KEY} is not set: discovery and copy do without a language model")
