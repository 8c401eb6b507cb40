"""The reader of changelogs: any records are a partition that works, or refused; and wild events come back whole."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streams.engine.api import Policy
from streams.engine.partition import Partition
from tests.engine.bench import DAY, HOUR, Bench, T, program_of, view
from tests.fuzz.rounds import rounds
from tests.fuzz.wild_changelogs import RULES, Changelog, changelogs
from tests.fuzz.wild_events import raw_values
from tests.laws.runs import TOPIC, Line


def opened(log: Changelog) -> Partition | None:
    """The partition of a changelog; None where it is refused."""
    partition, refusal = Partition(0, 1, program_of(RULES), Policy(clock="event")), ""
    try:
        partition.restore([Line(offset, key, value) for offset, (key, value) in enumerate(log)])
        partition.open(0)
    except ValueError as error:
        refusal = str(error)
    assert "\n" not in refusal
    return None if refusal else partition


@rounds(150)
@given(changelogs())
def test_any_changelog_is_a_partition_or_refused(log: Changelog) -> None:
    partition = opened(log)
    if partition is None:
        return
    bench = Bench(RULES)
    bench.partition = partition
    bench.changelog = [(key, value) for key, value in log if key is not None]
    bench.fold(view("last", T + 20 * DAY), view("ben", T + HOUR, user="ben"))
    bench.advance()
    bench.take()
    assert bench.again().take() == []


@rounds(60)
@given(st.lists(raw_values(), min_size=1, max_size=6), st.integers(0, 6))
def test_wild_events_come_back_from_the_changelog(values: list[bytes], cut: int) -> None:
    bench = Bench(RULES)
    bench.records((b"ana", value) for value in values[:cut])
    bench.advance()
    bench.take()
    again = bench.again()
    assert again.take() == []
    for one in (bench, again):
        one.records(((b"ana", value) for value in values[cut:]), topic=TOPIC)
        one.advance()
    assert again.take() == bench.take()
