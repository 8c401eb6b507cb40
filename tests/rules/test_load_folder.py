"""Folders and files as such: which are read, what is refused before any rule is looked at, references between rules."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.rules.check import reminders, run
from streams.rules.errors import Problems
from streams.rules.folder import read_folder
from streams.rules.load import NoRuleFolder, RuleErrors, load_rules
from streams.rules.parse_measure import Reading
from streams.rules.parse_rule import parse_rule

VIEWED = "title: Viewed\nwhen: {count: views, at_least: 1}\n"
Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes files by their path below the rule folder and returns the folder."""

    def into_folder(files: dict[str, str | bytes]) -> Path:
        for name, data in files.items():
            path = tmp_path / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data if isinstance(data, bytes) else data.encode())
        return tmp_path

    return into_folder


def errors_of(folder: Path) -> list[str]:
    with pytest.raises(RuleErrors) as refused:
        load_rules(folder)
    return refused.value.errors


def test_active_and_trial_are_read_in_order_of_names_and_nothing_else(write: Write) -> None:
    files = dict.fromkeys(("active/b.yaml", "trial/a.yaml", "active/c.yaml"), VIEWED)
    ignored = dict.fromkeys(("proposed/d.yaml", "retired/e.yaml", "tests/b.yaml", "active/README.md"), "broken: [")
    found = load_rules(write(files | ignored | {"active/.#b.yaml": "x", "README.md": "x"}))
    assert [(rule.name, rule.folder) for rule in found.rules] == [("a", "trial"), ("b", "active"), ("c", "active")]


def test_a_folder_without_live_rules_is_an_empty_set(write: Write) -> None:
    assert load_rules(write({"retired/a.yaml": VIEWED})).rules == ()


def test_a_missing_folder_is_no_rule_folder(tmp_path: Path) -> None:
    with pytest.raises(NoRuleFolder, match="no rule folder can be read here: No such file"):
        load_rules(tmp_path / "gone")


def test_a_file_is_no_rule_folder(write: Write) -> None:
    with pytest.raises(NoRuleFolder, match="Not a directory"):
        load_rules(write({"active/a.yaml": VIEWED}) / "active" / "a.yaml")


def test_a_folder_of_other_things_is_no_rule_folder(write: Write) -> None:
    with pytest.raises(NoRuleFolder, match="none of the folders active, trial"):
        load_rules(write({"a.yaml": VIEWED}))


def test_the_sixth_trial_is_refused(write: Write) -> None:
    assert len(load_rules(write({f"trial/t{n}.yaml": VIEWED for n in range(5)})).rules) == 5
    said = "6 files in trial/; at most 5 segments can be on trial"
    assert errors_of(write({"trial/t5.yaml": VIEWED})) == [f"trial/t5.yaml:1:1: {said}"]


def test_one_name_in_two_live_folders_is_refused(write: Write) -> None:
    said = "active/a.yaml has the same name; delete one of the two"
    assert errors_of(write({"active/a.yaml": VIEWED, "trial/a.yaml": VIEWED})) == [f"trial/a.yaml:1:1: {said}"]


@pytest.mark.parametrize("stem", ["Big_Spenders", "big spenders", "größe", "a.b"])
def test_a_name_of_other_letters_is_refused(stem: str, write: Write) -> None:
    [line] = errors_of(write({f"active/{stem}.yaml": VIEWED}))
    assert line.startswith(f"active/{stem}.yaml:1:1: the file name is the segment's name and takes only")


def test_the_refusal_of_a_name_proposes_one(write: Write) -> None:
    assert errors_of(write({"active/Big_Spenders.yaml": VIEWED}))[0].endswith('did you mean "big-spenders.yaml"?')


def test_a_name_that_is_no_utf8_is_refused(tmp_path: Path) -> None:
    (tmp_path / "active").mkdir()
    path = os.fsencode(tmp_path / "active") + b"/caf\xe9.yaml"
    Path(os.fsdecode(path)).write_text(VIEWED)
    [line] = errors_of(tmp_path)
    assert line.isprintable()
    assert line.startswith("active/caf?.yaml:1:1: ")


def test_other_endings_and_inner_folders_are_not_passed_over(write: Write, tmp_path: Path) -> None:
    folder = write({"active/a.yml": VIEWED})
    (tmp_path / "active" / "more.yaml").mkdir()
    assert errors_of(folder) == [
        'active/a.yml:1:1: only files that end in .yaml are read; did you mean "a.yaml"?',
        "active/more.yaml:1:1: a folder inside active/ is not read; move its files out of it",
    ]


def test_a_file_that_cannot_be_read_is_refused(write: Write) -> None:
    folder = write({"active/a.yaml": VIEWED})
    (folder / "active" / "b.yaml").symlink_to(folder / "gone")
    assert errors_of(folder) == ["active/b.yaml:1:1: cannot be read: No such file or directory"]


