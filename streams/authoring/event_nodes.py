"""The events of an example: YAML nodes become values that the worker's own decoder takes."""

from __future__ import annotations

import re
from typing import Any, get_args

import msgspec
import orjson

from streams.authoring.model import EventValue
from streams.events.decode import Refusal, decode_event
from streams.events.instants import stamp
from streams.events.native import Event, Item
from streams.rules.durations import duration
from streams.rules.errors import Problems, quoted
from streams.rules.model import Place
from streams.rules.nearest import hint, listing
from streams.rules.scalars import plain_text, whole
from streams.rules.yaml_nodes import Yaml, YamlList, YamlMap, YamlText

#: Copies of one event; more than a row can hold would be a slip.
MOST_COPIES = 20_000
#: Whole numbers up to here are exact in JSON; longer ones are names of something and become text.
_EXACT = 2**53
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_WORDS = {"true": True, "false": False, "null": None, "~": None, "": None}
_MISSING = re.compile(r"Object missing required field `(\w+)`(?: - at `\$\.?(.*)`)?")
_TYPED = re.compile(r"(.*) - at `\$\.?(.*)`")
#: Fields of the contract that the decoder passes over, as it does with every unknown one.
PASSED_OVER = {"email": ("link",)}
COPYING = ("times", "every")
#: In each copy another one: an order placed thrice is three orders, and so with messages.
_NUMBERED = ("order", "message")


def event_types() -> dict[str, type[Any]]:
    """The structs of the native vocabulary by their ``type``."""
    return {str(one.__struct_config__.tag): one for one in get_args(Event)}


def fields_of(kind: str) -> list[str]:
    """The fields that an event of this type may state in an example."""
    own = [field.encode_name for field in msgspec.structs.fields(event_types()[kind])]
    return ["type", *own, *PASSED_OVER.get(kind, ())]


def item_fields() -> list[str]:
    """The fields of one line of an order."""
    return [field.encode_name for field in msgspec.structs.fields(Item)]


def parse_event(node: Yaml, number: int, now_ms: int | None, problems: Problems) -> list[EventValue]:
    """The event in a node and its copies, empty where it is wrong; ``number`` is its place in the list.

    An event without an id gets one from its place, so that of two at one instant the later in the file is the greater.
    """
    before = len(problems)
    if not isinstance(node, YamlMap) or not node.entries:
        problems.add(node.place, "an event has a type and fields, such as {type: view, user: ana, at: …, product: p1}")
        return []
    kind = _kind(node, problems)
    if kind is None:
        return []
    _refuse_unknown(node, kind, problems)
    times, every_ms = _copying(node, problems)
    said = {name: _value(entry.value, problems) for name, entry in node.entries.items() if name not in COPYING}
    if len(problems) > before:
        return []
    said.setdefault("id", f"#{number:04d}")
    found = _decoded(said, node, problems)
    if found is None:
        return []
    copies = [_copy(said, found, every_ms, copy) for copy in range(times)]
    return copies if _in_time(copies, now_ms, node, problems) else []


def _kind(node: YamlMap, problems: Problems) -> str | None:
    if "type" not in node.entries:
        problems.add(node.place, f"no type: in this event; write one of {listing(event_types())}")
        return None
    value = node.entries["type"].value
    kind = plain_text(value, problems)
    if kind is None or kind in event_types():
        return kind
    problems.add(value.place, f"unknown type of event {quoted(kind)}{hint(kind, event_types())}")
    return None


def _refuse_unknown(node: YamlMap, kind: str, problems: Problems) -> None:
    known = [*fields_of(kind), *COPYING]
    _refuse_others(node, known, f"of a {kind}", problems)
    items = node.entries["items"].value if kind == "purchase" and "items" in node.entries else None
    for item in items.items if isinstance(items, YamlList) else ():
        if isinstance(item, YamlMap):
            _refuse_others(item, item_fields(), "of an item", problems)


