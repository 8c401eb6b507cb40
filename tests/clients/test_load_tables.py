"""``microseg load`` of CSV against a real broker."""

from __future__ import annotations

import gzip
import io
import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.clients.test_load import Read, config, load, name, read

__all__ = ["config", "name", "read"]
HEAD = (
    "Name,Email,Currency,Total,Discount Code,Discount Amount,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Id\n"
)


def row(number: int, total: str = "9.90") -> str:
    return f"#{number},u{number % 50}@x.example,EUR,{total},,0.00,2026-05-01 05:00:00 +0000,1,Tote,9.90,{number}\n"


@pytest.fixture
def shop(config: Path) -> Path:
    config.write_text(config.read_text() + f'currency = "EUR"\ndata_dir = {json.dumps(str(config.parent / "data"))}\n')
    return config


@pytest.mark.parametrize("suffix", ["csv", "csv.gz"])
def test_orders_are_loaded_and_the_report_tells(
    suffix: str, shop: Path, name: str, read: Read, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / f"orders.{suffix}"
    text = HEAD + "".join(row(number) for number in range(10)) + row(11, "much") + row(12, "more") + "a,b\n"
    file.write_bytes(gzip.compress(text.encode()) if suffix.endswith("gz") else text.encode())
    assert load(shop, "--json", file) == 0
    out, err = capsys.readouterr()
    facts = json.loads(out)
    assert (facts["rows"], facts["events"], facts["refused"]) == (13, 10, 3)
    assert facts["refused_by_reason"][0] == {
        "reason": "Total: … is not a number",
        "count": 2,
        "first": [
            {"file": str(file), "line": 12, "reason": "Total: 'much' is not a number"},
            {"file": str(file), "line": 13, "reason": "Total: 'more' is not a number"},
        ],
    }
    assert f"  2 Total: … is not a number (first {file}:12, {file}:13)" in err.splitlines()
    first = read(f"{name}-purchases")
    assert len(first) == 10
    assert load(shop, file) == 0
    ids = Counter(json.loads(one.value)["id"] for one in read(f"{name}-purchases"))
    assert set(ids.values()) == {2}  # the same ids: nothing is counted twice
    assert len(ids) == 10


def test_a_load_that_is_killed_goes_on_where_it_was(shop: Path, name: str, read: Read, tmp_path: Path) -> None:
    file, rows = tmp_path / "orders.csv", 200_000
    file.write_text(HEAD + "".join(row(number) for number in range(rows)))
    command = [sys.executable, "-m", "streams.cli", "load", "--config", str(shop), "--json", str(file)]
    marks = shop.parent / "data" / "loads"
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 60
        while not (marks.is_dir() and list(marks.glob("*.json"))):
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.01)
        process.kill()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    facts = json.loads(done.stdout)
    assert facts["resumed_after_rows"] >= 20_000
    assert facts["rows"] == rows
    assert facts["events"] == rows - facts["resumed_after_rows"]
    assert "goes on after line" in done.stderr
    assert list(marks.glob("*.json")) == []
    assert {json.loads(one.value)["order"] for one in read(f"{name}-purchases")} == {str(n) for n in range(rows)}


def test_what_a_table_needs(
    shop: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "odd.csv"
    file.write_text("a,b\n1,2\n")
    assert load(shop, file) == 2
    assert "these columns are of no export that is known: a, b" in capsys.readouterr().err
    mapping = tmp_path / "mapping.toml"
    mapping.write_text('type = "view"\n[columns]\nuser = "a"\nat = "b"\nproduct = "a"\n')
    file.write_text("a,b\nana,1777611600\n")
    assert load(shop, "--mapping", mapping, file) == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(file.read_bytes())))
    assert load(shop, "--mapping", mapping, "-") == 2
    assert "needs --at" in capsys.readouterr().err
    assert load(shop, "--mapping", mapping, "--at", "2026-05-01T00:00:00Z", "-") == 0
    assert load(shop, "--at", "soon", file) == 2
    assert "--at: 'soon' is neither" in capsys.readouterr().err
