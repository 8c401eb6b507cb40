"""The exports of Klaviyo: profiles of a list or segment, and events of its metrics, with a row for each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from streams.dialects.fields import address, digest, must, person, reading
from streams.dialects.klaviyo import translate
from streams.dialects.words import Event, Foreign
from streams.exports.instants import export_instant
from streams.exports.words import Format

#: each the names that a column may have, the first that is there counts
METRIC = ("Metric", "Metric Name", "metric", "metric_name", "Event", "Event Name", "event", "event_name")
TIME = ("Timestamp", "timestamp", "Event Time", "datetime", "Datetime", "Date", "Time", "time")
EMAIL = ("Email", "email", "Profile Email", "profile_email", "Email Address")
EXTERNAL = ("External ID", "external_id", "External Id")
PROFILE_ID = ("Klaviyo ID", "klaviyo_id", "Profile ID", "profile_id", "Person ID")
TICKET = ("Event ID", "event_id", "UUID", "uuid", "unique_id", "id")
CONSENT = ("Email Marketing Consent", "email_consent", "Email Consent", "$consent")
SUPPRESSED = ("Email Suppressions", "Email Suppression", "email_suppressions", "Suppressions")
_BOUNCED, _COMPLAINED = ("BOUNCE", "INVALID"), ("SPAM", "COMPLAINT")


def is_events(columns: Sequence[str]) -> bool:
    """Whether the columns are those of events."""
    return all(_one_of(names, columns) for names in (METRIC, TIME)) and bool(
        _one_of(EMAIL, columns) or _one_of(EXTERNAL, columns) or _one_of(PROFILE_ID, columns)
    )


def is_profiles(columns: Sequence[str]) -> bool:
    """Whether the columns are those of profiles."""
    return bool(_one_of(EMAIL, columns)) and any(_one_of(names, columns) for names in (PROFILE_ID, CONSENT, SUPPRESSED))


def events() -> Format:
    """The export of events."""
    return Format("Klaviyo's events", None, lambda rows: _event(rows[0].said))


def profiles(at_ms: int) -> Format:
    """The export of profiles, which is true as of ``at_ms``."""
    return Format("Klaviyo's profiles", None, lambda rows: _profile(rows[0].said, at_ms))


def _one_of(names: Sequence[str], columns: Any) -> str | None:
    return next((name for name in names if name in columns), None)


def _value(said: Event, names: Sequence[str]) -> Any:
    return next((said[name] for name in names if name in said), None)


def _event(said: Event) -> list[Event]:
    """As the dialect has it: columns that mean nothing else are properties, JSON where they look like that."""
    taken = {*METRIC, *TIME, *EMAIL, *EXTERNAL, *PROFILE_ID, *TICKET}
    properties = {name: _inner(value) for name, value in said.items() if name not in taken}
    profile = {"external_id": _value(said, EXTERNAL), "email": _value(said, EMAIL), "id": _value(said, PROFILE_ID)}
    at_ms = must(export_instant, _value(said, TIME), _one_of(TIME, said) or TIME[0])
    body = {
        "metric": {"name": _value(said, METRIC)},
        "profile": profile,
        "properties": properties,
        "unique_id": _value(said, TICKET) or digest(said),
        "value": said.get("Value"),
    }
    return translate(Foreign(body, {}, None, at_ms))


def _inner(value: str) -> Any:
    if value[0] in "[{":
        try:
            return orjson.loads(value)
        except orjson.JSONDecodeError:
            return value
    return value


def _profile(said: Event, at_ms: int) -> list[Event]:
    external, mail = _value(said, EXTERNAL), _value(said, EMAIL)
    user = reading(person, external, "External ID") if external else must(address, mail, "Email")
    ticket = digest(said)
    common = {"user": user, "at": at_ms}
    left = {*EXTERNAL, *PROFILE_ID, *CONSENT, *SUPPRESSED}
    properties = {name.lower().replace(" ", "_"): value for name, value in said.items() if name not in left}
    found: list[Event] = [{"type": "profile", "id": f"profile-{ticket}", **common, "set": properties}]
    if action := _suppression(str(_value(said, CONSENT) or ""), str(_value(said, SUPPRESSED) or "")):
        mark = f"consent-{ticket}"
        found.append({"type": "email", "id": mark, **common, "action": action, "message": mark})
    return found


def _suppression(consent: str, suppressed: str) -> str | None:
    told = suppressed.upper().strip("[]'\" ")
    if any(sign in told for sign in _BOUNCED):
        return "bounced"
    if any(sign in told for sign in _COMPLAINED):
        return "complained"
    if told not in ("", "FALSE", "NO", "0") or consent.upper() == "UNSUBSCRIBED":
        return "unsubscribed"
    return None