def test_all_files_together_must_fit_into_one_record(write: Write) -> None:
    folder, problems = write({f"active/s{number:03}.yaml": "#" * 65_536 for number in range(112)}), Problems()
    assert len(read_folder(folder, problems).texts) == 112
    assert problems.lines() == []
    read_folder(write({"active/s112.yaml": VIEWED, "active/s113.yaml": VIEWED}), problems)
    said = "with this file the rules have more than 7 MiB together, which is too much"
    assert problems.lines() == [f"active/s112.yaml:1:1: {said}"]


def test_a_file_may_have_64_kib_and_not_a_byte_more(write: Write) -> None:
    full = VIEWED + "#" * (65_536 - len(VIEWED))
    assert len(load_rules(write({"active/a.yaml": full})).rules) == 1
    said = "larger than 64 KiB, which no rule needs"
    assert errors_of(write({"active/a.yaml": full + "#"})) == [f"active/a.yaml:1:1: {said}"]


def test_bytes_that_are_no_utf8_are_refused_with_their_place(write: Write) -> None:
    text = VIEWED.encode() + "why: größer als ".encode() + b"caf\xe9\n"
    assert errors_of(write({"active/a.yaml": text})) == [
        "active/a.yaml:3:20: not UTF-8; save the file in that encoding"
    ]


def test_a_byte_order_mark_and_other_line_ends_change_nothing(write: Write) -> None:
    plain = load_rules(write({"active/a.yaml": VIEWED}))
    other = b"\xef\xbb\xbf" + VIEWED.replace("\n", "\r\n").encode()
    assert load_rules(write({"active/a.yaml": other})) == plain


