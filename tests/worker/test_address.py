"""Who reaches a worker's pages: by default this machine alone, and others not without a warning."""

from __future__ import annotations

import logging

import pytest

from streams.settings import Settings
from streams.worker.web.address import check_address, is_loopback
from tests.worker.ports import free_port


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "[::1]", "::1", "localhost", "LocalHost"])
def test_only_this_machine(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "[::]", "10.0.0.7", "shop.example", "localhost.example", "128.0.0.1"])
def test_others_too(host: str) -> None:
    assert not is_loopback(host)


def test_the_default_is_this_machine() -> None:
    http = Settings().http
    assert http is not None
    assert is_loopback(http[0])


@pytest.mark.parametrize(("host", "warned"), [("127.0.0.1", False), ("0.0.0.0", True)])
def test_the_warning(host: str, warned: bool, caplog: pytest.LogCaptureFixture) -> None:
    check_address((host, free_port()))
    check_address(None)
    said = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert [record.getMessage().startswith("/health and /metrics are open to") for record in said] == [True] * warned
