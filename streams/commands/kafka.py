"""``microseg kafka start / stop / status``: the embedded broker."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streams.commands import Subparsers, add_config, settings_of

if TYPE_CHECKING:
    from streams.embedded.kafka import KafkaBroker, Running


def register(subparsers: Subparsers) -> None:
    """Adds the command."""
    parser = subparsers.add_parser(
        "kafka",
        help="start and stop the embedded broker",
        description="A Kafka broker of microseg's own, for trying things out on one machine: no Docker, no Java to "
        "install. What it keeps is under the data directory.",
    )
    actions = parser.add_subparsers(title="actions", metavar="ACTION", required=True)
    _action(actions, "start", "bring it up, and leave it alone if it runs", start).add_argument(
        "--port",
        type=_port,
        metavar="PORT",
        help="the port it must have (default: 9092, or a free one if that is taken)",
    )
    _action(actions, "stop", "end it; its data stays", stop)
    _action(actions, "status", "tell whether it runs: exit 0 if it does, 1 if not", status)


def _action(
    actions: Subparsers, name: str, text: str, run: Callable[[argparse.Namespace], int]
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text, description=f"Embedded broker: {text}.")
    parser.add_argument("--dir", type=Path, metavar="DIR", help="where it lives (default: kafka in the data directory)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    add_config(parser)
    parser.set_defaults(run=run)
    return parser


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 65_536):
        raise argparse.ArgumentTypeError(f"{text} is no port: a whole number from 1 to 65535")
    return int(text)


def start(args: argparse.Namespace) -> int:
    """Brings the broker up."""
    running = _broker(args).start(args.port)
    word = "is up" if running.started_now else "was already up"
    _tell(args, _facts(running), f"Kafka {word} on {running.address} (pid {running.pid}, data in {running.home})")
    return 0


def stop(args: argparse.Namespace) -> int:
    """Ends the broker; that none was running is as good."""
    broker = _broker(args)
    stopped = broker.stop()
    text = "Kafka is stopped" if stopped else "Kafka was not running"
    _tell(args, {"running": False, "stopped": stopped, "dir": str(broker.home)}, f"{text} (data in {broker.home})")
    return 0


def status(args: argparse.Namespace) -> int:
    """Tells whether the broker runs and answers."""
    broker = _broker(args)
    running = broker.status()
    if running is None:
        _tell(args, {"running": False, "dir": str(broker.home)}, f"Kafka is not running (data in {broker.home})")
        return 1
    _tell(args, _facts(running), f"Kafka is up on {running.address} (pid {running.pid}, data in {running.home})")
    return 0


def _broker(args: argparse.Namespace) -> KafkaBroker:
    from streams.embedded.kafka import KafkaBroker

    return KafkaBroker(args.dir or settings_of(args).data_dir / "kafka")


def _facts(running: Running) -> dict[str, Any]:
    return {"running": True, "broker": running.address, "pid": running.pid, "dir": str(running.home)}


def _tell(args: argparse.Namespace, facts: dict[str, Any], text: str) -> None:
    print(json.dumps(facts) if args.json else text)
