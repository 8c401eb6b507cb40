"""The ``kafka.*`` settings reach both clients, and errors are told in words."""

from __future__ import annotations

import ssl

import faust
import pytest
from confluent_kafka import KafkaError, KafkaException

from streams.settings import Settings
from streams.worker.errors import explained
from streams.worker.security import faust_credentials, librdkafka_config

SASL = {"security.protocol": "SASL_SSL", "sasl.mechanism": "SCRAM-SHA-256", "sasl.username": "u", "sasl.password": "p"}


def test_librdkafka_gets_them_as_they_are() -> None:
    config = librdkafka_config(Settings(broker="a:1,b:2", kafka=SASL), linger_ms=5)
    assert config == {"bootstrap.servers": "a:1,b:2", **SASL, "linger.ms": 5}


def test_faust_without_security() -> None:
    assert faust_credentials({}) is None


def test_faust_with_a_password_over_tls() -> None:
    credentials = faust_credentials(SASL)
    assert isinstance(credentials, faust.SASLCredentials)
    assert (credentials.username, credentials.password) == ("u", "p")
    assert str(getattr(credentials.mechanism, "value", credentials.mechanism)) == "SCRAM-SHA-256"
    assert isinstance(credentials.ssl_context, ssl.SSLContext)


def test_faust_with_tls_alone() -> None:
    credentials = faust_credentials({"security.protocol": "SSL"})
    assert isinstance(credentials, faust.SSLCredentials)
    assert credentials.context.verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (KafkaError._FENCED, "partition 3 was taken over by another worker; this one stops"),
        (KafkaError._TIMED_OUT, "the broker did not answer while partition 3 was being written"),
        (KafkaError.MSG_SIZE_TOO_LARGE, "partition 3 could not be written: "),
    ],
)
def test_a_failed_transaction_is_explained(code: int, words: str) -> None:
    assert str(explained(3, KafkaException(KafkaError(code)))).startswith(words)
