"""Stamps: RFC 3339 with an offset, or whole epoch milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.events.instants import YEAR_2000_MS, YEAR_9999_MS, instant_ms, stamp

NEW_YEAR = "2026-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("given_stamp", "shown"),
    [
        ("2026-01-01T00:00:00Z", NEW_YEAR),
        ("2026-01-01t00:00:00z", NEW_YEAR),
        ("2026-01-01 00:00:00Z", NEW_YEAR),
        ("2026-01-01T00:00:00+00:00", NEW_YEAR),
        ("2026-01-01T00:00:00-00:00", NEW_YEAR),
        ("2026-01-01T05:30:00+05:30", NEW_YEAR),
        ("2025-12-31T16:00:00-08:00", NEW_YEAR),
        ("2026-01-01T00:00:00.9Z", "2026-01-01T00:00:00.900Z"),
        ("2026-01-01T00:00:00.12Z", "2026-01-01T00:00:00.120Z"),
        ("2026-01-01T00:00:00.0019999999999Z", "2026-01-01T00:00:00.001Z"),
        ("2026-01-01T00:00:00." + "9" * 5_000 + "Z", "2026-01-01T00:00:00.999Z"),
        ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
        ("2016-12-31T23:59:60.5Z", "2017-01-01T00:00:00.500Z"),
        ("2000-01-01T00:00:00Z", "2000-01-01T00:00:00.000Z"),
        ("1999-12-31T23:00:00-01:00", "2000-01-01T00:00:00.000Z"),
        ("9999-12-31T23:59:59.999Z", "9999-12-31T23:59:59.999Z"),
        (1_767_225_600_000, NEW_YEAR),
        (YEAR_2000_MS, "2000-01-01T00:00:00.000Z"),
        (YEAR_9999_MS, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_a_stamp_is_a_whole_millisecond(given_stamp: int | str, shown: str) -> None:
    assert stamp(instant_ms(given_stamp)) == shown


@pytest.mark.parametrize(
    ("given_stamp", "reason"),
    [
        ("2026-01-01T00:00:00", "neither"),
        ("2026-01-01", "neither"),
        ("2026-01-01T00:00Z", "neither"),
        ("2026-01-01T00:00:00+0100", "neither"),
        ("2026-01-01T00:00:00+00:60", "neither"),
        ("2026-01-01T00:00:00Z\n", "neither"),
        (" 2026-01-01T00:00:00Z", "neither"),
        ("２０２６-01-01T00:00:00Z", "neither"),
        ("1767225600000", "neither"),
        ("", "neither"),
        ("2026-02-30T00:00:00Z", "no instant"),
        ("2026-01-01T24:00:00Z", "no instant"),
        ("2026-01-01T00:60:00Z", "no instant"),
        ("2026-01-01T00:00:61Z", "no instant"),
        ("2026-01-01T00:00:00+24:00", "no instant"),
        ("0000-01-01T00:00:00Z", "no instant"),
        ("1999-12-31T23:59:59.999Z", "before the year 2000"),
        ("0001-01-01T00:00:00+14:00", "before the year 2000"),
        (YEAR_2000_MS - 1, "before the year 2000"),
        (1_767_225_600, "before the year 2000"),
        (0, "before the year 2000"),
        (-(2**70), "before the year 2000"),
        (YEAR_9999_MS + 1, "after the year 9999"),
        (2**70, "after the year 9999"),
        ("9999-12-31T23:59:60Z", "after the year 9999"),
    ],
)
def test_what_is_no_stamp_is_refused(given_stamp: int | str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        instant_ms(given_stamp)


@given(st.integers(YEAR_2000_MS, YEAR_9999_MS), st.integers(-23 * 60, 23 * 60))
def test_a_stamp_names_its_instant_at_any_offset(at_ms: int, offset_minutes: int) -> None:
    assert instant_ms(stamp(at_ms)) == at_ms
    day = 86_400_000
    inside = min(max(at_ms, YEAR_2000_MS + day), YEAR_9999_MS - day)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=inside)
    elsewhere = moment.astimezone(timezone(timedelta(minutes=offset_minutes)))
    assert instant_ms(elsewhere.isoformat(timespec="milliseconds")) == inside
