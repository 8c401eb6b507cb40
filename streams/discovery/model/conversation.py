"""The talk with the model: one question, and where the answer has faults one more with the faults in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

from streams.discovery.model.answer_schema import answer_schema
from streams.discovery.model.answers import Read, Suggestion, read_answer
from streams.discovery.model.payload import Payload
from streams.discovery.model.prompt import first_message, repair_messages, system_text
from streams.language.errors import ModelFault


class Asks(Protocol):
    """What gives the text of an answer; raises ModelFault."""

    @property
    def name(self) -> str: ...

    def ask(self, system: str, messages: list[dict[str, Any]], schema: dict[str, Any]) -> str: ...


@dataclass
class Talk:
    """What came of a talk: the suggestions, and what was wrong and is left out, one line each."""

    suggestions: list[Suggestion] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def talk(model: Asks, payload: Payload, most: int, retention_ms: int) -> Talk:
    """The model's suggestions for a payload; raises ModelFault where there is not one that can be used."""
    schema = answer_schema(payload.candidates, payload.names.table())
    messages = [first_message(payload, most)]
    text = model.ask(system_text(), messages, schema)
    read = read_answer(text, payload, retention_ms)
    if read.faults:
        read = _repaired(model, messages, text, read, schema, payload, retention_ms)
    if not read.suggestions and read.faults:
        raise ModelFault(f"nothing that the model answered can be used, also not when asked again: {read.faults[0]}")
    return Talk(read.suggestions, read.faults)


def _repaired(
    model: Asks,
    messages: list[dict[str, Any]],
    text: str,
    first: Read,
    schema: dict[str, Any],
    payload: Payload,
    retention_ms: int,
) -> Read:
    """What a second answer gives; what was sound in the first where that gives nothing."""
    try:
        again = model.ask(system_text(), [*messages, *repair_messages(text, first.faults)], schema)
    except ModelFault as fault:
        return Read(first.suggestions, [*first.faults, str(fault)])
    second = read_answer(again, payload, retention_ms)
    return second if second.suggestions else Read(first.suggestions, second.faults or first.faults)
