"""The snippets of the documents run as they are written."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.clients.settings_file import plain_environment
from streams.embedded.kafka import running_kafka
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


@pytest.mark.parametrize("document", ["README.md", "docs/sinks.md"])
def test_a_subscriber_in_ten_lines(document: str, broker: str) -> None:
    (code,) = SNIPPET.findall((ROOT / document).read_text())
    assert len(code.strip().splitlines()) <= 10
    assert "127.0.0.1:9092" in code
    code = code.replace("127.0.0.1:9092", broker).replace("newsletter", document)
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
