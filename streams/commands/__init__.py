"""The commands of ``microseg``, one module each, named as the command.

A command module has ``register(subparsers) -> None``, which adds its parser and sets ``run``, a callable from the
parsed arguments to the exit code, as a default:

    def register(subparsers: Subparsers) -> None:
        parser = subparsers.add_parser("check", help="validate the rule files")
        parser.set_defaults(run=run)

    def run(args: argparse.Namespace) -> int: ...

All of them are imported for ``microseg --help``, so at the top they import only what is light; the rest is imported
inside ``run``. What the user did wrong, or what is away, is raised as a ``streams.errors.MicrosegError``. A command
that needs the settings calls ``add_config`` and ``settings_of``.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from streams.settings import Settings

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_config(parser: argparse.ArgumentParser) -> None:
    """Gives a command the option ``--config``."""
    parser.add_argument(
        "--config", type=Path, metavar="FILE", help="settings file (default: microseg.toml, if it exists)"
    )


def add_wait(parser: argparse.ArgumentParser) -> None:
    """Gives a command that asks workers the option ``--wait``."""
    parser.add_argument("--wait", type=_seconds, default=30.0, metavar="S", help="seconds to wait for a worker (30)")


def columns() -> int | None:
    """How wide the terminal is that is printed on; None where it is none, so that nothing need be broken."""
    import shutil
    import sys

    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def print_lines(lines: Iterable[str]) -> None:
    """Prints lines as the terminal, if it is one, can take them."""
    from streams.explanations.terminal import broken, printable

    width = columns()
    for line in lines:
        print(*broken(printable(line), width), sep="\n")


def above_zero(text: str) -> int:
    """A whole number above 0, as an option's type."""
    if not (text.isascii() and text.isdigit() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text} is no whole number above 0")
    return int(text)


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 < seconds < 86_400:
        raise argparse.ArgumentTypeError(f"{text} is no number of seconds above 0")
    return seconds


def settings_of(args: argparse.Namespace) -> Settings:
    """The settings of the file that ``--config`` names and of the environment.

    Raises:
        SettingsError: a name or value is wrong, or the file cannot be read.
    """
    from streams.settings import load_settings

    return load_settings(args.config, os.environ)
