"""What a worker says on standard error: one line at a time, and nothing of what its libraries mutter.

On a terminal lines are for people; elsewhere, or with ``log = "json"``, each is a JSON object with ``at``, ``level``,
``event``, ``message`` and what belongs to the event. Why a worker cannot start, or ends, is text for people also there:
only with ``log = "json"`` that is JSON, too.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from streams.events.instants import stamp

# "streams" itself: Faust gives the classes that derive from its own a logger named after their module.
NOISY = ("streams", "faust", "mode", "aiokafka", "aiohttp", "asyncio", "librdkafka", "confluent_kafka", "kafka")
#: Above every level: these libraries log what the worker tells in its own words.
SILENT = logging.CRITICAL + 1
#: Of a shorter secret every letter of a line would be hidden.
LEAST_SECRET = 4
HIDDEN = "***"

log = logging.getLogger("microseg")
librdkafka_log = logging.getLogger("librdkafka")


More = Mapping[str, object]


def note(event: str, message: str, *args: object, level: int = logging.INFO, more: More = MappingProxyType({})) -> None:
    """Says that something happened: ``message`` with ``args`` for people, ``event`` with ``more`` for programs."""
    log.log(level, message, *args, extra={"event": event, "more": more})


class Trouble(NamedTuple):
    """The newest line of a warning or an error, and when it was said."""

    at_ms: int
    level: str
    message: str


class Voice(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes the worker's lines, hides secrets in them, and remembers how many there were of each level."""

    def __init__(self, form: str | None = None, secrets: Sequence[str] = ()) -> None:
        super().__init__(sys.stderr)
        self.as_json = form == "json" or (form is None and not sys.stderr.isatty())
        self._tells_json = form == "json"
        self.lines: Counter[str] = Counter()
        self.trouble: Trouble | None = None
        forms = {form for one in secrets if len(one) >= LEAST_SECRET for form in _forms(str(one))}
        self._secrets = sorted(forms, key=len, reverse=True)
        self._plain = logging.Formatter("%(asctime)s %(message)s", "%H:%M:%S")

    def hide(self, text: str) -> str:
        """The text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, HIDDEN)
        return text

    def format(self, record: logging.LogRecord) -> str:
        """One line, and in text form the traceback of a bug below it."""
        level = record.levelname.lower()
        self.lines[level] += 1
        if record.levelno >= logging.WARNING:
            self.trouble = Trouble(int(record.created * 1000), level, self.hide(record.getMessage()))
        return self.hide(self._json_line(record) if self.as_json else self._plain.format(record))

    def _json_line(self, record: logging.LogRecord) -> str:
        said: dict[str, object] = {
            "at": stamp(int(record.created * 1000)),
            "level": record.levelname.lower(),
            "event": getattr(record, "event", "note"),
            "message": self.hide(record.getMessage()),
            **getattr(record, "more", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            said["traceback"] = self.hide("".join(traceback.format_exception(record.exc_info[1])))
        return json.dumps(said, default=str, ensure_ascii=False)

    def tell(self, event: str, message: str, more: More = MappingProxyType({})) -> None:
        """Says what is wrong before the worker runs, or ends it: in text without the time, as all commands do, unless
        JSON was asked for."""
        if self._tells_json:
            note(event, "%s", message, level=logging.ERROR, more=more)
        else:
            print("\n".join(f"microseg: {line}" for line in self.hide(message).splitlines()), file=sys.stderr)

    def failed(self, message: str, code: int) -> int:
        """Says why the worker ends; returns the exit code."""
        self.tell("stopped", message, {"exit_code": code})
        return code

    def bug(self, error: Exception) -> None:
        """Shows an error that nobody thought of, with where it happened."""
        if self.as_json:
            log.error("%s: %s", type(error).__name__, error, exc_info=error, extra={"event": "bug", "more": {}})
        else:
            print(self.hide("".join(traceback.format_exception(error))), file=sys.stderr)


def _forms(secret: str) -> set[str]:
    """How a secret may stand in a line: as it is, in JSON, and as Python quotes it."""
    return {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1]}


def speak(form: str | None = None, secrets: Sequence[str] = (), level: int = logging.INFO) -> Voice:
    """Sends the worker's own lines to standard error, as ``form`` says: text, json, or None for what fits there."""
    voice = Voice(form, secrets)
    log.handlers[:] = [voice]
    log.setLevel(level)
    log.propagate = False
    for name in NOISY:
        logging.getLogger(name).setLevel(SILENT)
    return voice
