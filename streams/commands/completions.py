"""``microseg completions``: what a shell needs to complete commands and options."""

from __future__ import annotations

import argparse

from streams.commands import Subparsers

#: How each shell is told; shtab's names of them.
HOW = {
    "bash": 'eval "$(microseg completions bash)"',
    "zsh": 'microseg completions zsh > "${fpath[1]}/_microseg"',
    "fish": "microseg completions fish > ~/.config/fish/completions/microseg.fish",
}


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    ways = "; ".join(f"{shell}: {how}" for shell, how in HOW.items()).replace("%", "%%")
    parser = subparsers.add_parser(
        "completions",
        help="print the completions of commands and options for a shell",
        description=f"Prints a script for a shell that completes commands and options. {ways}",
    )
    parser.add_argument("shell", choices=sorted(HOW), help="the shell")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Prints it."""
    import shtab

    from streams.cli import parser_of

    print(shtab.complete(parser_of(()), shell=args.shell))
    return 0
