"""A secret that is set gets to Kafka's clients and into no line that anybody reads."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.cli import main
from streams.errors import SettingsError
from streams.settings import READERS, load_settings
from streams.settings_values import Secret
from streams.worker.logs import Voice, log
from streams.worker.security import faust_credentials, librdkafka_config

#: with what is quoted in JSON and by Python, and in no other word
CANARY = "can'ary\"\\of-the-mine-7f3a"
MARK = "7f3a"
SECRETS = (
    "dashboard.token",
    *("kafka.sasl.password", "kafka.ssl.key.password"),
    *("webhooks.shopify_secret", "webhooks.write_key"),
)
EVENT = '{"type":"view","id":"e","user":"ana","at":1767225600000,"product":"p"}\n'


@pytest.fixture
def config(tmp_path: Path, kafka: str) -> Path:
    """Settings with every secret, for a broker that does not know them; beside them rules and events."""
    (tmp_path / "rules" / "active").mkdir(parents=True)
    (tmp_path / "rules" / "active" / "seen.yaml").write_text("title: T\nwhen: {count: views, at_least: 1}\n")
    (tmp_path / "events.jsonl").write_text(EVENT)
    settings = {
        "broker": kafka,
        "broker_wait": "1s",
        "http": "",
        "rules": str(tmp_path / "rules"),
        "data_dir": str(tmp_path / "data"),
        "kafka.security.protocol": "SASL_PLAINTEXT",
        "kafka.sasl.username": "shop",
        **dict.fromkeys(SECRETS, CANARY),
    }
    file = tmp_path / "microseg.toml"
    file.write_text("".join(f"{name} = {json.dumps(value)}\n" for name, value in settings.items()))
    return file


def test_what_sounds_like_a_secret_is_read_as_one() -> None:
    """Who adds a setting for a password, a token or a key adds it here, too, if it is none."""
    words = ("password", "secret", "token", "credential", "api_key", "write_key")
    assert tuple(name for name in READERS if any(word in name for word in words)) == SECRETS


def test_settings_do_not_show_it(config: Path) -> None:
    settings = load_settings(config, {})
    assert settings.kafka["sasl.password"] == CANARY
    assert settings.secrets() == (CANARY,) * len(SECRETS)
    for shown in (repr(settings), str(settings), f"{settings.kafka}", repr(librdkafka_config(settings))):
        assert MARK not in shown
    assert MARK not in repr(faust_credentials(settings.kafka))


@pytest.mark.parametrize("name", SECRETS)
@pytest.mark.parametrize("value", ["70007", "[70007]", "{a = 70007}", "'' # 70007", '"70007'])
def test_a_wrong_one_is_refused_unseen(tmp_path: Path, name: str, value: str) -> None:
    file = tmp_path / "microseg.toml"
    file.write_text(f"{name} = {value}\n")
    with pytest.raises(SettingsError) as raised:
        load_settings(file, {})
    assert "70007" not in str(raised.value)


COMMANDS = {
    "load": ["load", "{tmp}/events.jsonl"],
    "subscribe": ["subscribe", "--json"],
    "plan": ["plan", "{tmp}/rules", "--wait", "1"],
    "explain": ["explain", "ana", "--wait", "1", "--json"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_says_it(config: Path, command: str, capfd: pytest.CaptureFixture[str]) -> None:
    words = [word.format(tmp=config.parent) for word in COMMANDS[command]]
    assert main([*words, "--config", str(config)]) == 2
    said = "".join(capfd.readouterr())
    assert "did not answer within 1 s" in said
    assert MARK not in said


@pytest.mark.parametrize("log", [None, "json"])
def test_no_worker_says_it(config: Path, log: str | None) -> None:
    """Why it ends is text also in a pipe, unless JSON was asked for."""
    command = [sys.executable, "-m", "streams.cli", "run", "--config", str(config)]
    environ = {**os.environ, **({"MICROSEG_LOG": log} if log else {})}
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False, env=environ)
    assert done.returncode == 2
    assert "did not answer within 1 s" in done.stderr
    assert MARK not in done.stdout + done.stderr
    end = done.stderr.splitlines()[-1]
    if log is None:
        assert end.startswith("microseg: ")
        return
    last = json.loads(end)
    assert (last["event"], last["level"], last["exit_code"]) == ("stopped", "error", 2)


@pytest.fixture
def voice() -> Iterator[tuple[Voice, io.StringIO]]:
    """A voice that hides the canary, and what it says."""
    said, made = io.StringIO(), Voice("text", (Secret(CANARY), "ab"))
    made.setStream(said)
    before = list(log.handlers)
    log.handlers[:] = [made]
    yield made, said
    log.handlers[:] = before


@pytest.mark.parametrize("as_json", [False, True])
def test_what_a_library_lets_slip_is_hidden(voice: tuple[Voice, io.StringIO], as_json: bool) -> None:
    made, said = voice
    made.as_json = as_json
    error = ValueError(f"cannot log in with {CANARY!r}, {json.dumps(CANARY)}")
    log.error("it failed: %s, abc", error, exc_info=error, extra={"more": {"detail": [CANARY]}})
    assert MARK not in said.getvalue()
    assert "***" in said.getvalue()
    assert "abc" in said.getvalue()
    assert made.trouble is not None
    assert MARK not in made.trouble.message
    assert made.lines["error"] == 1


def test_a_line_is_json_whatever_it_says(voice: tuple[Voice, io.StringIO], monkeypatch: pytest.MonkeyPatch) -> None:
    made, said = voice
    made.as_json = True
    monkeypatch.setattr(log, "propagate", False)  # tests that run side by side cannot be told of half a character
    log.warning("odd: %s", "\ud800 \n \0", extra={"event": "odd", "more": {"at_all": object(), 1: b"x"}})
    (line,) = said.getvalue().splitlines()
    assert json.loads(line).items() >= {"event": "odd", "level": "warning"}.items()
