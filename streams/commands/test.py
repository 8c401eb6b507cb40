"""``microseg test``: runs the examples beside the rules, and asks what they leave open."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from streams.commands import Subparsers, add_config, settings_of
from streams.errors import MicrosegError

if TYPE_CHECKING:
    from streams.authoring.model import ExampleFile
    from streams.authoring.mutants import Hunt
    from streams.authoring.run_examples import Failure, Shop
    from streams.rules.load import LoadedFolder
    from streams.rules.model import RuleSet


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "test",
        help="run the examples beside the rules",
        description="Runs the examples in DIR/tests through the same code as the worker: exit 0 if all hold, 1 if one "
        "does not. With --mutants each bound, window and comparison of the rules is nudged by one: exit 1 if no "
        "example notices one of these edits, unless it is accepted there with a reason.",
    )
    parser.add_argument("dir", nargs="?", metavar="DIR", help="the rule folder (default: the setting rules)")
    parser.add_argument("names", nargs="*", metavar="NAME", help="only the examples of these rules")
    parser.add_argument("--mutants", action="store_true", help="also report edits of the rules that no example notices")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_config(parser)
    parser.set_defaults(run=run)


class _Work(NamedTuple):
    """What is run: the rules, their examples, the rules that were asked for, the settings."""

    loaded: LoadedFolder
    files: list[ExampleFile]
    names: list[str]
    shop: Shop


def run(args: argparse.Namespace) -> int:
    """Prints the examples that fail, the open questions, and how many there were."""
    from streams.authoring.run_examples import failures

    work = _work(args)
    chosen = [file for file in work.files if file.about & set(work.names)]
    failed = failures(work.loaded.rule_set, chosen, work.shop)
    hunts = _hunts(work) if args.mutants and not failed else []
    bare = [name for name in work.names if not any(file.examples and name in file.about for file in work.files)]
    good = not (failed or _open(hunts) or (args.mutants and bare))
    if args.json:
        print(json.dumps({"ok": good, **_facts(work, chosen, failed, hunts, bare)}, ensure_ascii=False))
    else:
        _print(work, chosen, failed, hunts, bare)
        if args.mutants and failed:
            print("no mutants were tried: the examples have to hold first")
    return 0 if good else 1


def _work(args: argparse.Namespace) -> _Work:
    from streams.authoring.examples import load_examples
    from streams.authoring.run_examples import Shop
    from streams.rules.load import load_folder

    settings = settings_of(args)
    folder, asked = _folder_and_names(args, settings.rules)
    loaded = load_folder(folder, settings.retention_ms)
    files = load_examples(folder, loaded.rule_set)
    names = _known(asked, loaded.rule_set)
    return _Work(loaded, files, names, Shop(settings.timezone, settings.retention_ms, settings.traffic))


def _folder_and_names(args: argparse.Namespace, usual: Path) -> tuple[Path, list[str]]:
    """The first word is a folder if there is one of that name, or if it looks like a path."""
    first = args.dir
    if first is None or Path(first).is_dir() or "/" in first or "." in first:
        return Path(first) if first else usual, args.names
    return usual, [first, *args.names]


def _known(asked: list[str], rules: RuleSet) -> list[str]:
    """The names of the rules that are asked for, all where none is."""
    from streams.rules.nearest import hint

    known = [rule.name for rule in rules.rules]
    for name in asked:
        if name not in known:
            raise MicrosegError(f"no segment and no folder {name!r}{hint(name, known)}")
    return asked or known


def _hunts(work: _Work) -> list[Hunt]:
    from streams.authoring.mutants import hunt
    from streams.progress import counting

    rules, texts = work.loaded.rule_set, work.loaded.texts
    # of a rule without any example every mutant survives; that it has none is said once
    chosen = [rule for rule in rules.rules if rule.name in work.names and _has_examples(rule.name, work)]
    with counting("mutants", chosen) as counted:
        return [hunt(rule, texts[f"{rule.folder}/{rule.name}.yaml"], rules, work.files, work.shop) for rule in counted]


def _has_examples(name: str, work: _Work) -> bool:
    return any(file.examples and name in file.about for file in work.files)


def _open(hunts: list[Hunt]) -> int:
    return sum(len(one.survivors) + len(one.mistakes) for one in hunts)


def _print(work: _Work, chosen: list[ExampleFile], failed: list[Failure], hunts: list[Hunt], bare: list[str]) -> None:
    from streams.authoring.report import told

    for failure in failed:
        print("\n".join(told(failure, work.loaded.rule_set, work.shop)))
    for line in _questions(hunts):
        print(line)
    if bare:
        print(f"without examples: {', '.join(bare)}")
    print(_summary(chosen, failed))
    if hunts:
        noticed, accepted = (sum(len(getattr(one, part)) for one in hunts) for part in ("noticed", "accepted"))
        survivors = sum(len(one.survivors) for one in hunts)
        total = _counted(noticed + accepted + survivors, "mutant")
        print(f"{total}: {noticed} noticed, {accepted} accepted with a reason, {survivors} not noticed")
    sys.stdout.flush()


def _questions(hunts: list[Hunt]) -> Iterator[str]:
    for one in hunts:
        for mutant in one.survivors:
            place = mutant.place
            accepting = f"to accept it: - mutant: {json.dumps(mutant.edit, ensure_ascii=False)}"
            yield f"{place.file}:{place.line}:{place.column}: {mutant.asked}\n    {accepting}"
        yield from one.mistakes


def _summary(chosen: list[ExampleFile], failed: list[Failure]) -> str:
    examples = sum(len(file.examples) for file in chosen)
    wrong = len({(one.file.name, one.example.name) for one in failed})
    if wrong:
        return f"{wrong} of {examples} examples fail"
    return f"{_counted(examples, 'example')} {'holds' if examples == 1 else 'hold'}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _facts(
    work: _Work, chosen: list[ExampleFile], failed: list[Failure], hunts: list[Hunt], bare: list[str]
) -> dict[str, object]:
    from streams.authoring.report import facts_of

    return {
        "examples": sum(len(file.examples) for file in chosen),
        "failed": [facts_of(failure, work.loaded.rule_set, work.shop) for failure in failed],
        "without_examples": bare,
        "mutants": [_hunt_facts(one) for one in hunts],
    }


def _hunt_facts(one: Hunt) -> dict[str, object]:
    return {
        "rule": one.rule,
        "noticed": [mutant.edit for mutant in one.noticed],
        "accepted": [mutant.edit for mutant in one.accepted],
        "survivors": [
            {"line": mutant.place.line, "column": mutant.place.column, "edit": mutant.edit, "question": mutant.asked}
            for mutant in one.survivors
        ],
        "mistakes": list(one.mistakes),
    }
