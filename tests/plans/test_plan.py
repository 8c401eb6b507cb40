"""A plan out of findings, and its rows."""

from __future__ import annotations

import pytest

from streams.engine.survey import Findings, Flow
from streams.plans.plan import Live, Plan, digests, plan_of
from streams.plans.rows import foot, plain, rows
from streams.rules.load import load_texts
from streams.rules.model import RuleSet

AT_MS = 1_780_315_200_000  # 2026-06-01T12:00:00Z


def rules(**whens: str) -> RuleSet:
    """Rules by their names; "each" makes a family of one."""
    texts = {name: f"title: {name}\n{when}\n" for name, when in whens.items()}
    return load_texts({f"active/{name}.yaml": text for name, text in texts.items()})


SOME = "when: {count: views, at_least: 1}"
MORE = "when: {count: views, at_least: 2}"
EACH = "for_each: category\nwhen: {count: views, where: {category: $each}, at_least: 1}"
LIVE = rules(fan=EACH, keen=SOME, old=SOME, slow=MORE)
PLANNED = rules(fan=EACH, keen=MORE, fresh=SOME, slow=MORE)
FINDINGS = Findings(
    1_234,
    AT_MS,
    {
        "keen": Flow(900, 700, 0, 200, [], ["zoe", "ana"]),
        "fresh": Flow(0, 900, 900, 0, ["ana"], []),
        "old": Flow(30, 0, 0, 30),
        "slow": Flow(100, 100),
        "fan/bags": Flow(50, 50),
        "fan/shoes": Flow(40, 41, 2, 1),
    },
    {
        "fan": {"fan": 80, "keen": 60},
        "fresh": {"fresh": 900, "keen": 700, "slow": 0},
        "keen": {"keen": 700, "slow": 100},
        "slow": {"slow": 100},
    },
)


@pytest.fixture
def plan() -> Plan:
    return plan_of(FINDINGS, PLANNED, Live.of(LIVE), AT_MS, AT_MS + 1_500, 5)


def test_each_segment_is_marked_and_counted(plan: Plan) -> None:
    marks = {one["segment"]: one["mark"] for one in plan["segments"]}
    assert marks == {
        "fan/bags": "same",
        "fan/shoes": "same",
        "fresh": "new",
        "keen": "changed",
        "old": "removed",
        "slow": "same",
    }
    assert list(marks) == sorted(marks)
    assert plan["segments"][3] == {
        "segment": "keen",
        "mark": "changed",
        "before": 900,
        "after": 700,
        "entering": 0,
        "leaving": 200,
        "leaving_ids": ["ana", "zoe"],
        "waits": None,
    }


def test_when_and_of_whom_it_is_true(plan: Plan) -> None:
    assert plan["customers"] == 1_234
    assert plan["taken"] == {"from": "2026-06-01T12:00:00.000Z", "to": "2026-06-01T12:00:01.500Z"}
    assert plan["rules"] == {"live": LIVE.digest, "planned": PLANNED.digest, "others": []}
    assert plan["unchanged"] is False


def test_overlaps_are_counted_and_compared(plan: Plan) -> None:
    """A customer of a family counts once, in however many of its segments they are."""
    assert plan["families"] == {"fan": 80}
    assert plan["overlaps"] == [
        {"segments": ["fan", "keen"], "both": 60, "jaccard": round(60 / 720, 4)},
        {"segments": ["fresh", "keen"], "both": 700, "jaccard": round(700 / 900, 4)},
        {"segments": ["keen", "slow"], "both": 100, "jaccard": round(100 / 700, 4)},
    ]


def test_rules_that_are_live_already() -> None:
    same = plan_of(FINDINGS, LIVE, Live(LIVE.digest, digests(LIVE)), AT_MS, AT_MS)
    assert same["unchanged"] is True
    assert {one["mark"] for one in same["segments"]} == {"same", "removed"}  # fresh is in no rule here
    assert list(foot(same, "UTC"))[-1] == f"these rules are live already (digest {LIVE.digest}): nothing would change"


def test_with_nothing_to_compare_with_there_is_no_before() -> None:
    found = plan_of(FINDINGS, PLANNED, None, AT_MS, AT_MS)
    assert {(one["mark"], one["before"], one["entering"], one["leaving"]) for one in found["segments"]} == {
        (None, None, None, None)
    }
    assert not any("entering_ids" in one for one in found["segments"])
    assert [row.cells for row in rows(found)][1] == ("  /bags", "", "", "50", "", "")
    assert list(foot(found, "UTC"))[-1] == f"rules {PLANNED.digest}, compared with nothing (--against DIR)"


