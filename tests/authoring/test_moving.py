"""Rule files that go on trial and leave it."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.authoring.moving import NotMoved, move, proposal, start, started, with_trial
from streams.events.instants import instant_ms
from streams.rules.errors import RuleErrors
from streams.rules.load import load_rules
from tests.authoring.folders import folder_of

RETENTION = 730 * 86_400_000
AT = instant_ms("2026-06-01T08:00:00Z")
SEEN = "title: S\nwhen: {count: views, at_least: 1}\n"
KEEN = "title: K  # keen\nwhen: {count: views, at_least: 2}\ntrial: {against: broad, metric: clicks}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A broad segment, and a proposed one."""
    return folder_of(tmp_path, {"active/broad.yaml": SEEN, "proposed/keen.yaml": KEEN})


def names(folder: Path) -> list[str]:
    return sorted(f"{path.parent.name}/{path.name}" for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("given", ["keen", "{folder}/proposed/keen.yaml"])
def test_a_proposal_goes_on_trial(folder: Path, given: str) -> None:
    rule = start(folder, proposal(folder, given.format(folder=folder)), AT, RETENTION)
    assert names(folder) == ["active/broad.yaml", "trial/keen.yaml"]
    assert rule.on_trial is not None
    assert rule.on_trial.started_ms == AT
    assert load_rules(folder).rules[1] == rule


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("trial: {against: b}", "trial: {started: 2026-06-01T08:00:00.000Z, against: b}"),
        (
            "trial:\n  # why\n  against: b\n  days: 7",
            "trial:\n  # why\n  started: 2026-06-01T08:00:00.000Z\n  against: b\n  days: 7",
        ),
        (
            "trial: {started: 2026-01-01T00:00:00Z, against: b}",
            "trial: {started: 2026-06-01T08:00:00.000Z, against: b}",
        ),
        (
            'trial: {started: "2026-01-01T00:00:00Z", against: b}',
            "trial: {started: 2026-06-01T08:00:00.000Z, against: b}",
        ),
        ("trial: {\n  against: b}", "trial: {\n  started: 2026-06-01T08:00:00.000Z, against: b}"),
    ],
)
def test_the_instant_is_written_into_the_text(before: str, after: str) -> None:
    head = "title: ä\r\nwhen: {count: views, at_least: 1}  # {\n"
    assert started(f"{head}{before}\n", AT) == f"{head}{after}\n"


def test_what_is_no_proposal(folder: Path) -> None:
    with pytest.raises(NotMoved, match=r'no proposed segment is named "kean"; did you mean "keen"\?'):
        proposal(folder, "kean")
    with pytest.raises(NotMoved, match=r"is not in .*proposed"):
        proposal(folder, str(folder / "active" / "broad.yaml"))


def test_a_broken_proposal_stays(folder: Path) -> None:
    (folder / "proposed" / "keen.yaml").write_text(KEEN.replace("broad", "boad"))
    with pytest.raises(RuleErrors, match=r'proposed/keen.yaml:3:18: .* "boad"; did you mean "broad"'):
        start(folder, proposal(folder, "keen"), AT, RETENTION)
    (folder / "proposed" / "keen.yaml").write_text(SEEN)
    with pytest.raises(NotMoved, match="no trial: in this rule"):
        start(folder, proposal(folder, "keen"), AT, RETENTION)
    assert names(folder) == ["active/broad.yaml", "proposed/keen.yaml"]


def test_five_are_enough(folder: Path) -> None:
    folder_of(folder, {f"trial/t{n}.yaml": SEEN for n in range(5)})
    with pytest.raises(NotMoved, match="5 segments are on trial, which is the most"):
        with_trial(folder, proposal(folder, "keen"), RETENTION)


def test_what_is_live_cannot_be_proposed_too(folder: Path) -> None:
    folder_of(folder, {"active/keen.yaml": SEEN})
    with pytest.raises(NotMoved, match="keen is live already"):
        with_trial(folder, proposal(folder, "keen"), RETENTION)


@pytest.mark.parametrize("to", ["active", "retired"])
def test_a_trial_ends_in_another_folder(folder: Path, to: str) -> None:
    start(folder, proposal(folder, "keen"), AT, RETENTION)
    assert move(folder, "keen", to, RETENTION) == folder / to / "keen.yaml"
    assert names(folder) == ["active/broad.yaml", f"{to}/keen.yaml"]
    assert load_rules(folder).rules[0].name == "broad"


def test_nothing_is_overwritten_and_nothing_breaks(folder: Path) -> None:
    start(folder, proposal(folder, "keen"), AT, RETENTION)
    folder_of(folder, {"active/fan.yaml": "title: F\nwhen: {segment: keen}\n"})
    with pytest.raises(NotMoved, match=r'fan\.yaml:2:17: unknown segment "keen"'):
        move(folder, "keen", "retired", RETENTION)
    folder_of(folder, {"retired/keen.yaml": KEEN})
    with pytest.raises(NotMoved, match=r"keen\.yaml exists already"):
        move(folder, "keen", "retired", RETENTION)
    assert (folder / "trial" / "keen.yaml").exists()
