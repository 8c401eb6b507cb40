"""Refused events as they lie in the topic, by reason."""

from __future__ import annotations

import pytest

from streams.dashboard.refused import LONGEST_SAMPLE, reasons_of
from streams.events.decode import refused_record

AT_MS = 1_767_225_600_000


def test_reasons_the_most_frequent_first_with_samples_of_the_newest() -> None:
    records = [(AT_MS - n, refused_record("at: is missing", "views", 1, 100 - n, b"k", b"{%d" % n)) for n in range(5)]
    odd = refused_record("is not JSON", "views", 2, 7, None, b"\xff<img src=x onerror=alert(1)>" + b"x" * 3_000)
    found = reasons_of([(AT_MS, odd), *records])
    assert [(one["reason"], one["count"]) for one in found] == [("at: is missing", 5), ("is not JSON", 1)]
    assert [one["offset"] for one in found[0]["samples"]] == [100, 99, 98]
    assert found[0]["samples"][0] == {
        "topic": "views",
        "partition": 1,
        "offset": 100,
        "at": "2026-01-01T00:00:00.000Z",
        "text": "{0",
    }
    assert found[1]["samples"][0]["text"].startswith("\ufffd<img src=x")
    assert len(found[1]["samples"][0]["text"]) == LONGEST_SAMPLE


@pytest.mark.parametrize("value", [b"", b"[]", b"{}", b"\xff", b"null", b'{"reason": null, "raw": 3}'])
def test_what_is_none_is_told_as_such(value: bytes) -> None:
    (one,) = reasons_of([(AT_MS, value)])
    assert one["count"] == 1


def test_a_tombstone_has_nothing_to_show() -> None:
    (one,) = reasons_of([(AT_MS, refused_record("is not JSON", "views", 0, 1, b"k", None))])
    assert one["samples"][0]["text"] == ""
