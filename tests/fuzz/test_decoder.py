"""The decoder: any bytes are an event or a refusal with a short reason, and an event says what its JSON said."""

from __future__ import annotations

import base64

import orjson
from hypothesis import given
from hypothesis import strategies as st

from streams.events.decode import Refusal, decode_event, refused_record
from tests.fuzz.rounds import rounds
from tests.fuzz.wild_events import raw_of, raw_values

LONGEST_REASON = 500


@rounds(400)
@given(raw=raw_values(), key=st.none() | st.binary(max_size=9))
def test_any_bytes_are_an_event_or_a_refusal(raw: bytes, key: bytes | None) -> None:
    found = decode_event(raw, key)
    if isinstance(found, Refusal):
        check_refusal(found, raw, key)
        return
    assert isinstance(found.user, str)
    found.user.encode()  # becomes the key of a record
    assert isinstance(found.id, str)
    assert isinstance(found.at, int)
    assert decode_event(raw_of(found)) == found


def check_refusal(found: Refusal, raw: bytes, key: bytes | None) -> None:
    """A refusal is told in one short line, with the bytes as they were."""
    assert 0 < len(found.reason) <= LONGEST_REASON
    assert "\n" not in found.reason
    said = orjson.loads(refused_record(found.reason, "views", 0, 7, key, raw))
    back = base64.b64decode(said["raw_base64"]) if "raw_base64" in said else said["raw"].encode()
    assert back == raw
