"""``microseg trial`` beside tracking; a whole trial is in tests/demo/test_trial.py."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from streams.events.instants import stamp
from tests.tracking.test_track import Tracked
from tests.worker.shop import WorkerProcess

T = 1_772_323_200_000  # 2026-03-01T00:00:00Z
DAY = 86_400_000
BROAD = "title: B\nwhen: {count: views, at_least: 1}\nemail: {strategy: s}\n"
KEEN = "title: K\nwhen: {count: views, at_least: 2}\nemail: {strategy: s}\ntrial: {against: broad, metric: clicks}\n"


class TrialShop(Tracked):
    """A shop with a rule folder of its own."""

    def __init__(self, broker: str, directory: Path) -> None:
        super().__init__(broker, directory)
        self.folder = directory / "rules"
        self.environ["MICROSEG_RULES"] = str(self.folder)
        for name, text in (("active/broad", BROAD), (f"proposed/{self.keen}", KEEN)):
            path = self.folder / f"{name}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)

    def microseg(self, *words: str) -> Any:
        """What a command tells as JSON."""
        process = WorkerProcess([sys.executable, "-m", "streams.cli", *words, "--json"], self.environ)
        assert process.wait(90) == 0, process.said
        told = json.loads(process.told)
        process.kill()
        return told


def test_the_command_reads_what_tracking_published(kafka: str, tmp_path: Path) -> None:
    shop = TrialShop(kafka, tmp_path)
    shop.microseg("trial", "start", shop.keen, "--at", stamp(T))
    shop.track_all()
    (told,) = shop.microseg("trial", "status", "--at", stamp(T + DAY))["trials"]
    assert (told["outcome"], told["arms"]) == ("RUNNING", {})
    assert told["decided_from"] == stamp(T + 19 * DAY)


@pytest.mark.parametrize("action", ["status", "decide"])
def test_nobody_tracks(kafka: str, tmp_path: Path, action: str) -> None:
    shop = TrialShop(kafka, tmp_path)
    shop.microseg("trial", "start", shop.keen)
    words = [action, *([shop.keen] if action == "decide" else [])]
    process = WorkerProcess([sys.executable, "-m", "streams.cli", "trial", *words], shop.environ)
    assert process.wait(60) == 2
    assert f"there is no topic {shop.name}-outcomes" in process.said
    assert "does microseg track run?" in process.said
    assert "Traceback" not in process.said
    process.kill()
