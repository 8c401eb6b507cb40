"""A broker of its own for each proof, a worker's settings, and events loaded into its topics."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from streams.clients.load import Load
from streams.clients.routes import Routes
from streams.clients.sender import Sender
from streams.clients.settings_file import one_topic, write_settings
from streams.clients.topics import prepare
from streams.embedded.kafka import KafkaBroker, running_broker
from streams.errors import MicrosegError
from streams.settings import Settings, load_settings


class ProofError(MicrosegError):
    """The proof could not be carried out, or what it was to show does not hold."""

    exit_code = 1


@dataclass(frozen=True, slots=True)
class Ground:
    """A directory with a settings file, and the settings in it; the broker of them runs and has the topics."""

    home: Path
    config: Path
    settings: Settings
    partitions: int
    broker: KafkaBroker
    given: Mapping[str, str | int]


@contextmanager
def fresh_ground(rules: Path, topic: str | None = None, **settings: str | int) -> Iterator[Ground]:
    """A ground in a temporary directory, with an embedded broker of its own; the worker's time is that of its events.

    ``topic`` is one input topic for all events; None: the four of the defaults. ``settings`` go before those of a
    proof.
    """
    with tempfile.TemporaryDirectory(prefix="microseg-proof-") as name:
        home = Path(name)
        broker = KafkaBroker(home / "kafka")
        with running_broker(broker, 0) as running:
            yield _ground(broker, rules, topic, {"broker": running.address, **settings})


def _ground(broker: KafkaBroker, rules: Path, topic: str | None, more: Mapping[str, str | int]) -> Ground:
    home = broker.home.parent
    given = {
        "application": "proof",
        "worker": "proof",
        "clock": "event",
        "rules": str(rules.resolve()),
        "data_dir": str(home / "data"),
        "http": "",
        "log": "text",
        **(one_topic(topic) if topic else {}),
        **more,
    }
    config = write_settings(home / "microseg.toml", given)
    settings = load_settings(config, {})
    return Ground(home, config, settings, prepare(settings), broker, given)


def another(ground: Ground, name: str, **settings: str | int) -> Ground:
    """A ground on the same broker, in a directory of its own, whose worker has this name and some other settings."""
    home = ground.home / name
    home.mkdir(exist_ok=True)
    given = {**ground.given, "worker": name, "data_dir": str(home / "data"), **settings}
    config = write_settings(home / "microseg.toml", given)
    read = load_settings(config, {})
    return Ground(home, config, read, prepare(read), ground.broker, given)


def load_lines(ground: Ground, lines: Iterable[bytes], seconds: float = 0.0, of: int = 0) -> None:
    """Sends events; with ``seconds`` the ``of`` lines are spread over so much time.

    Raises:
        ProofError: a line is refused.
    """
    with Sender(ground.settings) as sender:
        load = Load(sender, Routes(ground.settings))
        load.file("events", _paced(lines, seconds / of, sender) if of else lines)
    if load.refusals:
        raise ProofError(
            f"{load.refusals} events are refused, the first in line {load.refused[0].line}: {load.refused[0].reason}"
        )


def _paced(lines: Iterable[bytes], gap_s: float, sender: Sender) -> Iterator[bytes]:
    started = time.monotonic()
    for number, line in enumerate(lines):
        early_s = started + number * gap_s - time.monotonic()
        if early_s > 0.01:
            sender.serve()
            time.sleep(early_s)
        yield line
