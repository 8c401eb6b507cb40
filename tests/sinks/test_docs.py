"""The snippets of the documents run as they are written."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from streams.clients.settings_file import plain_environment
from streams.embedded.kafka import running_kafka
from streams.settings import load_settings
from streams.sinks.delivery.http import Request
from streams.sinks.platforms.webhook import Webhook
from streams.worker.clock import WallClock
from tests.sinks.shelf import Course, publish, settings_for

ROOT = Path(__file__).parents[2]
SNIPPET = re.compile(r"```python\n(from streams\.sinks\.subscriber.*?)```", re.DOTALL)


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    home = tmp_path_factory.mktemp("docs")
    with running_kafka(home / "kafka", 0) as address:
        settings_for(address, home)
        publish(address, [Course("ana").to("lapsing")])
        yield address


def test_a_subscriber_in_ten_lines(broker: str) -> None:
    (code,) = SNIPPET.findall((ROOT / "docs/sinks.md").read_text())
    assert len(code.strip().splitlines()) <= 10
    assert "127.0.0.1:9092" in code
    code = code.replace("127.0.0.1:9092", broker)
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code], stdout=subprocess.PIPE, text=True, env=plain_environment()
    )
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "mail ana about lapsing\n"
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


def test_the_signature_of_a_webhook_is_looked_at_as_written() -> None:
    (code,) = re.findall(r"```python\n(import hashlib.*?)```", (ROOT / "docs/sinks.md").read_text(), re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    is_genuine = names["is_genuine"]
    hook, now_ms = Webhook("crm", lambda: "key", 10), WallClock().now_ms()
    request = Request("POST", "", b'{"records":[]}', key="k")

    def headers(at_ms: int) -> dict[str, str]:
        return {name.title(): value for name, value in hook.headers(request, at_ms).items()}

    assert is_genuine(headers(now_ms), request.body, "key")
    assert not is_genuine(headers(now_ms), request.body, "other")
    assert not is_genuine(headers(now_ms), b"{}", "key")
    assert not is_genuine(headers(now_ms - 600_000), request.body, "key")
    late = headers(now_ms - 600_000) | {"Microseg-Timestamp": str(now_ms // 1000)}
    assert not is_genuine(late, request.body, "key")


def test_the_settings_of_sinks_are_read_as_written(tmp_path: Path) -> None:
    (toml,) = re.findall(r"```toml\n(.*?)```", (ROOT / "docs/sinks.md").read_text(), re.DOTALL)
    (tmp_path / "m.toml").write_text(toml)
    assert {name: sink.kind for name, sink in load_settings(tmp_path / "m.toml", {}).sinks.items()} == {
        "mail": "klaviyo",
        "crm": "webhook",
    }
