"""The settings of microseg: one TOML file, each value overridden by an environment variable.

``load_settings`` reads ``microseg.toml`` of the working directory (or the file it is given) and the variables
``MICROSEG_*``, checks every name and value, and refuses what it does not know. Paths are relative to the working
directory.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from streams import settings_content as of_content
from streams import settings_discovery as of_discovery
from streams import settings_topics as topics_of
from streams import settings_values as values
from streams.engine.api import DAY_MS, Policy
from streams.errors import SettingsError
from streams.events.rates import Rates
from streams.events.traffic import ONLY_SAID, Traffic
from streams.settings_content import ContentSettings
from streams.settings_discovery import Discovery
from streams.settings_rates import read_rates
from streams.settings_sinks import Sink, is_sink, names_of, read_sinks
from streams.settings_source import DEFAULT_FILE, Given, from_environment, from_file, nearest
from streams.settings_topics import ForeignTopic, Topics


@dataclass(frozen=True, slots=True)
class Settings:
    """What can be set, with the defaults; what ends in ``_ms`` is in milliseconds and set as a duration (``5m``).

    ``kafka`` has the names and values of ``kafka.*`` as librdkafka spells them; ``http`` is host and port, or None for
    no web server; ``log`` is text or json, or None for what fits where standard error goes. ``topics`` are what workers
    read, ``foreign`` what ingest translates into them. ``conversion_days``: for how long a message may claim an order.
    """

    broker: str = "127.0.0.1:9092"
    application: str = "microseg"
    partitions: int = 4
    rules: Path = Path("segment_rules")
    clock: str = "wall"
    timezone: str = "UTC"
    currency: str | None = None
    rates: Path | None = None
    categories: Path | None = None
    retention_ms: int = 730 * DAY_MS
    max_facts: int = 20_000
    max_clock_skew_ms: int = 300_000
    late_after_ms: int = 3_600_000
    store: str = "memory"
    data_dir: Path = Path(".microseg")
    cache_customers: int = 100_000
    worker: str = field(default_factory=socket.gethostname)
    http: tuple[str, int] | None = ("127.0.0.1", 6066)
    checkpoint_every_ms: int = 500
    broker_wait_ms: int = 60_000
    stall_after_ms: int = 60_000
    log: str | None = None
    redis: str | None = None
    dashboard_token: str | None = None
    conversion_days: int = 5
    topics: Topics = field(default_factory=Topics)
    foreign: tuple[ForeignTopic, ...] = ()
    kafka: Mapping[str, str] = field(default_factory=dict)
    webhooks: Mapping[str, values.Secret] = field(default_factory=dict)
    traffic: Traffic = ONLY_SAID
    sinks: Mapping[str, Sink] = field(default_factory=dict)
    discovery: Discovery = field(default_factory=Discovery)
    content: ContentSettings = field(default_factory=ContentSettings)

    def policy(self) -> Policy:
        """The part of the settings that decides what is true; it is all that the core gets to see."""
        return Policy(
            clock=self.clock,
            retention_ms=self.retention_ms,
            max_facts=self.max_facts,
            max_clock_skew_ms=self.max_clock_skew_ms,
            late_after_ms=self.late_after_ms,
            timezone=self.timezone,
            rates=self.money(),
            traffic=self.traffic,
            identity=self.identity if self.store == "memory" else "",  # rows on the disk do not merge yet
        )

    def money(self) -> Rates:
        """The shop's currency and the rates of others, read from their file; raises SettingsError."""
        return read_rates(self.currency, self.rates, self.timezone)

    def secrets(self) -> tuple[str, ...]:
        """What no line that anybody says may show."""
        said = (*self.kafka.values(), *self.webhooks.values(), self.redis, self.dashboard_token)
        plain = tuple(str(value) for value in said if isinstance(value, values.Secret))
        return plain + tuple(secret for sink in self.sinks.values() for secret in sink.secrets())

    @property
    def changelog(self) -> str:
        """The topic that keeps the rows."""
        return f"{self.application}-rows-changelog"

    @property
    def identity(self) -> str:
        """The topic by which partitions tell each other of merges."""
        return f"{self.application}-identity"

    @property
    def outcomes(self) -> str:
        """The topic of what mail has come to (``streams.trials.totals``)."""
        return f"{self.application}-outcomes"

    @property
    def rounds(self) -> str:
        """The topic by which rounds of discovery take turns, and tell of the last one."""
        return f"{self.application}-discovery"

    @property
    def recommendations(self) -> str:
        """The topic that has the newest list of products of each customer and segment."""
        return f"{self.application}-recommendations"


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
    "categories": ("categories", values.path),
    "retention": ("retention_ms", values.duration),
    "max_facts": ("max_facts", values.whole(1, 100_000_000)),
    "max_clock_skew": ("max_clock_skew_ms", values.duration),
    "late_after": ("late_after_ms", values.duration),
    "store": ("store", values.choice("memory", "rocksdb")),
    "data_dir": ("data_dir", values.path),
    "cache_customers": ("cache_customers", values.whole(1, 1_000_000_000)),
    "worker": ("worker", values.name),
    "http": ("http", values.optional_address),
    "checkpoint_every": ("checkpoint_every_ms", values.duration),
    "broker_wait": ("broker_wait_ms", values.duration),
    "stall_after": ("stall_after_ms", values.duration),
    "log": ("log", values.choice("text", "json")),
    "redis": ("redis", values.redis_url),
    "dashboard.token": ("dashboard_token", values.token),
    "trials.conversion_days": ("conversion_days", values.whole(1, 90)),
}
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
#: what is taken for a machine's where the event does not say so
MACHINE: dict[str, values.Reader] = {"views": values.rate, "links_within": values.duration}
#: what the front door of ingest lets in by: Shopify's key for signatures, and the write key of Segment-style calls
WEBHOOKS = ("shopify_secret", "write_key")
READERS: dict[str, values.Reader] = {
    **{name: reader for name, (_, reader) in PLAIN.items()},
    **topics_of.READERS,
    **{f"machine.{name}": reader for name, reader in MACHINE.items()},
    **of_discovery.READERS,
    **of_content.READERS,
    **{f"kafka.{name}": reader for name, reader in KAFKA.items()},
    **{f"webhooks.{name}": values.secret for name in WEBHOOKS},
}
SHORT = topics_of.SHORT


