"""What each command is called with, for its help and for the reference: calls, and what each is for.

Tests run or parse all of them, so they stay right.
"""

from __future__ import annotations

import argparse

Example = tuple[str, str]

EXAMPLES: dict[str, tuple[Example, ...]] = {
    "init": (("microseg init my-shop", "settings and thirty rules, in a new folder"),),
    "doctor": (("microseg doctor", "before a worker runs, or when something is wrong"),),
    "completions": (("microseg completions bash", "what bash evaluates in ~/.bashrc"),),
    "demo": (
        ("microseg demo", "watch it; Ctrl-C ends it"),
        ("microseg demo --speed 86400 --customers 500", "a day of the shop each second"),
    ),
    "run": (
        ("microseg run", "a worker, until it is stopped"),
        ("microseg run --until-drained", "only what is in the topics now"),
    ),
    "ingest": (
        ("microseg ingest", "the topics with a dialect, until it is stopped"),
        ("microseg ingest --http 127.0.0.1:6067", "also take webhooks"),
    ),
    "replay": (
        ("microseg replay history.jsonl", "every change that the rules make of it"),
        ("microseg replay --final --until 2026-06-01T00:00:00Z history.jsonl", "who is in what at an instant"),
    ),
    "check": (
        ("microseg check", "the rule folder of the settings"),
        ("microseg check --strict segment_rules", "and that every rule has examples"),
    ),
    "test": (
        ("microseg test", "all examples"),
        ("microseg test --mutants segment_rules one-and-done", "what the examples of one rule leave open"),
    ),
    "plan": (
        ("microseg plan edited_rules", "an edit beside what is live"),
        ("microseg plan edited_rules --events history.jsonl --against segment_rules", "the same with no worker"),
        ("microseg plan --apply --yes", "make the folder's rules live"),
    ),
    "explain": (
        ("microseg explain ana", "as the workers know her"),
        (
            "microseg explain ana --segment big-basket --events history.jsonl",
            "from a file, one segment",
        ),
    ),
    "who": (
        ("microseg who", "all segments and their sizes"),
        ("microseg who one-and-done --newest 20", "who entered last"),
    ),
    "fmt": (("microseg fmt", "bring all rules into form"), ("microseg fmt --check", "only say which are not")),
    "schema": (("microseg schema --write segment_rules", "both schemas, beside the rules"),),
    "load": (
        ("microseg load history.jsonl", "events into the topics"),
        ("microseg load --mapping columns.toml orders.csv", "CSV whose columns a file explains"),
    ),
    "subscribe": (
        ("microseg subscribe --from-beginning", "all that is kept, then what comes"),
        ("microseg subscribe --segment one-and-done --json", "for programs"),
    ),
    "deliver": (
        ("microseg deliver redis", "keep the serving store"),
        ("microseg deliver mail --dry-run", "what [sinks.mail] would be told"),
    ),
    "export": (
        ("microseg export klaviyo one-and-done --metrics metrics.json", "a rule as a Klaviyo segment"),
        ("microseg export klaviyo-content one-and-done --part html", "its approved copy, for a template"),
    ),
    "track": (
        ("microseg track", "count, until it is stopped"),
        ("microseg track --until-drained", "count what is there"),
    ),
    "trial start": (("microseg trial start handbag-regulars", "the proposal of that name"),),
    "trial status": (("microseg trial status", "all of them"),),
    "trial stop": (("microseg trial stop handbag-regulars --apply", "end it, and retire the rule"),),
    "trial decide": (("microseg trial decide handbag-regulars", "what to do, and why"),),
    "report": (
        ("microseg report", "the last week, on the terminal"),
        ("microseg report --html week.html", "with pictures"),
    ),
    "discover": (("microseg discover --no-model --events history.jsonl", "no model, only arithmetic"),),
    "write": (
        ("microseg write one-and-done --no-model", "drafts from the starters"),
        ("microseg write --check", "only whether the content is right"),
    ),
    "preview": (
        ("microseg preview one-and-done --text", "the plain text, here"),
        ("microseg preview --gallery mails.html --no-open", "all mails on one page"),
    ),
    "recommend": (
        ("microseg recommend ana --events history.jsonl --count 3", "from a file"),
        ("microseg recommend --follow", "keep everybody's list current"),
    ),
    "kafka start": (("microseg kafka start", "on port 9092, or a free one"),),
    "kafka stop": (("microseg kafka stop", "its data stays"),),
    "kafka status": (("microseg kafka status", "exit code 0 if it runs"),),
}
_HEAD = "examples:"


class Formatter(argparse.HelpFormatter):
    """Breaks text into lines, but leaves examples as they are."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return text if text.startswith(_HEAD) else super()._fill_text(text, width, indent)


def add_examples(name: str, parser: argparse.ArgumentParser) -> None:
    """Gives a command, and those below it, their examples at the end of the help."""
    parser.formatter_class = Formatter
    if name in EXAMPLES:
        width = max(len(call) for call, _ in EXAMPLES[name])
        lines = [f"  {call:{width}}  # {meant}" for call, meant in EXAMPLES[name]]
        parser.epilog = "\n".join([_HEAD, *lines])
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for below, child in action.choices.items():
                add_examples(f"{name} {below}", child)