def _refuse_others(node: YamlMap, known: list[str], of_what: str, problems: Problems) -> None:
    for name, entry in node.entries.items():
        if name not in known:
            problems.add(entry.key.place, f"unknown field {quoted(name)} {of_what}{hint(name, known)}")


def _copying(node: YamlMap, problems: Problems) -> tuple[int, int]:
    """How many copies there are and how many ms lie between them; without ``every`` none do."""
    entries = node.entries
    if "every" in entries and "times" not in entries:
        problems.add(entries["every"].key.place, "every needs times: beside it, such as times: 3")
    every_ms = duration(entries["every"].value, problems) if "every" in entries else 0
    times = whole(entries["times"].value, problems) if "times" in entries else 1
    if times is not None and times > MOST_COPIES:
        problems.add(entries["times"].value.place, f"more than {MOST_COPIES} copies")
    return times or 1, every_ms or 0


def _value(node: Yaml, problems: Problems) -> object:
    """What JSON would say: numbers, true, false and null where they stand without quotes, else text."""
    if isinstance(node, YamlList):
        return [_value(item, problems) for item in node.items]
    if isinstance(node, YamlMap):
        return {name: _value(entry.value, problems) for name, entry in node.entries.items()}
    if node.plain and node.text.lower() in _WORDS:
        return _WORDS[node.text.lower()]
    text = plain_text(node, problems)
    if text is None or not node.plain or not _NUMBER.fullmatch(text):
        return text
    if "." in text:
        return float(text)
    return int(text) if abs(int(text)) < _EXACT else text


def _decoded(said: EventValue, node: YamlMap, problems: Problems) -> Any | None:
    if said.get("user") is None:
        problems.add(node.place, "user is missing")
        return None
    try:
        found = decode_event(orjson.dumps(said))
    except (TypeError, ValueError, RecursionError) as error:
        found = Refusal(str(error))
    if isinstance(found, Refusal):
        place, text = _in_words(found.reason, node)
        problems.add(place, text)
        return None
    return found


def _in_words(reason: str, node: YamlMap) -> tuple[Place, str]:
    """The decoder's reason with the place of the field that it names."""
    if match := _MISSING.fullmatch(reason):
        inner = match[2] or ""
        return _place_of(inner, node), f"{inner + ': ' if inner else ''}{match[1]} is missing"
    if match := _TYPED.fullmatch(reason):
        reason = f"{match[2]}: {match[1].replace('`', '')}"
    return _place_of(reason, node), reason


def _place_of(path: str, node: YamlMap) -> Place:
    """Where the thing stands that a path such as ``items[0].price`` begins with."""
    place: Yaml = node
    for name, index in re.findall(r"\.?(\w+)(?:\[(\d+)\])?", path.partition(": ")[0]):
        if not isinstance(place, YamlMap) or name not in place.entries:
            break
        place = place.entries[name].value
        if index and isinstance(place, YamlList) and int(index) < len(place.items):
            place = place.items[int(index)]
    return place.place


def _copy(said: EventValue, found: Any, every_ms: int, copy: int) -> EventValue:
    """The event once more: later, and of other ids."""
    made = {**said, "id": found.id, "user": found.user, "at": found.at + copy * every_ms}
    if copy:
        made["id"] = f"{found.id}-{copy + 1:05d}"
        made.update({name: f"{getattr(found, name)}-{copy + 1}" for name in _NUMBERED if name in said})
    return made


def _in_time(copies: list[EventValue], now_ms: int | None, node: YamlMap, problems: Problems) -> bool:
    last_ms = copies[-1]["at"]
    assert isinstance(last_ms, int)
    if now_ms is None or last_ms <= now_ms:
        return True
    which = "the last copy" if len(copies) > 1 else "the event"
    text = f"{which} is at {stamp(last_ms)}, after now; it would not be seen"
    problems.add(_at_place(node), text)
    return False


def _at_place(node: YamlMap) -> Place:
    value = node.entries["at"].value
    return value.place if isinstance(value, YamlText) else node.place
