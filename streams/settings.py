"""The settings of microseg: one TOML file, each value overridden by an environment variable.

``load_settings`` reads ``microseg.toml`` of the working directory (or the file it is given) and the variables
``MICROSEG_*``, checks every name and value, and refuses what it does not know. Paths are relative to the working
directory.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from streams import settings_values as values
from streams.dialects.names import DIALECTS, NATIVE
from streams.engine.api import DAY_MS, Policy
from streams.errors import SettingsError
from streams.settings_source import DEFAULT_FILE, Given, from_environment, from_file, nearest

LATER = ("sinks", "discovery", "trials", "content")


class Topic(NamedTuple):
    """An input topic: its name in Kafka and the dialect of its events."""

    name: str
    dialect: str = NATIVE


class Topics(NamedTuple):
    """The four input topics; several of them may be one topic of the same name."""

    views: Topic = Topic("views")
    purchases: Topic = Topic("purchases")
    emails: Topic = Topic("emails")
    profiles: Topic = Topic("profiles")

    def names(self) -> tuple[str, ...]:
        """The names of the input topics, each once, in the order above."""
        return tuple(dict.fromkeys(topic.name for topic in self))


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set, with the defaults; what ends in ``_ms`` is in milliseconds and set as a duration (``5m``).

    ``kafka`` has the names and values of ``kafka.*`` as librdkafka spells them; ``http`` is host and port, or None for
    no web server; ``log`` is text or json, or None for what fits where standard error goes.
    """

    broker: str = "127.0.0.1:9092"
    application: str = "microseg"
    partitions: int = 4
    rules: Path = Path("segment_rules")
    clock: str = "wall"
    timezone: str = "UTC"
    currency: str | None = None
    rates: Path | None = None
    retention_ms: int = 730 * DAY_MS
    max_facts: int = 20_000
    max_clock_skew_ms: int = 300_000
    late_after_ms: int = 3_600_000
    store: str = "memory"
    data_dir: Path = Path(".microseg")
    worker: str = field(default_factory=socket.gethostname)
    http: tuple[str, int] | None = ("127.0.0.1", 6066)
    checkpoint_every_ms: int = 500
    broker_wait_ms: int = 60_000
    stall_after_ms: int = 60_000
    log: str | None = None
    redis: str | None = None
    topics: Topics = field(default_factory=Topics)
    kafka: Mapping[str, str] = field(default_factory=dict)

    def policy(self) -> Policy:
        """The part of the settings that decides what is true; it is all that the core gets to see."""
        return Policy(
            clock=self.clock,
            retention_ms=self.retention_ms,
            max_facts=self.max_facts,
            max_clock_skew_ms=self.max_clock_skew_ms,
            late_after_ms=self.late_after_ms,
            timezone=self.timezone,
            identity=self.identity,
        )

    def secrets(self) -> tuple[str, ...]:
        """What no line that anybody says may show."""
        said = [*self.kafka.values(), self.redis]
        return tuple(str(value) for value in said if isinstance(value, values.Secret))

    @property
    def changelog(self) -> str:
        """The topic that keeps the rows."""
        return f"{self.application}-rows-changelog"

    @property
    def identity(self) -> str:
        """The topic by which partitions tell each other of merges."""
        return f"{self.application}-identity"


