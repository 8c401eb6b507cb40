"""The embedded broker: starts, stops, keeps its data, leaves a running one alone, and dies with its owner."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from streams.embedded import download, kafka
from streams.embedded.kafka import KafkaBroker, answers, running_kafka
from streams.embedded.kafka_jars import JARS, Jar
from streams.embedded.processes import alive, free_port, port_is_free
from streams.errors import EmbeddedError


def topics(address: str) -> set[str]:
    return set(AdminClient({"bootstrap.servers": address}).list_topics(timeout=10).topics)


def create(address: str, name: str) -> None:
    admin = AdminClient({"bootstrap.servers": address})
    admin.create_topics([NewTopic(name, 1, 1)])[name].result(10)


def comes_true(condition: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


def test_a_broker_lives_through_start_stop_and_start_again(tmp_path: Path) -> None:
    broker = KafkaBroker(tmp_path / "not" / "yet" / "there")
    assert broker.status() is None
    assert broker.stop() is False
    first = broker.start(0)
    try:
        assert first.started_now
        create(first.address, "kept")
        again = KafkaBroker(broker.home).start()
        assert (again.pid, again.port, again.started_now) == (first.pid, first.port, False)
        status = broker.status()
        assert status is not None
        assert status.address == first.address
        with pytest.raises(EmbeddedError, match=f"runs on port {first.port}, not 1; stop it first"):
            broker.start(1)
        with running_kafka(broker.home) as address:
            assert address == first.address
        assert answers(first.port)  # it was not theirs to stop
        assert broker.stop() is True
        assert broker.stop() is False
        assert not alive(first.pid)
        second = broker.start()
        assert second.port == first.port  # clients find it where it was
        assert "kept" in topics(second.address)
    finally:
        broker.stop()
    assert port_is_free(first.port)


def test_it_is_stopped_when_its_owner_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom streams.embedded.kafka import running_kafka\n"
        "with running_kafka(Path(sys.argv[1]), 0) as address:\n    print(address, flush=True)\n    time.sleep(600)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    with owner, owner.stdout:
        assert owner.stdout.readline().startswith("127.0.0.1:")
        pid = json.loads((tmp_path / "broker.json").read_text())["pid"]
        assert alive(pid, "kafka.Kafka")
        owner.send_signal(signal.SIGKILL)
    assert comes_true(lambda: not alive(pid, "kafka.Kafka"))
    assert comes_true(lambda: KafkaBroker(tmp_path).status() is None)


def test_a_dead_broker_is_not_taken_for_a_running_one(tmp_path: Path) -> None:
    (tmp_path / "broker.json").write_text(json.dumps({"pid": os.getpid(), "port": 9092}))
    assert KafkaBroker(tmp_path).status() is None
    assert KafkaBroker(tmp_path).stop() is False
    (tmp_path / "broker.json").write_text("no json")
    assert KafkaBroker(tmp_path).status() is None


def test_a_port_that_must_be_had_is_refused_when_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EmbeddedError, match=f"port {port} is taken"):
            KafkaBroker(tmp_path).start(port)


def test_a_free_port_is_taken_where_the_usual_one_is_not_free(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(kafka, "DEFAULT_PORT", taken.getsockname()[1])
        with running_kafka(tmp_path) as address:
            assert address != f"127.0.0.1:{taken.getsockname()[1]}"
            assert topics(address) == set()


def test_a_home_that_cannot_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(EmbeddedError, match=r"cannot keep Kafka's data in .*: Not a directory"):
        KafkaBroker(tmp_path / "file" / "kafka").start(0)


def test_damaged_data_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "meta.properties").write_text("version=9\n")
    with pytest.raises(EmbeddedError, match=r"Kafka ended while it was starting: .*meta\.properties.*kafka\.log"):
        KafkaBroker(tmp_path).start(0)
    assert KafkaBroker(tmp_path).status() is None


def test_a_port_that_says_something_else_is_no_broker() -> None:
    assert not answers(free_port())


def test_jars_are_not_fetched_again(monkeypatch: pytest.MonkeyPatch) -> None:
    paths = download.jar_paths()
    monkeypatch.setattr(download, "_fetch_all", None)  # calling it would fail
    assert download.jar_paths() == paths
    assert len(paths) == len(JARS) == len(set(paths))
    assert all(path.is_file() for path in paths)


def test_a_download_that_fails_is_one_clear_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("M2_REPO", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(download, "TRIES", 1)
    with pytest.raises(EmbeddedError, match=r"cannot download Apache Kafka [0-9.]+ .*check the network or proxy"):
        download.jar_paths()


def test_a_jar_cut_short_is_told_from_a_whole_one(tmp_path: Path) -> None:
    jar = Jar("g", "n", "1", 3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    path = tmp_path / "n-1.jar"
    path.write_bytes(b"abc")
    download._check(path, jar)
    path.write_bytes(b"abd")
    with pytest.raises(RuntimeError, match=r"n-1\.jar is not the file that was published"):
        download._check(path, jar)