def load_settings(config: Path | None, environ: Mapping[str, str]) -> Settings:
    """The settings of a file and the environment.

    Args:
        config: the file that must be read; None for ``microseg.toml`` of the working directory, if there is one.
        environ: the environment; of its variables only those that begin with ``MICROSEG_`` count.

    Raises:
        SettingsError: the file cannot be read, or there is an unknown name or a bad value; all of them at once.
    """
    known = [*READERS, *SHORT]
    given = [*from_file(config or Path(DEFAULT_FILE), must_exist=config is not None)]
    given += from_environment(environ, [*known, *names_of(given)])
    errors: list[str] = []
    read: dict[str, Any] = {}
    for one in given:
        if not is_sink(one):
            _read(one, read, errors)
    sinks = read_sinks([one for one in given if is_sink(one)], errors)
    if errors:
        raise SettingsError(errors)
    return replace(_settings(read), sinks=sinks)


def _read(one: Given, read: dict[str, Any], errors: list[str]) -> None:
    name: str | None = SHORT.get(one.name, one.name)
    if name not in READERS:
        name = topics_of.own_topic(one.name)
    if name is None:
        errors.append(f"{one.place}: {_unknown(one)}")
        return
    try:
        read[name] = (READERS.get(name) or topics_of.reader_of(name))(one.value)
    except ValueError as error:
        errors.append(f"{one.place}: {one.shown} {error}")


def _unknown(one: Given) -> str:
    return f"unknown setting {one.shown}{nearest(one.name, [*READERS, *SHORT], one.spell)}"


def _settings(read: Mapping[str, Any]) -> Settings:
    plain = {attribute: read[name] for name, (attribute, _) in PLAIN.items() if name in read}
    application = plain.get("application", Settings().application)
    if errors := list(topics_of.faults(read, application)):
        raise SettingsError(errors)
    topics = topics_of.native_topics(read, application)
    webhooks = {name: read[f"webhooks.{name}"] for name in WEBHOOKS if f"webhooks.{name}" in read}
    foreign = topics_of.foreign_topics(read)
    views, views_ms = read.get("machine.views", (0, 0))
    traffic = Traffic(views, views_ms, read.get("machine.links_within", 0))
    discovery = of_discovery.discovery_of(read)
    content = of_content.content_of(read)
    return Settings(
        **plain,
        topics=topics,
        foreign=foreign,
        kafka=_kafka(read),
        webhooks=webhooks,
        traffic=traffic,
        discovery=discovery,
        content=content,
    )


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
