"""``microseg``, the one command: its front door, which knows no command by more than its name.

Whatever goes wrong in a foreseen way is one clear line on stderr and an exit code; a bug shows its traceback.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from streams.errors import MicrosegError

COMMANDS = (
    *("init", "demo", "doctor", "run", "ingest", "load", "kafka"),
    *("check", "test", "fmt", "schema", "replay", "plan", "explain", "who", "discover", "trial", "report", "track"),
    *("subscribe", "deliver", "export", "write", "preview", "recommend", "completions"),
)
INTERRUPTED = 130  # what a shell reports of a program that Ctrl-C ended


class Parser(argparse.ArgumentParser):
    """A parser that tells of bad arguments on one line."""

    def error(self, message: str) -> NoReturn:
        """Ends the program with exit code 2."""
        self.exit(2, f"{self.prog}: {message} (see {self.prog} --help)\n")


class Version(argparse.Action):
    """Prints the version; it is looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Ends the program with exit code 0."""
        from importlib.metadata import version

        print(f"microseg {version('microseg')}")
        parser.exit()


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; the exit code is 0: done, 1: what was asked for does not hold, 2: it could not be done."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        args = parser_of(words).parse_args(words)
        code: int = args.run(args)
        sys.stdout.flush()
        return code
    except MicrosegError as error:
        return _failed(str(error), error.exit_code)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        return 0
    except OSError as error:
        if error.filename is None:
            raise
        return _failed(f"{error.filename}: {error.strerror}", 2)


def parser_of(words: Sequence[str]) -> Parser:
    """The parser of all commands, or of the one that is asked for: what is not asked for is not imported."""
    parser = Parser(prog="microseg", description="Keeps a shop's e-mail micro-segments alive in real time.")
    parser.add_argument("--version", action=Version, nargs=0, help="show the version and leave")
    subparsers = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name in words[:1] if words and words[0] in COMMANDS else COMMANDS:
        importlib.import_module(f"streams.commands.{name}").register(subparsers)
    return parser


def _failed(message: str, code: int) -> int:
    print("\n".join(f"microseg: {line}" for line in message.splitlines()), file=sys.stderr)
    return code


def _drop_output() -> None:
    """Lets what is still buffered for a reader that has gone go nowhere, so that Python's exit stays quiet."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
