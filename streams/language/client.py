"""One request to the Messages API and its answer; the only module that knows the network.

The SDK repeats what fails for a while (429, 529 and other 5xx, lost connections) and honours ``retry-after``; what
fails for good becomes a ModelFault of one line. What is sent is written to a file first.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from streams.language.costs import Spending
from streams.language.errors import ModelFault
from streams.language.texts import visible
from streams.settings_model import Asking

if TYPE_CHECKING:
    from anthropic import Anthropic
    from anthropic.types import Message

Body = dict[str, Any]
KEY, URL = "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"
#: What the SDK repeats after the first time.
RETRIES = 2
_LONGEST_REASON = 200
_ENDED = ("end_turn", "stop_sequence")
_STOPPED = {
    "refusal": "refused to answer",
    "max_tokens": "was cut off at the most tokens that the budget allows",
    "model_context_window_exceeded": "was told more than it can read",
}


class Journal:
    """The file of all that is sent and what came back, one JSON object a line; ``now`` gives a stamp."""

    def __init__(self, path: Path, now: Callable[[], str]) -> None:
        self.path = path
        self._now = now

    def write(self, **entry: object) -> None:
        """Adds a line; raises ModelFault, so that nothing is sent that is not written down."""
        line = json.dumps({"at": self._now(), **entry}) + "\n"  # in ASCII: an answer may hold half a character
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a", encoding="utf-8") as file:
                file.write(line)
            self.path.chmod(0o600)
        except OSError as error:
            raise ModelFault(f"{self.path}: what is sent cannot be written down: {error.strerror}") from error


class Caller:
    """Asks the model that the settings name.

    Raises:
        ModelFault: no model is set, there is no key, or the SDK is not installed.
    """

    def __init__(self, settings: Asking, spending: Spending, journal: Journal, environ: Mapping[str, str]) -> None:
        if not settings.model:
            raise ModelFault(f"no model is set ({settings.section}.model)")
        self.settings = settings
        self.spending = spending
        self.journal = journal
        self._client = _client(settings, environ)

    @property
    def name(self) -> str:
        """The model's name."""
        return self.settings.model or ""

    def ask(self, system: str, messages: list[Body], schema: Body) -> str:
        """The text of the answer to messages; raises ModelFault."""
        body: Body = {
            "model": self.settings.model,
            "max_tokens": 0,
            "system": [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}],
            "messages": messages,
            "output_config": {"effort": self.settings.effort, "format": {"type": "json_schema", "schema": schema}},
        }
        body["max_tokens"] = self.spending.tokens_left(len(json.dumps(body).encode()))
        self.journal.write(request=body)
        text, stop_reason = self._answer(body)
        self.journal.write(stop_reason=stop_reason, tokens=self.spending.tokens, answer=text)
        _check_end(stop_reason)
        return text

    def _answer(self, body: Body) -> tuple[str, str]:
        """The text and why it ended; what it cost is counted."""
        import anthropic

        try:
            answer: Message = self._client.messages.create(**body)
            self.spending.add(answer.usage)
            return "".join(block.text for block in answer.content if block.type == "text"), str(answer.stop_reason)
        except anthropic.APITimeoutError:
            seconds = self.settings.timeout_ms / 1000
            raise ModelFault(
                f"the model gave no answer within {seconds:g} s ({self.settings.section}.timeout)"
            ) from None
        except anthropic.APIConnectionError as error:
            cause = visible(str(error.__cause__ or error))[:_LONGEST_REASON]
            raise ModelFault(f"the model cannot be reached at {self._client.base_url}: {cause}") from None
        except anthropic.APIStatusError as error:
            raise ModelFault(_status_words(error.status_code, _reason(error), self.settings)) from None
        except (TypeError, AttributeError):  # an answer with parts missing, which the SDK hands on
            raise ModelFault(f"what came back from {self._client.base_url} is no answer of a model") from None
        except (anthropic.AnthropicError, ValueError) as error:
            said = visible(str(error))[:_LONGEST_REASON]
            raise ModelFault(f"what came back from {self._client.base_url} is no answer of a model: {said}") from None


def _client(settings: Asking, environ: Mapping[str, str]) -> Anthropic:
    key = environ.get(KEY, "").strip()
    if not key:
        raise ModelFault(f"{KEY} is not set, so no model can be asked")
    try:
        import anthropic
    except ImportError:
        raise ModelFault("the package anthropic is not installed; pip install 'microseg[llm]'") from None
    url = environ.get(URL) or None
    return anthropic.Anthropic(api_key=key, base_url=url, timeout=settings.timeout_ms / 1000, max_retries=RETRIES)


def _check_end(reason: str) -> None:
    if reason not in _ENDED:
        unknown = f"stopped for a reason unknown here, {visible(reason)[:_LONGEST_REASON]}"
        raise ModelFault(f"the model {_STOPPED.get(reason, unknown)}")


def _reason(error: Any) -> str:
    """The API's own words."""
    body = error.body if isinstance(error.body, dict) else {}
    inner = body.get("error")
    said = inner.get("message") if isinstance(inner, dict) else None
    return visible(str(said or error.message))[:_LONGEST_REASON]


def _status_words(status: int, reason: str, settings: Asking) -> str:
    match status:
        case 401 | 403:
            return f"the key in {KEY} was not taken ({status}): {reason}"
        case 404:
            return f"there is no model {settings.model} ({settings.section}.model): {reason}"
        case 429:
            return f"too many requests for this key, also after {RETRIES} repetitions (429): {reason}"
        case 529:
            return f"the model is overloaded, also after {RETRIES} repetitions (529): {reason}"
    return f"the request was not taken ({status}): {reason}"
