"""The reference of commands, from their parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator

from streams.cli import parser_of
from streams.commands.examples import EXAMPLES
from streams.handbook.tables import page, table

INTRODUCTION = """
`microseg COMMAND --help` says the same on the terminal. Exit code 0: done; 1: what was asked for does not hold (a
rule is broken, an example fails); 2: it could not be done (bad arguments, a file or the broker not reachable): one
clear line on standard error. Options that every command with settings has: `--config FILE`, the settings file
(default: `microseg.toml`, if it exists)."""


def commands_page() -> str:
    """``docs/reference/commands.md``."""
    found = dict(_commands())
    heads = [(f"[`{name}`](#{_anchor(name)})", _said(text)) for name, (_, text) in found.items() if " " not in name]
    parts = [part for name, (parser, _) in found.items() for part in _section(name, parser)]
    return page("Commands", INTRODUCTION, table(("command", "does"), heads), *parts)


def _anchor(name: str) -> str:
    return f"microseg-{name}".replace(" ", "-")


def _commands() -> Iterator[tuple[str, tuple[argparse.ArgumentParser, str]]]:
    """Every command and subcommand by its words, with the parser and the one line of help, in the order of the list."""
    return _below("", parser_of([]))


def _below(prefix: str, parser: argparse.ArgumentParser) -> Iterator[tuple[str, tuple[argparse.ArgumentParser, str]]]:
    for action in _subparsers(parser):
        helps = {one.dest: one.help or "" for one in action._choices_actions}
        for name, child in action.choices.items():
            yield prefix + name, (child, helps.get(name, ""))
            yield from _below(f"{prefix}{name} ", child)


def _subparsers(parser: argparse.ArgumentParser) -> list[argparse._SubParsersAction[argparse.ArgumentParser]]:
    return [one for one in parser._actions if isinstance(one, argparse._SubParsersAction)]


def _section(name: str, parser: argparse.ArgumentParser) -> Iterable[str]:
    yield f"{'#' * (2 + name.count(' '))} microseg {name}"
    if parser.description:
        yield _said(parser.description)
    yield f"```text\nmicroseg {name}{_usage(parser)}\n```"
    rows = [(f"`{_shown(one)}`", _said(one.help or "")) for one in _arguments(parser)]
    if rows:
        yield table(("argument", "is"), rows)
    if name in EXAMPLES:
        width = max(len(call) for call, _ in EXAMPLES[name])
        lines = [f"$ {call:{width}}  # {meant}" for call, meant in EXAMPLES[name]]
        yield "\n".join(['```console title="for example"', *lines, "```"])


def _arguments(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    hidden = ("help", "config")
    ours = [one for one in parser._actions if one.dest not in hidden and one.help != argparse.SUPPRESS]
    plain = [one for one in ours if not isinstance(one, argparse._SubParsersAction)]
    return sorted(plain, key=lambda one: bool(one.option_strings))


def _usage(parser: argparse.ArgumentParser) -> str:
    words = [" ACTION"] if _subparsers(parser) else []
    arguments = _arguments(parser)
    if any(one.option_strings for one in arguments):
        words.append(" [OPTIONS]")
    for one in arguments:
        if not one.option_strings:
            text = _value(one)
            words.append(f" [{text}]" if one.nargs in ("?", "*") else f" {text}")
    return "".join(words)


def _shown(action: argparse.Action) -> str:
    value = _value(action)
    return " ".join(part for part in (action.option_strings[0] if action.option_strings else "", value) if part)


def _value(action: argparse.Action) -> str:
    """What stands for the value of an argument, with … where several may come; empty of a flag."""
    if action.nargs == 0:
        return ""
    choices = "{" + ",".join(map(str, action.choices)) + "}" if action.choices is not None else ""
    metavar = action.metavar if isinstance(action.metavar, str) else choices or action.dest.upper()
    name = f"{metavar}…" if action.nargs in ("+", "*") else metavar
    return f"[{name}]" if action.nargs == "?" and action.option_strings else name


def _said(text: str) -> str:
    """Help as Markdown: what argparse reads as a format is plain, signs that Markdown reads are escaped."""
    return text.replace("%%", "%").replace("*", "\\*").replace("<", "&lt;")
