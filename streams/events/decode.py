"""Raw record values in, settled events or refusals out."""

from __future__ import annotations

import base64
from hashlib import blake2b
from typing import NamedTuple

import msgspec
import orjson

from streams.events.native import MAX_TEXT, Event
from streams.events.rates import NO_RATES, Rates
from streams.events.text import as_text

MAX_BYTES = 1 << 20
MAX_REASON = 300
_decoder: msgspec.json.Decoder[Event] = msgspec.json.Decoder(Event)


class Refusal(NamedTuple):
    """Why a record is no event: a reason in words."""

    reason: str


def decode_event(raw: bytes | None, key: bytes | None = None, rates: Rates = NO_RATES) -> Event | Refusal:
    """The settled event in a record's value; ``key`` is the customer where the event names no user, ``rates`` bring its
    amounts into the shop's currency."""
    if raw is None or len(raw) > MAX_BYTES:
        return Refusal("the value is empty" if raw is None else f"the value is over {MAX_BYTES} bytes")
    try:
        event = _decoder.decode(raw)
        event.settle()
        if event.currency is not None:
            rates.convert(event)
        if event.user.__class__ is not str or not event.user or event.id is None or event.id == "":
            fill_in(event, raw, key)
        if len(event.user) > MAX_TEXT or event.user[0] == "\0":  # type: ignore[arg-type, index]
            return Refusal("user: too long, or begins with NUL")
    except (RecursionError, orjson.JSONEncodeError):
        return Refusal("nested too deeply")
    except (msgspec.MsgspecError, ValueError) as error:
        return Refusal(_one_line(str(error)))
    return event


def _one_line(reason: str) -> str:
    """A reason, which may quote what was sent, without signs that do not print, such as line ends, and not too long."""
    short = reason if len(reason) <= MAX_REASON else reason[: MAX_REASON - 3] + "..."
    return short if short.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in short)


def fill_in(event: Event, raw: bytes, key: bytes | None) -> None:
    """Give the event its user and id where it has none; raises ValueError."""
    if event.user is None:
        if not key:
            raise ValueError("user: missing, and the record has no key")
        event.user = key.decode()
    event.user = as_text(event.user)
    if not event.user:
        raise ValueError("user: is empty")
    if not event.id:
        event.id = content_id(raw)


def content_id(raw: bytes) -> str:
    """The id of an event that names none: a digest of its canonical JSON (keys sorted, no blanks), 16 hexadecimal
    digits."""
    canonical = orjson.dumps(orjson.loads(raw), option=orjson.OPT_SORT_KEYS)
    return blake2b(canonical, digest_size=8).hexdigest()


def refused_record(
    reason: str,
    topic: str,
    partition: int,
    offset: int,
    key: bytes | None,
    raw: bytes | None,
    dialect: str | None = None,
) -> bytes:
    """The JSON value for the topic of refused events, with its dialect where that is not native; bytes that are no
    UTF-8 come as ``raw_base64``."""
    said: dict[str, object] = {"reason": reason, "topic": topic, "partition": partition, "offset": offset}
    if dialect is not None:
        said["dialect"] = dialect
    for name, value in (("key", key), ("raw", raw)):
        try:
            said[name] = None if value is None else value.decode()
        except UnicodeDecodeError:
            said[f"{name}_base64"] = base64.b64encode(value or b"").decode()
    return orjson.dumps(said)
