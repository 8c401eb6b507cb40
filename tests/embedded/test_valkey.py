"""The embedded Valkey: speaks Redis' protocol, keeps its data, and says when its port is taken."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from redis import Redis

from streams.embedded.processes import alive
from streams.embedded.valkey import running_valkey
from streams.errors import EmbeddedError


def test_data_survives_a_restart(tmp_path: Path) -> None:
    for before, value in ((None, b"1"), (b"1", b"2")):
        with running_valkey(tmp_path / "valkey", 0) as url, Redis.from_url(url) as client:
            assert client.get("key") == before
            client.set("key", value)


def test_it_is_stopped_when_its_owner_is_killed(tmp_path: Path) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\nfrom streams.embedded.valkey import running_valkey\n"
        "with running_valkey(Path(sys.argv[1]), 0) as url:\n    print(url, flush=True)\n    time.sleep(600)\n"
    )
    owner = subprocess.Popen([sys.executable, "-c", program, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert owner.stdout is not None
    with owner, owner.stdout:
        assert owner.stdout.readline().startswith("redis://")
        pid = int((tmp_path / "valkey.pid").read_text())
        assert alive(pid, "valkey-server")
        owner.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while alive(pid, "valkey-server") and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(pid, "valkey-server")


def test_a_port_that_must_be_had_is_refused_when_taken(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EmbeddedError, match=f"port {port} is taken"), running_valkey(tmp_path, port):
            pass


def test_the_session_has_one(valkey: str) -> None:
    with Redis.from_url(valkey) as client:
        assert client.ping()
