"""The ``kafka.*`` settings, which have librdkafka's names, for each of the Kafka clients in the worker."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streams.settings import Settings

if TYPE_CHECKING:
    import faust

Config = dict[str, Any]


def librdkafka_config(settings: Settings, **more: str | int | bool) -> Config:
    """Configuration of a confluent-kafka client; underscores in the names of ``more`` stand for dots."""
    given = {name.replace("_", "."): value for name, value in more.items()}
    return {"bootstrap.servers": settings.broker, **settings.kafka, **given}


#: kafka-python's names
_KAFKA_PYTHON = {
    "security.protocol": "security_protocol",
    "sasl.mechanism": "sasl_mechanism",
    "sasl.username": "sasl_plain_username",
    "sasl.password": "sasl_plain_password",
    "ssl.ca.location": "ssl_cafile",
    "ssl.certificate.location": "ssl_certfile",
    "ssl.key.location": "ssl_keyfile",
    "ssl.key.password": "ssl_password",
}


def kafka_python_config(kafka: Mapping[str, str]) -> Config:
    """The same as kafka-python wants it."""
    return {_KAFKA_PYTHON[name]: value for name, value in kafka.items()}


def faust_credentials(kafka: Mapping[str, str]) -> faust.SASLCredentials | faust.SSLCredentials | None:
    """The same as Faust wants it; None for a broker without TLS and SASL."""
    import faust  # here, as it takes a second, and the commands' clients do without

    protocol = kafka.get("security.protocol", "PLAINTEXT")
    context = _tls(kafka) if protocol.endswith("SSL") else None
    if protocol.startswith("SASL"):
        return faust.SASLCredentials(
            username=kafka.get("sasl.username"),
            password=kafka.get("sasl.password"),
            mechanism=kafka.get("sasl.mechanism", "PLAIN"),
            ssl_context=context,
        )
    return faust.SSLCredentials(context) if context else None


def _tls(kafka: Mapping[str, str]) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=kafka.get("ssl.ca.location"))
    if "ssl.certificate.location" in kafka:
        context.load_cert_chain(
            kafka["ssl.certificate.location"], kafka.get("ssl.key.location"), kafka.get("ssl.key.password")
        )
    return context