# setting -> (field of Settings, how its value is read)
PLAIN: dict[str, tuple[str, values.Reader]] = {
    "broker": ("broker", values.addresses),
    "application": ("application", values.name),
    "partitions": ("partitions", values.whole(1, 10_000)),
    "rules": ("rules", values.path),
    "clock": ("clock", values.choice("wall", "event")),
    "timezone": ("timezone", values.timezone),
    "currency": ("currency", values.currency),
    "rates": ("rates", values.path),
    "retention": ("retention_ms", values.duration),
    "max_facts": ("max_facts", values.whole(1, 100_000_000)),
    "max_clock_skew": ("max_clock_skew_ms", values.duration),
    "late_after": ("late_after_ms", values.duration),
    "store": ("store", values.choice("memory")),
    "data_dir": ("data_dir", values.path),
    "worker": ("worker", values.name),
    "http": ("http", values.optional_address),
    "checkpoint_every": ("checkpoint_every_ms", values.duration),
    "broker_wait": ("broker_wait_ms", values.duration),
    "stall_after": ("stall_after_ms", values.duration),
    "log": ("log", values.choice("text", "json")),
    "redis": ("redis", values.redis_url),
}
TOPIC_PARTS: dict[str, values.Reader] = {"name": values.name, "dialect": values.choice(*DIALECTS)}
KAFKA: dict[str, values.Reader] = {
    "security.protocol": values.choice("PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"),
    "sasl.mechanism": values.choice("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"),
    "sasl.username": values.text,
    "sasl.password": values.secret,
    "ssl.ca.location": values.file,
    "ssl.certificate.location": values.file,
    "ssl.key.location": values.file,
    "ssl.key.password": values.secret,
}
READERS: dict[str, values.Reader] = {
    **{name: reader for name, (_, reader) in PLAIN.items()},
    **{f"topics.{topic}.{part}": reader for topic in Topics._fields for part, reader in TOPIC_PARTS.items()},
    **{f"kafka.{name}": reader for name, reader in KAFKA.items()},
}
SHORT = {f"topics.{topic}": f"topics.{topic}.name" for topic in Topics._fields}


def load_settings(config: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of a file and the environment.

    Args:
        config: the file that must be read; None for ``microseg.toml`` of the working directory, if there is one.
        environ: the environment; of its variables only those that begin with ``MICROSEG_`` count.

    Raises:
        SettingsError: the file cannot be read, or there is an unknown name or a bad value; all of them at once.
    """
    known = [*READERS, *SHORT]
    given = [*from_file(config or Path(DEFAULT_FILE), must_exist=config is not None), *from_environment(environ, known)]
    errors: list[str] = []
    read: dict[str, Any] = {}
    for one in given:
        _read(one, read, errors)
    if errors:
        raise SettingsError(errors)
    return _settings(read)


def _read(one: Given, read: dict[str, Any], errors: list[str]) -> None:
    name = SHORT.get(one.name, one.name)
    if name not in READERS:
        errors.append(f"{one.place}: {_unknown(one)}")
        return
    try:
        read[name] = READERS[name](one.value)
    except ValueError as error:
        errors.append(f"{one.place}: {one.shown} {error}")


def _unknown(one: Given) -> str:
    if one.name.split(".")[0] in LATER:
        return f"{one.shown} belongs to a part that this version does not have yet"
    return f"unknown setting {one.shown}{nearest(one.name, [*READERS, *SHORT], one.spell)}"


def _settings(read: Mapping[str, Any]) -> Settings:
    plain = {attribute: read[name] for name, (attribute, _) in PLAIN.items() if name in read}
    topics = Topics(**{topic: _topic(topic, read) for topic in Topics._fields})
    _speak_one_dialect(topics)
    return Settings(**plain, topics=topics, kafka=_kafka(read))


def _kafka(read: Mapping[str, Any]) -> dict[str, str]:
    """The security settings, with what SASL cannot do without; the clients' own defaults of the mechanism differ."""
    kafka: dict[str, str] = {name: read[f"kafka.{name}"] for name in KAFKA if f"kafka.{name}" in read}
    if kafka.get("security.protocol", "").startswith("SASL"):
        kafka.setdefault("sasl.mechanism", "PLAIN")
        lacking = [f"kafka.{name}" for name in ("sasl.username", "sasl.password") if name not in kafka]
        if lacking:
            raise SettingsError(
                [f"kafka.security.protocol is {kafka['security.protocol']}, which needs {' and '.join(lacking)}"]
            )
    return kafka


def _topic(topic: str, read: Mapping[str, Any]) -> Topic:
    return Topic(read.get(f"topics.{topic}.name", topic), read.get(f"topics.{topic}.dialect", NATIVE))


def _speak_one_dialect(topics: Topics) -> None:
    """Inputs that are one topic must agree on its dialect."""
    of: dict[str, Topic] = {}
    for topic in topics:
        other = of.setdefault(topic.name, topic)
        if other.dialect != topic.dialect:
            two = f"{other.dialect} and {topic.dialect}"
            raise SettingsError([f"the topic {topic.name} is given two dialects, {two}; name it auto in both"])