def test_a_bomb_of_aliases_is_not_followed(write: Write) -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{b}: &{b} [*{a}, *{a}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    said = errors_of(write({"active/a.yaml": VIEWED + bomb}))
    assert any("an alias (*h) is not read" in line for line in said)


# references between segments


def refers(*names: str) -> str:
    parts = ", ".join(f"{{segment: {name}}}" for name in names)
    return f"title: T\nwhen:\n  all: [{parts}]\n"


def test_a_circle_is_named_once_and_a_diamond_is_fine(write: Write) -> None:
    folder = write({"active/a.yaml": refers("b", "c"), "active/b.yaml": refers("d"), "active/c.yaml": refers("d")})
    write({"active/d.yaml": VIEWED})
    assert len(load_rules(folder).rules) == 4
    write({"active/d.yaml": refers("a")})
    assert [line for line in errors_of(folder) if "a -> b -> d -> a" in line] == [
        "active/a.yaml:3:19: segments refer to one another in a circle: a -> b -> d -> a; cut one of these references"
    ]


def test_separate_circles_are_all_named(write: Write) -> None:
    folder = write({"active/a.yaml": refers("b"), "active/b.yaml": refers("a"), "active/c.yaml": refers("c")})
    assert [line.split("circle: ")[1].split(";")[0] for line in errors_of(folder)] == ["a -> b -> a", "c -> c"]


def test_a_long_chain_of_references_is_fine(write: Write) -> None:
    files = {f"active/s{n}.yaml": refers(f"s{n + 1}") for n in range(300)}
    assert len(load_rules(write(files | {"active/s300.yaml": VIEWED})).rules) == 301


def test_a_reference_to_a_broken_file_is_not_called_unknown(write: Write) -> None:
    said = errors_of(write({"active/a.yaml": refers("b"), "active/b.yaml": "title: T\n"}))
    assert [line.split(":")[0] for line in said] == ["active/b.yaml"]


def test_a_reference_to_a_segment_that_is_not_live_says_where_it_is(write: Write) -> None:
    [line] = errors_of(write({"active/a.yaml": refers("b"), "retired/b.yaml": VIEWED}))
    assert line.endswith('unknown segment "b", it is in retired/, which is not evaluated')


def test_a_segment_on_trial_and_one_of_a_family_can_be_referred_to(write: Write) -> None:
    family = "title: F\nfor_each: category\nwhen: {count: views, where: {category: $each}, at_least: 1}\n"
    folder = write(
        {"active/a.yaml": refers("fan", "fan/Shoes", "t"), "active/fan.yaml": family, "trial/t.yaml": VIEWED}
    )
    assert len(load_rules(folder).rules) == 3


# check, and what holds of any text


def test_check_gives_lines_or_rules(write: Write) -> None:
    lines, rules = run(write({"active/a.yaml": VIEWED}))
    assert (lines, rules) == ([], load_rules(write({})))
    lines, rules = run(write({"active/a.yaml": "title: T\n"}))
    assert rules is None
    assert lines == ["active/a.yaml:1:1: no when: in this rule; it says who belongs to the segment"]


def test_check_of_no_folder_raises(tmp_path: Path) -> None:
    with pytest.raises(NoRuleFolder):
        run(tmp_path / "gone")


def test_check_reminds_of_customers_without_the_property(write: Write) -> None:
    folder = write(
        {
            "active/a.yaml": "title: T\nwhen: {profile: country, is_not: us}\n",
            "active/b.yaml": "title: T\nwhen: {all: [{profile: c, none_of: [us]}, {profile: c, missing: false}]}\n",
            "active/c.yaml": "title: T\nwhen: {profile: country, is: us}\n",
        }
    )
    said = 'this also holds for customers without the property country; say "missing:" of it too'
    assert reminders(load_rules(folder)) == [f"active/a.yaml:2:8: {said}"]


SHARE = "share: purchases, where: {discounted: true}"
UNMEANT = {
    f"{SHARE}, at_least: 80": "never holds: no share is above 1, which is 100%; did you mean 80%?",
    f"{SHARE}, more_than: 100%": "never holds: no share is above 1, which is 100%",
    "count: views, exactly: 2.5": "never holds: a count is a whole number",
    "sum: purchases.total, less_than: 0": "never holds: no sum is below 0",
    "count: views, at_least: 0": "always holds: 0 counts too",
}
MEANT = [
    f"{SHARE}, exactly: 100%",
    "count: views, at_least: 2.5",
    "count: views, at_most: 0",
    "sum: purchases.total, at_least: 0",
    "since: last views, less_than: 1d",
]


@pytest.mark.parametrize("condition", UNMEANT)
def test_check_reminds_of_what_never_or_always_holds(condition: str, write: Write) -> None:
    folder = write({"active/a.yaml": f"title: T\nwhen: {{any: [{{profile: a, is: b}}, {{{condition}}}]}}\n"})
    assert reminders(load_rules(folder)) == [f"active/a.yaml:2:36: {UNMEANT[condition]}"]


@pytest.mark.parametrize("condition", MEANT)
def test_check_says_nothing_of_what_is_meant(condition: str, write: Write) -> None:
    assert reminders(load_rules(write({"active/a.yaml": f"title: T\nwhen: {{{condition}}}\n"}))) == []


def test_loading_needs_no_numeric_libraries() -> None:
    code = (
        "import sys, streams.rules.load; print([name for name in ('numba', 'numpy', 'faust') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


PIECES = [
    "title: T\n",
    "when:",
    " {",
    "}",
    "[",
    "]",
    "count: views",
    ", ",
    "at_least: 1",
    "- ",
    "\n  ",
    "&a ",
    "*a",
    "!!x ",
]
PIECES += [
    "all:",
    "where:",
    "category:",
    " no",
    "'",
    '"',
    "\\U",
    "\t",
    "\x00",
    "last:",
    " 7d",
    "profile:",
    " is:",
    "?",
    "|",
    ">",
]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=3), max_size=25))
def test_any_text_is_a_rule_or_refused_with_a_place(pieces: list[str]) -> None:
    problems = Problems()
    rule = parse_rule("".join(pieces), "active", "a", Reading(problems, [], 730 * 86_400_000))
    assert (rule is None) == bool(problems.lines())
    for line in problems.lines():
        file, row, column, _ = line.split(":", 3)
        assert file == "active/a.yaml"
        assert int(row) > 0
        assert int(column) > 0
        assert "\n" not in line


def on_trial(against: str) -> str:
    return f"{VIEWED}trial: {{against: {against}}}\n"


@pytest.mark.parametrize(
    ("against", "said"),
    [
        ("boad", 'on trial against an unknown segment "boad"; did you mean "broad"?'),
        ("t", "a segment on trial against itself; name the broad one, whose mail the others get"),
        ("old", 'on trial against an unknown segment "old", it is in retired/, which is not evaluated'),
    ],
)
def test_a_trial_is_against_another_live_segment(write: Write, against: str, said: str) -> None:
    files = {"active/broad.yaml": VIEWED, "retired/old.yaml": VIEWED, "trial/t.yaml": on_trial(against)}
    assert errors_of(write(files)) == [f"trial/t.yaml:3:18: {said}"]


def test_the_terms_of_a_trial_matter_only_in_its_folder(write: Write) -> None:
    """When it has ended, the segment whose mail was compared may go."""
    found = load_rules(
        write({"active/b.yaml": VIEWED, "active/t.yaml": on_trial("gone"), "trial/u.yaml": on_trial("B")})
    )
    b, t, u = found.rules
    assert (b.trial, t.on_trial) == (None, None)
    assert t.trial is not None
    assert u.on_trial is not None
    assert (u.on_trial.against, u.on_trial.share, u.on_trial.days) == ("b", 5_000, 14)


def test_a_file_in_trial_without_terms_is_told_of(write: Write) -> None:
    found = load_rules(write({"trial/t.yaml": VIEWED}))
    assert reminders(found) == ["trial/t.yaml:1:1: no trial: in this rule, so nothing is measured"]
