"""The front door: help that comes at once, errors of one line, exit codes, quiet ends."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams import cli

GOOD_RULE = """\
title: Browsed, never bought
when:
  all:
    - {count: views, last: 90d, more_than: 5}
    - {count: purchases, exactly: 0}
"""


def microseg(*words: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "streams.cli", *words],
        capture_output=True,
        text=True,
        env={**os.environ, **environ},
        check=False,
        timeout=60,
    )


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A rule folder with one good rule."""
    (tmp_path / "rules" / "active").mkdir(parents=True)
    (tmp_path / "rules" / "active" / "window-shopper.yaml").write_text(GOOD_RULE)
    return tmp_path / "rules"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """A home for a broker that is stopped after the test."""
    yield tmp_path / "kafka"
    microseg("kafka", "stop", "--dir", str(tmp_path / "kafka"))


def test_help_names_every_command() -> None:
    done = microseg("--help")
    assert done.returncode == 0
    assert all(re.search(rf"\n    {name}\b", done.stdout) for name in cli.COMMANDS)


def test_help_imports_nothing_heavy() -> None:
    heavy = {"numpy", "numba", "faust", "aiokafka", "confluent_kafka", "kafka", "rich", "msgspec", "ruamel", "redis"}
    program = (
        "import sys\nfrom streams import cli\n"
        "try:\n    cli.main(['--help'])\nexcept SystemExit:\n    pass\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert heavy & set(done.stderr.split()) == set()


def test_the_version_is_told() -> None:
    assert microseg("--version").stdout.startswith("microseg 0.")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "microseg: the following arguments are required: COMMAND"),
        (("chek",), "microseg: argument COMMAND: invalid choice: 'chek'"),
        (("check", "--frob"), "microseg: unrecognized arguments: --frob"),
        (("kafka", "start", "--port", "x"), "x is no port: a whole number from 1 to 65535"),
        (("check", "--config", "/nowhere.toml"), "microseg: /nowhere.toml: no such file"),
        (("check", "/nowhere"), "/nowhere"),
        (("kafka", "start", "--dir", "/dev/null/kafka"), "microseg: cannot keep Kafka's data in /dev/null/kafka: "),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_2(words: tuple[str, ...], said: str) -> None:
    done = microseg(*words)
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert said in done.stderr


def test_a_bad_variable_is_exit_2(rules: Path) -> None:
    done = microseg("check", str(rules), MICROSEG_BROKR="a:1")
    assert done.returncode == 2
    assert done.stderr == "microseg: environment: unknown setting MICROSEG_BROKR; did you mean MICROSEG_BROKER?\n"


def test_check_is_content_with_good_rules(rules: Path) -> None:
    done = microseg("check", str(rules))
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("1 rule is good (digest ")


def test_check_takes_the_folder_of_the_settings(rules: Path) -> None:
    assert microseg("check", MICROSEG_RULES=str(rules)).returncode == 0


def test_check_tells_each_mistake_with_its_place_and_exits_1(rules: Path) -> None:
    (rules / "active" / "broken.yaml").write_text(GOOD_RULE.replace("more_than", "more_then"))
    done = microseg("check", str(rules))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("active/broken.yaml:4:")
    facts = json.loads(microseg("check", str(rules), "--json").stdout)
    assert facts == {"ok": False, "errors": done.stderr.splitlines(), "reminders": []}


def test_check_minds_the_retention_of_the_settings(rules: Path) -> None:
    done = microseg("check", str(rules), MICROSEG_RETENTION="30d")
    assert done.returncode == 1
    assert "30d" in done.stderr


def test_check_reminds_of_what_may_not_be_meant(rules: Path) -> None:
    rule = "title: Abroad\nwhen: {profile: country, is_not: DE}\n"
    (rules / "active" / "abroad.yaml").write_text(rule)
    done = microseg("check", str(rules))
    assert done.returncode == 0
    assert "active/abroad.yaml:2:" in done.stderr


def test_kafka_can_be_started_asked_about_and_stopped(home: Path) -> None:
    at = ("--dir", str(home), "--json")
    assert microseg("kafka", "status", *at).returncode == 1
    assert not home.exists()  # asking leaves no trace
    first = json.loads(microseg("kafka", "start", *at).stdout)
    again = json.loads(microseg("kafka", "start", *at).stdout)
    status = microseg("kafka", "status", *at)
    assert first == again == json.loads(status.stdout)
    assert status.returncode == 0
    assert microseg("kafka", "status", "--dir", str(home)).stdout.startswith(f"Kafka is up on {first['broker']} ")
    assert json.loads(microseg("kafka", "stop", *at).stdout)["stopped"] is True
    assert microseg("kafka", "stop", "--dir", str(home)).stdout.startswith("Kafka was not running")


def test_a_reader_that_goes_away_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m streams.cli --help | true", shell=True, capture_output=True, text=True, check=False
    )
    assert done.stderr == ""


def test_ctrl_c_is_quiet(tmp_path: Path) -> None:
    program = (
        "import signal, sys, time\n"
        # a shell that starts the tests in the background has them ignore the signal
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "from streams import cli\nfrom streams.commands import kafka\n"
        "def wait(args):\n    print('ready', flush=True)\n    time.sleep(60)\n"
        "kafka.status = wait\nsys.exit(cli.main(['kafka', 'status']))"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen(
        [sys.executable, "-c", program], stdout=pipe, stderr=pipe, text=True, cwd=tmp_path
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (130, "")
