"""A page's commands, run one after another in a folder of their own, and their output held against what is shown."""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from streams.cli import main, parser_of
from tests.docs.blocks import ROOT, Block

AWAIT_SECONDS = 90  # a worker's first start on a busy machine
#: What a shell has to see to; and a broker that is started is a child for longer than a call.
_SHELL = re.compile(r"[|&;<>$`*]|^(?!microseg )|^microseg kafka")
_UP = re.compile(r"is up on (127\.0\.0\.1:\d+)")


class Session:
    """A folder, an environment, and what runs in other terminals. ``title`` of a block says what is special about
    it."""

    def __init__(self, folder: Path, environ: dict[str, str]) -> None:
        self.folder, self.environ = folder, environ
        self._others: dict[str, Terminal] = {}
        (folder / ".bin").mkdir()
        shim = folder / ".bin/microseg"
        shim.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m streams.cli "$@"\n', encoding="utf-8")
        shim.chmod(0o755)

    def run(self, block: Block) -> None:
        """Runs a block's commands; fails where the output is another."""
        if "terminal" in block.title:
            self._other(block)
            return
        for command, shown in calls(block.text):
            code, said = self._call(command)
            wanted = int(block.title.removeprefix("exit code ")) if block.title.startswith("exit code ") else 0
            assert code == wanted, f"{block.place}: {command}: exit code {code}\n{said}"
            assert matches(shown, said), f"{block.place}: {command} said\n{said}\ninstead of\n{shown}"

    def _call(self, command: str) -> tuple[int, str]:
        if command.startswith("cd "):
            os.chdir(command.removeprefix("cd "))
            return 0, ""
        if _SHELL.search(command):
            done = subprocess.run(
                ["bash", "-c", command],
                env=self._environ(),
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            code, said = done.returncode, done.stdout
        else:
            code, said = in_process(shlex.split(command)[1:], self.environ)
        if up := _UP.search(said):
            self.environ["MICROSEG_BROKER"] = up[1]
        return code, self._plain(said)

    def _environ(self) -> dict[str, str]:
        path = f"{self.folder / '.bin'}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PYTHONPATH": str(ROOT), **self.environ, "PATH": path}

    def _plain(self, said: str) -> str:
        """The output as it is on the reader's machine."""
        said = said.replace(str(Path.cwd().resolve()), "/home/you/my-shop")
        return said.replace(self.environ.get("MICROSEG_BROKER", "127.0.0.1:9092"), "127.0.0.1:9092")

    def _other(self, block: Block) -> None:
        command, shown = next(iter(calls(block.text)), ("", block.text))
        if command:
            self._others[block.title] = Terminal(command, self._environ())
        said = self._others[block.title].wait_for(shown)
        assert said is None, f"{block.place}: waited for\n{shown}\nand saw\n{said}"

    def close(self) -> None:
        """Ends what still runs, the last first, and the broker."""
        for terminal in reversed(self._others.values()):
            terminal.end()
        if "MICROSEG_BROKER" in self.environ:
            self._call("microseg kafka stop")


class Terminal:
    """A process that goes on while others are called."""

    def __init__(self, command: str, environ: dict[str, str]) -> None:
        self._file = Path.cwd() / f".{abs(hash(command))}.out"
        with self._file.open("w", encoding="utf-8") as out:
            self._process = subprocess.Popen(
                shlex.split(command), stdout=out, stderr=subprocess.STDOUT, env=environ, start_new_session=True
            )
        self._seen = 0

    def wait_for(self, shown: str) -> str | None:
        """None once every line that is shown has come, in this order; else what came."""
        deadline = time.monotonic() + AWAIT_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            lines = self._file.read_text(encoding="utf-8").splitlines()
            if (seen := follows(shown.splitlines(), lines, self._seen)) is not None:
                self._seen = seen
                return None
            time.sleep(0.1)
        return self._file.read_text(encoding="utf-8")

    def end(self) -> None:
        """As Ctrl-C does."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGINT)
        try:
            self._process.wait(30)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def in_process(words: Sequence[str], environ: dict[str, str]) -> tuple[int, str]:
    """Exit code and output of a command, with no new interpreter."""
    raw = io.BytesIO()
    said = io.TextIOWrapper(raw, encoding="utf-8", write_through=True)  # some commands write bytes
    before = dict(os.environ)
    os.environ.update(environ)
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
            try:
                code = main(words)
            except SystemExit as left:
                code = int(left.code or 0)
    finally:
        os.environ.clear()
        os.environ.update(before)
    return code, raw.getvalue().decode()


def calls(text: str) -> list[tuple[str, str]]:
    """Commands (behind ``$``, going on behind ``>``) and what is shown of their output."""
    found: list[tuple[str, str]] = []
    for line in text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:].strip(), ""))
        elif line.startswith("> ") and found and not found[-1][1]:
            found[-1] = (f"{found[-1][0].removesuffix(chr(92)).rstrip()} {line[2:].strip()}", "")
        elif found:
            found[-1] = (found[-1][0], f"{found[-1][1]}{line}\n")
    return found


def matches(shown: str, said: str) -> bool:
    """Whether an output is as shown: … stands for anything within a line, a line of … alone for any lines. Where
    nothing
    is shown, anything may come."""
    if not shown.strip():
        return True
    lines = [".*" if line.strip() == "…" else _line(line) for line in shown.strip().splitlines()]
    return re.fullmatch("\n".join(lines), _stripped(said), re.DOTALL) is not None


def follows(shown: Sequence[str], lines: Sequence[str], start: int) -> int | None:
    """Behind which line all that are shown have come, in their order, from ``start`` on; None if they have not."""
    at = start
    for wanted in (one for one in shown if one.strip() and one.strip() != "…"):
        while at < len(lines) and not re.fullmatch(_line(wanted), lines[at].strip()):
            at += 1
        if at == len(lines):
            return None
        at += 1
    return at


def _line(shown: str) -> str:
    return re.escape(shown.strip()).replace("…", "[^\n]*")


def _stripped(said: str) -> str:
    return "\n".join(line.strip() for line in said.strip().splitlines())


def parsed(block: Block) -> list[str]:
    """What is wrong with the commands of a block that only lists them: each is one that exists, with right options."""
    wrong = []
    for line in block.text.splitlines():
        command = re.sub(r"^\$ |^([A-Z_]+=\S+ )+|\s+#.*$", "", line).strip()
        words = shlex.split(command, comments=True)
        if words[:1] == ["microseg"] and not _parses(words[1:]):
            wrong.append(f"{block.place}: {command}: no such command, option or argument")
        if words and words[0].startswith("scripts/") and not (ROOT / words[0]).is_file():
            wrong.append(f"{block.place}: there is no {words[0]}")
    return wrong


def _parses(words: Sequence[str]) -> bool:
    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            parser_of(words).parse_args(words)
    except SystemExit as left:
        return not left.code
    return True
