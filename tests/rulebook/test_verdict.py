"""What is done with a folder: by what is live, what was live, and what was read of it before."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.rulebook import guard
from streams.rulebook.edition import first_edition
from streams.rulebook.reading import FolderRules, folder_or_error, folder_rules, program_of
from streams.rulebook.start import Verdict, verdict
from streams.rules.load import NoRuleFolder, RuleErrors
from streams.settings import Settings

LIVE, STALE, NEW = Verdict.LIVE, Verdict.STALE, Verdict.NEW
SETTINGS = Settings()


def folder(bound: int, title: str = "A") -> FolderRules:
    """A folder with a rule; the title does not count for the digest."""
    files = {"active/a.yaml": f"title: {title}\nwhen: {{count: views, at_least: {bound}}}\n"}
    return FolderRules(files, program_of(files, SETTINGS), frozenset())


ONE, ONE_RENAMED, TWO, THREE = folder(1), folder(1, "B"), folder(2), folder(3)
EDITION = first_edition(ONE.digest, ONE.files, 0, "w").after(TWO.digest, TWO.files, 0, "w")
TWO_RENAMED = folder(2, "B")


@pytest.mark.parametrize(
    ("found", "before", "expected"),
    [
        (TWO, None, LIVE),
        (TWO_RENAMED, None, LIVE),  # nobody knows which title is the newer
        (ONE, None, STALE),
        (THREE, None, NEW),
        (TWO, TWO, LIVE),
        (TWO, ONE, LIVE),  # the same edit arrived on this machine, too
        (TWO_RENAMED, TWO, NEW),  # titles are published where their rules are live
        (ONE, TWO, NEW),  # back to what was, by an edit that was seen
        (THREE, TWO, NEW),
        (THREE, ONE, NEW),
        (ONE, ONE, STALE),  # others replaced it while this folder stayed as it was
        (ONE_RENAMED, ONE, STALE),  # a title does not bring back old rules
        (TWO_RENAMED, TWO_RENAMED, LIVE),
        (THREE, THREE, STALE),
    ],
)
def test_verdicts(found: FolderRules, before: FolderRules | None, expected: Verdict) -> None:
    assert verdict(EDITION, found, before) is expected


def test_only_what_is_in_no_other_place_is_removed() -> None:
    live = ["active/a.yaml", "active/b.yaml", "trial/c.yaml", "active/d.yaml"]
    wanted = ["active/a.yaml", "active/c.yaml", "active/e.yaml"]
    assert guard.removed(live, wanted, frozenset({"d"})) == {"b"}
    assert guard.removed(live, live, frozenset()) == set()


def test_families_count_with_all_their_segments() -> None:
    sizes = {"fan": 7, "fan/shoes": 30, "fan/bags": 20, "fans": 100, "fan-of/shoes": 100}
    assert guard.members_of(["fan", "gone"], sizes) == {"fan": 57, "gone": 0}


def test_many_is_fifty() -> None:
    assert guard.too_many({"b": 50, "a": 49, "c": 51}) == {"b": 50, "c": 51}


def test_reading_a_folder_tells_all_that_is_needed(tmp_path: Path) -> None:
    for name, text in {"active/a": "A", "trial/b": "B", "retired/c": "broken: ["}.items():
        path = tmp_path / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"title: {text}\nwhen: {{count: views, at_least: 1}}\n")
    found = folder_rules(Settings(rules=tmp_path))
    assert (sorted(found.files), set(found.retired)) == (["active/a.yaml", "trial/b.yaml"], {"c"})
    assert program_of(found.files, SETTINGS).digest == found.digest
    assert [rule.folder for rule in found.program.rule_set.rules] == ["active", "trial"]


def test_a_folder_that_is_not_good_is_told_by_its_kind(tmp_path: Path) -> None:
    assert isinstance(folder_or_error(Settings(rules=tmp_path / "none")), NoRuleFolder)
    (tmp_path / "active").mkdir()
    (tmp_path / "active" / "a.yaml").write_text("title: A\n")
    found = folder_or_error(Settings(rules=tmp_path))
    assert isinstance(found, RuleErrors)
    assert "active/a.yaml:1:1: no when:" in str(found)
