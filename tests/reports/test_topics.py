"""A report out of the real topics."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from streams.cli import main
from streams.clients.settings_file import write_settings
from streams.clients.topics import prepare
from streams.settings import load_settings
from streams.trials.totals import DayTotals, key_of, value_of
from tests.clients.test_subscribe import publish, record

APPLICATION = "reported"
TOTALS = f"{APPLICATION}-outcomes"


@pytest.fixture
def config(kafka: str, tmp_path: Path) -> Path:
    (tmp_path / "rules" / "active").mkdir(parents=True)
    (tmp_path / "rules" / "active" / "reported-a.yaml").write_text("title: A\nwhen: {count: views, at_least: 1}\n")
    settings = {"broker": kafka, "application": APPLICATION, "rules": str(tmp_path / "rules")}
    file = write_settings(tmp_path / "microseg.toml", settings)
    prepare(load_settings(file, {}))
    return file


def write_totals(kafka: str, *, commit: bool, sent: int) -> None:
    producer = Producer({"bootstrap.servers": kafka, "transactional.id": f"{APPLICATION}-{commit}-{sent}"})
    producer.init_transactions(20)
    producer.begin_transaction()
    for partition in (0, 3):
        part = DayTotals("reported-a", "2026-05-06", "-", sent=sent, delivered=sent, clicked=1, recipients=sent)
        producer.produce(TOTALS, value_of(part), key_of(partition, part))
    producer.flush(20)
    if commit:
        producer.commit_transaction(20)
    else:
        producer.abort_transaction(20)


def test_both_topics(kafka: str, config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "--config", str(config)]) == 2
    assert f"there is no topic {TOTALS}" in capsys.readouterr().err
    admin = AdminClient({"bootstrap.servers": kafka})  # as long as it lives, so do its answers
    admin.create_topics([NewTopic(TOTALS, 2, 1)])[TOTALS].result(20)
    for sent in (10, 20):
        write_totals(kafka, commit=True, sent=sent)
    write_totals(kafka, commit=False, sent=99)
    publish(kafka, "reported-ana", [record("reported-ana", 1, ["reported-a"], [], ["reported-a"])])
    publish(kafka, "reported-bo", [record("reported-bo", 1, ["reported-a"], [], ["reported-a"]), None])

    assert main(["report", "--config", str(config), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    (row,) = [one for one in found["segments"] if one["segment"] == "reported-a"]
    assert found["until"] == "2026-05-06"
    assert (row["week"]["sent"], row["week"]["clicked"]) == (40, 2)
    assert (row["health"]["size"], row["health"]["entered"]) == (1, 1)
