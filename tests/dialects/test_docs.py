"""docs/dialects.md shows the tables as they are in the code."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.dialects.names import DIALECTS
from tests.dialects.tables import EVENTS, FIELDS, events_table, fields_table

PAGE = (Path(__file__).parents[2] / "docs/dialects.md").read_text(encoding="utf-8")
TABLES = {title: events_table(table) for title, table in EVENTS.items()}
TABLES |= {title: fields_table(table) for title, table in FIELDS.items()}


@pytest.mark.parametrize("title", TABLES)
def test_the_page_shows_the_table(title: str) -> None:
    assert f"\n{TABLES[title]}\n" in PAGE, f"{title}: put this into docs/dialects.md:\n\n{TABLES[title]}\n"


def test_the_page_names_every_dialect() -> None:
    assert [name for name in DIALECTS if f"`{name}`" not in PAGE] == []
