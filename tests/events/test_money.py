"""Money in a replay, with settings as a shop writes them."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from streams.cli import main

RULES = "title: Spent a hundred\nwhen: {sum: purchases.total, at_least: 100}\n"


def shop(home: Path) -> Path:
    (home / "rules" / "active").mkdir(parents=True)
    (home / "rules" / "active" / "spent-a-hundred.yaml").write_text(RULES)
    (home / "rates.csv").write_text("from,currency,rate\n2026-01-01,USD,0.9\n2026-02-01,USD,1.1\n")
    (home / "m.toml").write_text(f'currency = "EUR"\nrates = "{home}/rates.csv"\nrules = "{home}/rules"\n')
    return home / "m.toml"


def order(number: int, at: str, total: str, currency: str) -> bytes:
    event = {"type": "purchase", "id": f"e{number}", "user": "ana", "order": f"o{number}", "at": at}
    return orjson.dumps({**event, "total": total, "currency": currency})


def test_orders_of_several_currencies_add_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    events = tmp_path / "events.jsonl"
    lines = [
        order(1, "2026-01-10T00:00:00Z", "50", "USD"),  # 45
        order(2, "2026-02-10T00:00:00Z", "49.99", "USD"),  # 54.989
        order(3, "2026-02-11T00:00:00Z", "900", "GBP"),
        order(4, "2026-02-12T00:00:00Z", "0.02", "EUR"),
    ]
    events.write_bytes(b"\n".join(lines))
    assert main(["replay", "--config", str(shop(tmp_path)), str(events)]) == 0
    said = capsys.readouterr()
    (change,) = map(orjson.loads, said.out.splitlines())
    assert (change["at"], change["entered"]) == ("2026-02-12T00:00:00.000Z", ["spent-a-hundred"])
    assert "1 refused events, the first at line 3: currency: no rate is configured for 'GBP'" in said.err


def test_a_broken_file_of_rates_is_told_at_the_start(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = shop(tmp_path)
    (tmp_path / "rates.csv").write_text("from,currency,rate\n2026-01-01,USD,cheap\n")
    assert main(["run", "--config", str(config)]) == 2
    assert capsys.readouterr().err == (
        f'microseg: {tmp_path}/rates.csv:2: rate must be a number above 0 such as 0.92, not "cheap"\n'
    )