TABLE = [
    "segment                  before  after  enter  leave",
    "fan (2 values)               90     91      2      1",
    "    in any of the values: 80 customers afterwards",
    "    overlaps: keen 60 (8%)",
    "  /shoes                     40     41      2      1",
    "fresh           new           0    900    900      0",
    "    overlaps: keen 700 (78%)",
    "    enter: ana and 899 more",
    "keen            changed     900    700      0    200",
    "    overlaps: fresh 700 (78%), slow 100 (14%), fan 60 (8%)",
    "    leave: ana, zoe and 198 more",
    "old             removed      30      0      0     30",
    "",
    "slow                        100    100      0      0",
]


def test_the_table_has_first_what_changes(plan: Plan) -> None:
    assert list(plain(list(rows(plan)))) == TABLE


def test_notes_are_broken_where_the_terminal_ends(plan: Plan) -> None:
    lines = list(plain(list(rows(plan)), 52))
    assert lines[9:11] == ["    overlaps: fresh 700 (78%), slow 100 (14%), fan", "      60 (8%)"]
    assert max(map(len, lines)) <= 52


def test_a_long_name_moves_only_its_own_numbers() -> None:
    long = "x" * 60
    flows = {"keen": Flow(1, 1), f"fan/{long}": Flow(1, 1)}
    found = plan_of(Findings(1, AT_MS, flows), PLANNED, Live.of(PLANNED), AT_MS, AT_MS)
    lines = list(plain(list(rows(found)), 60))
    assert len(lines[0]) == 60
    assert f"  /{long}" in "\n".join(lines)


def test_what_waits_is_told_of_rules_that_are_new() -> None:
    waiting = rules(keen=f"for: 2h\n{SOME}")
    found = plan_of(Findings(1, AT_MS, {"keen": Flow(1, 1)}), waiting, Live.of(LIVE), AT_MS, AT_MS)
    (row,) = rows(found)
    assert row.notes == ("for 2h: who enters only after the conditions held so long is not counted here",)
    same = plan_of(Findings(1, AT_MS, {"keen": Flow(1, 1)}), waiting, Live.of(waiting), AT_MS, AT_MS)
    assert [row.notes for row in rows(same)] == [()]


def test_the_foot_tells_when_in_the_zone_of_the_shop(plan: Plan) -> None:
    assert list(foot(plan, "Europe/Berlin")) == [
        "overlaps: customers in both, and which part that is of those in either",
        "1,234 customers, counted from 2026-06-01 14:00:00+02:00 to 2026-06-01 14:00:01.500+02:00",
        f"rules {PLANNED.digest} in place of {LIVE.digest}",
    ]
    plan["rules"]["others"] = ["0123456789ab"]
    assert list(foot(plan, "UTC"))[-1].startswith("some partitions were counted under other live rules (0123456789ab)")
    at_once = plan_of(FINDINGS, PLANNED, None, AT_MS, AT_MS)
    assert list(foot(at_once, "UTC"))[1] == "1,234 customers, counted at 2026-06-01 12:00:00+00:00"


def test_no_more_ids_are_told_than_were_asked_for() -> None:
    """Each partition names so many."""
    found = plan_of(FINDINGS, PLANNED, Live.of(LIVE), AT_MS, AT_MS, 1)
    assert [one["leaving_ids"] for one in found["segments"] if one["segment"] == "keen"] == [["ana"]]
    assert not any("leaving_ids" in one for one in plan_of(FINDINGS, PLANNED, Live.of(LIVE), 0, 0)["segments"])


def test_of_a_large_family_the_values_that_change_most_are_shown() -> None:
    flows = {f"fan/c{number}": Flow(after=number, entering=number % 3) for number in range(20)}
    found = list(rows(plan_of(Findings(9, AT_MS, dict(flows)), PLANNED, Live.of(LIVE), AT_MS, AT_MS)))
    assert [row.cells[0].strip() for row in found] == [
        "fan (20 values)",
        *(f"/c{number}" for number in (17, 14, 11, 8, 5)),
        "and 8 more values",
    ]
    assert found[0].cells[3:5] == (str(sum(range(20))), str(sum(number % 3 for number in range(20))))
