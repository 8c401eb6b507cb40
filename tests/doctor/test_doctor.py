"""``microseg doctor`` and ``microseg init``, with and without what they look for."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from streams.doctor import machine
from streams.doctor.found import Found
from streams.settings import Settings
from streams.settings_sinks import Sink


def microseg(where: Path, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "streams.cli", *words],
        capture_output=True,
        text=True,
        cwd=where,
        env={**os.environ, **environ},
        check=False,
        timeout=60,
    )


def doctor(where: Path, **environ: str) -> tuple[int, dict[str, list[dict[str, Any]]]]:
    """The exit code, and findings by what they are about."""
    done = microseg(where, "doctor", "--json", **environ)
    said: dict[str, list[dict[str, Any]]] = {}
    for one in json.loads(done.stdout)["findings"]:
        said.setdefault(one["what"], []).append(one)
    assert done.stderr == ""
    return done.returncode, said


def created(broker: str, **partitions: int) -> None:
    admin = AdminClient({"bootstrap.servers": broker})
    topics = [NewTopic(name.replace("_", "-"), num_partitions=count) for name, count in partitions.items()]
    for made in admin.create_topics(topics).values():
        made.result(10)


def test_a_new_shop_is_well_once_it_has_a_broker(kafka: str, tmp_path: Path) -> None:
    assert microseg(tmp_path, "init", "shop").returncode == 0
    shop = tmp_path / "shop"
    code, said = doctor(shop, MICROSEG_APPLICATION="newshop", MICROSEG_HTTP="", MICROSEG_BROKER=kafka)

    assert said["settings"][0]["said"] == "microseg.toml"
    assert said["rules"][0]["said"].startswith("30 in segment_rules")
    assert said["broker"][0]["said"] == f"{kafka} answers, 1 broker"
    assert code == 0
    again = microseg(tmp_path, "init", "shop")
    assert again.returncode == 2
    assert again.stderr == "microseg: shop/microseg.toml is there already; nothing was written\n"


def test_what_is_not_good_is_said_with_what_to_do(kafka: str, valkey: str, tmp_path: Path) -> None:
    created(kafka, doctor_views=2, doctor_orders=3, sick_rows_changelog=2)
    (tmp_path / "rules" / "active").mkdir(parents=True)
    (tmp_path / "rules" / "active" / "one.yaml").write_text("title: One\nwhen: {count: view, more_than: 1}\n")
    topics = '[topics]\nviews = "doctor-views"\npurchases = "doctor-orders"\n'
    (tmp_path / "microseg.toml").write_text(f'rules = "rules"\napplication = "sick"\nhttp = ""\n{topics}')
    code, said = doctor(tmp_path, MICROSEG_BROKER=kafka, MICROSEG_REDIS=valkey)

    assert code == 1
    assert "doctor-views 2, doctor-orders 3" in said["partitions"][0]["said"]
    assert "cleanup.policy=delete" in said["topics"][1]["said"]
    assert "cleanup.policy=compact on sick-rows-changelog" in said["topics"][1]["todo"]
    assert 'did you mean "views"' in said["rules"][0]["said"]
    assert said["redis"][0]["state"] == "good"
    assert "answers, version" in said["redis"][0]["said"]


def test_nobody_answers(tmp_path: Path) -> None:
    code, said = doctor(
        tmp_path, MICROSEG_BROKER="127.0.0.1:1", MICROSEG_REDIS="redis://127.0.0.1:1/0", MICROSEG_HTTP=""
    )
    assert code == 1
    assert "microseg kafka start" in said["broker"][0]["todo"]
    assert "microseg init" in said["rules"][0]["todo"]
    assert said["redis"][0]["state"] == "bad"


def test_settings_that_are_wrong(tmp_path: Path) -> None:
    code, said = doctor(tmp_path, MICROSEG_BROKR="x:1")
    assert code == 1
    assert [*said] == ["settings"]
    assert "MICROSEG_BROKER" in said["settings"][0]["said"]


def test_a_disk_that_is_full_or_not_ones_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def disk(free: int) -> Found:
        monkeypatch.setattr(shutil, "disk_usage", lambda at: _Usage(free))
        found = machine.machine(Settings(data_dir=tmp_path / "new", http=None))
        return next(one for one in found if one.what == "disk")

    assert [disk(free << 30).state for free in (0, 1, 100)] == ["bad", "watch", "good"]


class _Usage:
    def __init__(self, free: int) -> None:
        self.free = free


def test_what_settings_want_of_packages() -> None:
    assert machine.wanted(Settings()) == set()
    sinks = {"shop": Sink("shop", "klaviyo", {}, {})}
    assert machine.wanted(Settings(redis="redis://x", store="rocksdb", sinks=sinks)) == {"redis", "rocksdict", "httpx"}


def test_completions_of_each_shell(tmp_path: Path) -> None:
    for shell in ("bash", "zsh", "fish"):
        done = microseg(tmp_path, "completions", shell)
        assert done.returncode == 0
        assert "until-drained" in done.stdout
    script = microseg(tmp_path, "completions", "bash").stdout
    assert subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode == 0
