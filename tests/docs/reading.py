"""What a block that is no command must be: a rule, examples, events, records, settings, code.

Each function asserts it with the code that reads the real thing.
"""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson

from streams.authoring.examples import load_examples
from streams.authoring.run_examples import Shop, failures
from streams.clients.changes import decode_change
from streams.content.load import load_content
from streams.engine.api import DAY_MS
from streams.events.decode import Refusal, decode_event
from streams.exports.mapping import read_mapping
from streams.handbook.events import types
from streams.rules.compile import compile_rules
from streams.rules.load import load_rules
from streams.settings import load_settings
from tests.docs.blocks import ROOT, Block
from tests.library.readme import as_rule

SHIPPED = ROOT / "segment_rules"
_NAMED = re.compile(r"# (?:segment_rules/)?((?:active|trial|proposed|tests)/[a-z0-9-]+\.yaml)\n")
#: A rule that others in snippets refer to.
_BROAD = "title: Everybody\nwhen: {count: views, at_least: 0}\n"


def yaml(block: Block, folder: Path) -> None:
    """A rule, a condition or examples, beside those shipped rules that it names; or the copy of a segment."""
    text = block.text.replace("when: …", "when: {count: views, at_least: 1}")
    if re.search(r"^copy:", text, re.MULTILINE):
        _copy(text, folder)
        return
    path = folder / _place(text)
    for place in ("active", "trial", "tests"):
        (folder / place).mkdir()
    for rule in SHIPPED.glob("active/*.yaml"):
        if re.search(rf"\b{rule.stem}\b", text):
            shutil.copy(rule, folder / "active")
    (folder / "active/all-subscribers.yaml").write_text(_BROAD, encoding="utf-8")
    if path.parent.name == "trial":
        (folder / "active" / path.name).unlink(missing_ok=True)
    whole = text if re.search(r"^(title|- name):", text, re.MULTILINE) else _whole(text)
    path.write_text(whole, encoding="utf-8")
    loaded = load_rules(folder)
    assert compile_rules(loaded, 730 * DAY_MS).names
    assert failures(loaded, load_examples(folder, loaded), Shop()) == []


def _whole(text: str) -> str:
    """A rule of a condition, or of a rule without its title."""
    return f"title: Of a page\n{text}" if re.search(r"^when:", text, re.MULTILINE) else as_rule(text)


def _copy(text: str, folder: Path) -> None:
    rules = shutil.copytree(SHIPPED, folder / "rules")
    (rules / "content/cart-left-behind.yaml").write_text(text, encoding="utf-8")
    (rules / "content/offers.yaml").write_text(
        "offers:\n  free-returns:\n    text: {en: Free returns}\n", encoding="utf-8"
    )
    load_content(rules, load_rules(rules))


def _place(text: str) -> str:
    named = _NAMED.match(text)
    place = named[1] if named else "active/of-a-page.yaml"
    return place.replace("proposed/", "trial/")  # what is proposed is read by nobody


def json_values(block: Block, _: Path) -> None:
    """Events, membership changes, refused records, or any other JSON, one value after another."""
    for value in _values(block.text):
        raw = orjson.dumps(value)
        if isinstance(value, dict) and value.get("type") in types():
            event = decode_event(raw)
            assert not isinstance(event, Refusal), event
        elif isinstance(value, dict) and "seq" in value and "rules" in value:
            assert decode_change(raw).segments == value["segments"]
        elif isinstance(value, dict) and "reason" in value:
            assert set(value) <= {"reason", "topic", "partition", "offset", "dialect", "key", "raw"}


def _values(text: str) -> Iterator[Any]:
    decoder, at = json.JSONDecoder(), 0
    while text[at:].strip():
        value, at = decoder.raw_decode(text, at + len(text[at:]) - len(text[at:].lstrip()))
        yield value


def toml(block: Block, folder: Path) -> None:
    """Settings, or what the columns of a CSV file mean."""
    file = folder / "snippet.toml"
    file.write_text(block.text, encoding="utf-8")
    told = tomllib.loads(block.text)
    if "columns" in told:
        assert read_mapping(file, list(told["columns"].values())) is not None
    else:
        load_settings(file, {})


def python(block: Block, _: Path) -> None:
    """Code that runs; what follows a topic for ever is tried by tests/sinks/test_docs.py."""
    code = compile(block.text, block.place, "exec")
    if "Subscriber(" not in block.text:
        exec(code, {})


READERS: dict[str, Callable[[Block, Path], None]] = {"yaml": yaml, "json": json_values, "toml": toml, "python": python}
