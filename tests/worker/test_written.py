"""Checkpoints counted in classes: an end belongs to its class, and what is slow is told."""

from __future__ import annotations

import pytest

from streams.engine.api import Checkpoint
from streams.worker.written import Histogram, Written


def test_an_end_belongs_to_its_class() -> None:
    found = Histogram((1, 10))
    for value in (0, 1, 1.5, 10, 11, 400):
        found.take(value)
    assert (found.counts, found.total) == ([2, 2, 2], 423.5)


def test_records_of_all_kinds_count_and_a_slow_one_is_told(caplog: pytest.LogCaptureFixture) -> None:
    written = Written()
    checkpoint = Checkpoint(changes=[(b"a", b"")], rows=[(b"a", b""), (b"b", None)], refused=[(None, b"")])
    written.take(3, 0.02, checkpoint)
    written.take(3, 7.25, checkpoint)
    assert (sum(written.records.counts), written.records.total, written.seconds.total) == (2, 8, 7.27)
    assert [record.getMessage() for record in caplog.records] == [
        "the checkpoint of partition 3 took 7.2 s for 4 records"
    ]
