"""The reference of events, from the structs that decode them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from streams.events import native
from streams.events.decode import MAX_BYTES
from streams.handbook.event_words import AFTER, EXAMPLES, FIELDS, INTRODUCTION, TAKES, TYPES
from streams.handbook.tables import code, page, table

_NEEDED_OF_ALL = ("type", "at")


def events_page() -> str:
    """``docs/reference/events.md``."""
    return page("Event reference", INTRODUCTION, "## Every event", _common(), *_types(), _limits(), AFTER)


def types() -> dict[str, type[msgspec.Struct]]:
    """The structs of events by the ``type`` that they are sent with."""
    structs = (*native.Event.__args__,)  # type: ignore[attr-defined]
    return {str(one.__struct_config__.tag): one for one in structs}


def _common() -> str:
    rows = [("**`type`**", "a text", f"{code(types())}"), *_rows("event", native.Common)]
    return table(("field", "is", "means"), [_bold(row) for row in rows])


def _bold(row: tuple[str, str, str]) -> tuple[str, str, str]:
    name = row[0].strip("*`")
    return (f"**`{name}`**" if name in _NEEDED_OF_ALL else f"`{name}`", *row[1:])


def _types() -> Iterable[str]:
    for kind, struct in types().items():
        yield f"## {kind}"
        yield TYPES[kind]
        rows = list(_rows(kind, struct))
        if rows:
            yield table(("field", "is", "means"), rows)
        if kind == "purchase":
            yield "An item has:"
            yield table(("field", "is", "means"), _rows("item", native.Item))
        yield f"```json\n{EXAMPLES[kind]}\n```"


def _rows(kind: str, struct: type[msgspec.Struct]) -> Iterable[tuple[str, str, str]]:
    """Field, what it takes, what it means; needed ones in bold."""
    inherited = () if struct is native.Common else [one.name for one in msgspec.structs.fields(native.Common)]
    spelled = {
        name: said for base in reversed(struct.__mro__) for name, said in vars(base).get("__annotations__", {}).items()
    }
    for field in msgspec.structs.fields(struct):
        if field.name in inherited:
            continue
        name = field.encode_name
        shown = f"**`{name}`**" if field.required else f"`{name}`"
        taken = "a number" if name == "quantity" else TAKES[_plain(str(spelled[field.name]))]
        yield shown, taken, FIELDS[kind if kind != "cart" else "view"][name]


def _plain(annotation: str) -> str:
    """The annotation without that it may be absent."""
    found = annotation.removeprefix("Union[").removesuffix(", None]") if annotation.endswith(", None]") else annotation
    return found.removeprefix("Union[").removesuffix("]") if "Union" in found else found


def _limits() -> str:
    rows = [
        ("a record's value", f"{MAX_BYTES // 1024 // 1024} MiB"),
        ("a text", f"{native.MAX_TEXT:,} characters"),
        ("categories of a fact", str(native.MAX_CATEGORIES)),
        ("items of an order", f"{native.MAX_ITEMS:,}"),
        ("properties in one `profile` event", f"{native.MAX_PROPERTIES:,}"),
    ]
    return f"## Limits\n\n{table(('of', 'at most'), rows)}"
