"""Rule files moved from the pages: what moves, what is refused, and that no name leads elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.dashboard.actions import Actions
from streams.dashboard.errors import Refused
from streams.settings import Settings
from streams.worker.clock import WallClock

VIEWED = "title: T\nwhen: {count: views, at_least: 1}\n"
ODD = ("../secret", "a/b", "", None, 7, "x.yaml", "\0", "..", "a\n")
ON_TRIAL = f"{VIEWED}trial: {{against: live, days: 14, metric: clicks}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rule folder with a live segment, one that stands on it, and proposals."""
    files = {
        "active/live": VIEWED,
        "active/other": "title: T\nwhen: {segment: live}\n",
        "proposed/plain": VIEWED,
        "proposed/for-trial": ON_TRIAL,
        "proposed/broken": "title: T\nwhen: {count: view, at_least: 1}\n",
        "retired/old": VIEWED,
    }
    for name, text in files.items():
        path = tmp_path / "rules" / f"{name}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "secret.yaml").write_text(VIEWED)
    return tmp_path / "rules"


def actions(folder: Path) -> Actions:
    return Actions(Settings(rules=folder), WallClock())


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*.yaml"))


def test_a_proposal_is_approved(folder: Path) -> None:
    said = actions(folder).approve("plain", "active")
    assert said == {
        "said": "plain is in active/ now; it is live within seconds",
        "name": "plain",
        "from": "proposed",
        "to": "active",
    }
    assert (folder / "active" / "plain.yaml").read_text() == VIEWED
    assert not (folder / "proposed" / "plain.yaml").exists()
    actions(folder).approve("for-trial", "trial")
    assert "started: " in (folder / "trial" / "for-trial.yaml").read_text()


def test_files_move_along_their_lives(folder: Path) -> None:
    actions(folder).move("other", "retired")
    assert actions(folder).move("live", "retired")["said"] == "live is in retired/ now; nobody evaluates it"
    actions(folder).move("old", "proposed")
    assert files(folder) == [
        *(f"proposed/{name}.yaml" for name in ("broken", "for-trial", "old", "plain")),
        *(f"retired/{name}.yaml" for name in ("live", "other")),
    ]


@pytest.mark.parametrize(
    ("name", "to", "status", "words"),
    [
        ("live", "retired", 409, "refused without it"),
        ("live", "trial", 409, "nobody's trial"),
        ("live", "active", 409, "already"),
        ("plain", "trial", 409, "no trial:"),
        ("broken", "active", 409, "refused"),
        ("plain", "elsewhere", 409, "no such folder"),
        ("plain", None, 409, "no such folder"),
        ("nobody", "active", 404, "no rule 'nobody'"),
        *(
            (name, "active", 404, "no rule of that name")
            for name in ("../secret", "a/b", "", None, 7, "x.yaml", "\0", "..")
        ),
    ],
)
def test_what_does_not_move(folder: Path, name: object, to: object, status: int, words: str) -> None:
    before = files(folder)
    with pytest.raises(Refused, match=words) as caught:
        actions(folder).move(name, to)
    assert caught.value.status == status
    assert files(folder) == before


@pytest.mark.parametrize(("name", "to"), [("live", "trial"), ("plain", "retired"), ("plain", None), ("old", "active")])
def test_only_proposals_are_approved(folder: Path, name: str, to: object) -> None:
    before = files(folder)
    with pytest.raises(Refused):
        actions(folder).approve(name, to)
    assert files(folder) == before


def test_a_plan_of_broken_rules_is_refused_before_anybody_is_asked(folder: Path) -> None:
    for words in ({"name": "broken", "to": "active"}, {"name": "live", "to": "retired"}, {"name": "live"}):
        with pytest.raises(Refused) as caught:
            actions(folder).plan(**words)
        assert caught.value.status == 409
