"""Sizes, flow, overlaps and examples against a slow, obvious reference."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from streams.clients.changes import Arrived, Cause, Change
from streams.dashboard.hours import HOUR_MS
from streams.dashboard.members import Members
from streams.events.instants import stamp

START_MS = 1_767_225_600_000
NAMES = ("a", "b", "f/x", "f/y")

#: (customer, minutes since the one before, the segments they are in then; None: erased)
step = st.tuples(
    st.sampled_from("uvw"), st.integers(0, 200), st.none() | st.frozensets(st.sampled_from(NAMES), max_size=4)
)


class Told:
    """Records as the topic has them, and the truth beside."""

    def __init__(self, steps: list[tuple[str, int, frozenset[str] | None]]) -> None:
        self.at_ms, self.members, self.held = START_MS, Members(), dict[str, frozenset[str]]()
        self.history: list[tuple[int, dict[str, frozenset[str]]]] = []
        seq: Counter[str] = Counter()
        for user, minutes, after in steps:
            before = self.held.get(user, frozenset())
            if after == before or (after is None and user not in self.held):
                continue
            self.at_ms += 0 if after is None else minutes * 60_000  # an erasure counts at the newest instant
            seq[user] += 1
            self.members.take(Arrived(user, None, self.change(user, seq[user], before, after)))
            self.held = {**self.held, user: after or frozenset()}
            self.history.append((self.at_ms, self.held))

    def change(self, user: str, seq: int, before: frozenset[str], after: frozenset[str] | None) -> Change | None:
        if after is None:
            return None
        entered, exited = sorted(after - before), sorted(before - after)
        return Change(user, seq, stamp(self.at_ms), entered, exited, sorted(after), Cause("event"))

    def size(self, name: str, at_ms: int) -> int:
        """Just before an instant."""
        held = next((held for at, held in reversed(self.history) if at < at_ms), {})
        return sum(within(name, segments) for segments in held.values())


def within(name: str, segments: frozenset[str]) -> bool:
    return any(one == name or one.partition("/")[0] == name for one in segments)


@given(st.lists(step, max_size=30))
def test_sizes_flow_and_overlaps(steps: list[tuple[str, int, frozenset[str] | None]]) -> None:
    told = Told(steps)
    members, now_ms = told.members, told.at_ms + 1
    assert members.known_ms == 0
    for name in (*NAMES, "f"):
        size = members.sizes[name]
        assert size == told.size(name, now_ms)
        found = members.hours(name).sizes(size, now_ms, 2, 400, START_MS - 5 * HOUR_MS)
        assert found[-1] == (now_ms, size)
        assert found[:-1] == [(at_ms, told.size(name, at_ms)) for at_ms, _ in found[:-1]]
        assert [at for at, _ in found] == sorted(at for at, _ in found)
        flow = members.hours(name).flow(now_ms, 400)
        assert sum(entered - left for _, entered, left in flow) == size
        others = Counter(
            other
            for segments in told.held.values()
            if within(name, segments)
            for other in ("a", "b", "f")
            if other != name and within(other, segments)
        )
        assert members.overlaps(name) == others
        if "/" not in name:
            pairs = {pair: both for pair, both in members.pairs().items() if name in pair and both}
            assert pairs == {(min(name, other), max(name, other)): both for other, both in others.items()}
        for one in members.examples(name):
            assert within(name, told.held[one.user])
            assert any(within(name, frozenset((entered,))) for entered in one.change.entered)


def test_what_was_compacted_away_is_not_known() -> None:
    members = Members()
    members.take(Arrived("u", None, Change("u", 7, stamp(START_MS), ["a"], [], ["a", "b"], Cause("event"))))
    assert members.known_ms == START_MS
    assert members.sizes == {"a": 1, "b": 1}
    assert members.hours("a").sizes(1, START_MS + 5 * HOUR_MS, 1, 99, members.known_ms)[0][0] == START_MS


def test_an_erased_customer_is_nobodys_example() -> None:
    members = Members()
    members.take(Arrived("u", None, Change("u", 1, stamp(START_MS), ["f/x"], [], ["f/x"], Cause("event"))))
    assert [one.user for one in members.examples("f")] == ["u"]
    members.take(Arrived("u", None, None))
    assert members.examples("f") == [] == members.segments()
    assert "'u'" not in repr(vars(members))
