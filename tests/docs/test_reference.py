"""The pages of the reference say what the code says, and nothing is left unexplained."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.handbook.__main__ import PAGES
from streams.handbook.rule_words import EXAMPLES as MEASURES
from streams.handbook.rule_words import FIELD_WORDS
from streams.handbook.settings import explained
from streams.handbook.settings_words import WORDS
from streams.rules.model import SOURCES
from streams.rules.parse_condition import MEASURES as ALL_MEASURES
from tests.docs.blocks import ROOT

FOLDER = ROOT / "docs/reference"


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_up_to_date(name: str) -> None:
    written = (FOLDER / name).read_text(encoding="utf-8")
    assert written == PAGES[name](), "run python -m streams.handbook"


def test_there_is_no_page_that_nobody_writes() -> None:
    assert {path.name for path in FOLDER.iterdir()} == set(PAGES)


def test_every_setting_is_explained() -> None:
    """Put words for a new one into streams/handbook/settings_words.py."""
    assert set(explained()) - set(WORDS) == set()


def test_every_measure_and_field_is_explained() -> None:
    assert set(MEASURES) == set(ALL_MEASURES)
    assert set(FIELD_WORDS) == {field for fields in SOURCES.values() for field in fields}


def test_every_setting_is_on_its_page() -> None:
    page = Path(FOLDER / "settings.md").read_text(encoding="utf-8")
    assert [name for name in explained() if f"| `{name}` |" not in page] == []
