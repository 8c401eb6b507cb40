"""Proposals as discovery writes them are read again; what is broken is told."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.dashboard.proposals import count, header_of, measured, proposals
from streams.discovery.candidates import Candidate, Outcome
from streams.discovery.proposals.rule_text import rule_text
from streams.discovery.proposals.words import template_words
from streams.discovery.proposals.writing import Context, Draft, header_lines

DAY_MS = 86_400_000
RULE = {"when": {"count": "views", "at_least": 3}}


def candidate(sizes: list[tuple[str, int]], overlaps: dict[str, float], outcomes: list[Outcome]) -> Candidate:
    return Candidate(
        rule=RULE,
        words="at least 3 views, and no purchase of this category within the last one hundred and eighty days",
        size=1207,
        sizes=sizes,
        overlaps=overlaps,
        outcomes=outcomes,
        rfm=0.2,
    )


def written(folder: Path, one: Candidate) -> Path:
    words = template_words(one)
    context = Context(folder, 22_004, 0, "2026-06-01", None, {})  # type: ignore[arg-type]
    header = header_lines(Draft(one, words, "search"), context, True)
    (folder / "proposed").mkdir(parents=True, exist_ok=True)
    path = folder / "proposed" / f"{words.name}.yaml"
    path.write_text(rule_text(RULE, words.title, words.why, words.strategy, header), encoding="utf-8")
    return path


def test_what_discovery_wrote(tmp_path: Path) -> None:
    weeks = [("2026-05-04", 1_187), ("2026-05-11", 20), *((f"2026-05-{day}", 1_000 + day) for day in range(12, 26))]
    bought = Outcome("category_purchase", 0.124, 0.041, 3.02, 2.4, 3.8, 1_207, 149, "shoes: for sale (new)")
    clicked = Outcome("click", 0.05, 0.048, 1.04, 0.7, 1.5, 1_207, 60)
    path = written(tmp_path, candidate(weeks, {"window-shopper": 0.31, "new": 0.07, "no": 0.0}, [bought, clicked]))
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / path.name).write_text("- name: a member\n  now: x\n- name: none\n")
    (found,) = proposals(tmp_path, 730 * DAY_MS)["proposals"]
    assert found["name"] == path.stem
    assert found["title"].startswith("At least 3 views")
    assert (found["size"], found["of"], found["proposed_by"], found["as_of"]) == (1207, 22_004, "search", "2026-06-01")
    assert found["stability"] == [[day, size if size > 50 else None] for day, size in weeks]
    assert found["overlap"] == [{"name": "window-shopper", "share": 0.31}, {"name": "new", "share": 0.07}]
    assert [(one["lift"], one["low"], one["high"], one["members"]) for one in found["lift"]] == [
        (3.02, 2.4, 3.8, 1207),
        (1.04, 0.7, 1.5, 1207),
    ]
    assert (found["lift"][0]["rate"], found["lift"][0]["base"]) == (0.124, 0.041)
    assert found["examples"] == 2
    assert not found["trial"]
    assert found["rule"] == path.read_text(encoding="utf-8")


def test_a_file_that_somebody_wrote_by_hand_is_shown_all_the_same(tmp_path: Path) -> None:
    (tmp_path / "proposed").mkdir()
    (tmp_path / "proposed" / "own.yaml").write_text("title: Own\nwhen: {count: views, at_least: 1}\n")
    (tmp_path / "proposed" / "broken.yaml").write_text("title: Own\nwhen: {count: view, at_least: 1}\n")
    (tmp_path / "proposed" / "bytes.yaml").write_bytes(b"\xff")
    (tmp_path / "proposed" / "stands-on.yaml").write_text("title: Stands\nwhen: {segment: live-one}\n")
    (tmp_path / "proposed" / ".hidden.yaml").write_text("")
    (tmp_path / "active").mkdir()
    (tmp_path / "active" / "live-one.yaml").write_text("title: Own\nwhen: {count: views, at_least: 1}\n")
    found = proposals(tmp_path, 730 * DAY_MS)
    assert {one["name"]: one["title"] for one in found["proposals"]} == {"own": "Own", "stands-on": "Stands"}
    assert found["proposals"][0]["size"] is None
    broken = {one["name"]: one["error"] for one in found["broken"]}
    assert broken.keys() == {"broken", "bytes"}
    assert broken["broken"].startswith("proposed/broken.yaml:2:15: ")
    assert "views" in broken["broken"]
    assert count(tmp_path) == 4
    (tmp_path / "active" / "live-one.yaml").write_text("title: Own\n")
    assert len(proposals(tmp_path, 730 * DAY_MS)["proposals"]) == 2  # what is wrong there is not theirs


def test_no_folder_has_no_proposals(tmp_path: Path) -> None:
    assert proposals(tmp_path, DAY_MS) == {"proposals": [], "broken": []}


@given(st.text())
@pytest.mark.filterwarnings("ignore")
def test_no_header_is_too_odd(text: str) -> None:
    assert measured(header_of(text))["header"] is not None
