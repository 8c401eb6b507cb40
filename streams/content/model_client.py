"""The language model over the network: the only module of content that knows it.

The SDK repeats what fails for a while (429, 529 and other 5xx, lost connections) and honours ``retry-after``; what
fails for good becomes a ContentError of one line.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from streams.content.cleaning import one_line
from streams.content.model import ContentError
from streams.settings_content import ContentSettings

if TYPE_CHECKING:
    from anthropic import Anthropic

KEY, URL = "ANTHROPIC_API_KEY", "ANTHROPIC_BASE_URL"
#: What the SDK repeats after the first time.
RETRIES = 2
#: Of four variants in any language this is several times what they take.
MOST_TOKENS = 16_000
_LONGEST_REASON = 200
_ENDED = ("end_turn", "stop_sequence")


class ModelError(ContentError):
    """The model gave no answer; what was written before stays."""

    exit_code = 2


class Model:
    """A model that answers in JSON.

    Raises:
        ModelError: there is no key, no model is set, or the SDK is not installed.
    """

    def __init__(self, settings: ContentSettings, environ: Mapping[str, str]) -> None:
        if not settings.model:
            raise ModelError(["no model is set (content.model)"])
        self._settings, self._model = settings, settings.model
        self._client = _client(settings, environ)

    def __call__(self, system: str, messages: list[dict[str, Any]], schema: dict[str, Any]) -> str:
        """The text of an answer that fits the schema, as far as the model keeps to it; raises ModelError."""
        import anthropic

        body: dict[str, Any] = {
            "model": self._model,
            "max_tokens": MOST_TOKENS,
            "system": [{"type": "text", "text": system, "cache_control": {"type": "ephemeral"}}],
            "messages": messages,
            "output_config": {"format": {"type": "json_schema", "schema": schema}},
        }
        try:
            answer = self._client.messages.create(**body)
            text = "".join(block.text for block in answer.content if block.type == "text")
            reason = str(answer.stop_reason)
        except anthropic.APITimeoutError:
            seconds = self._settings.timeout_ms / 1000
            raise ModelError([f"the model gave no answer within {seconds:g} s (content.timeout)"]) from None
        except anthropic.APIConnectionError as error:
            cause = one_line(str(error.__cause__ or error))[:_LONGEST_REASON]
            raise ModelError([f"the model cannot be reached at {self._client.base_url}: {cause}"]) from None
        except anthropic.APIStatusError as error:
            raise ModelError([self._refusal(error)]) from None
        except (anthropic.AnthropicError, ValueError, TypeError, AttributeError) as error:
            said = one_line(str(error))[:_LONGEST_REASON]
            raise ModelError([f"what came back from {self._client.base_url} is no answer of a model: {said}"]) from None
        if reason not in _ENDED:
            raise ModelError([f"the model did not finish its answer ({one_line(reason)[:40]})"])
        return text

    def _refusal(self, error: Any) -> str:
        """In words why a request was not taken."""
        body = error.body if isinstance(error.body, dict) else {}
        inner = body.get("error")
        said = inner.get("message") if isinstance(inner, dict) else None
        reason = one_line(str(said or error.message))[:_LONGEST_REASON]
        words = {
            401: f"the key in {KEY} was not taken",
            403: f"the key in {KEY} was not taken",
            404: f"there is no model {self._model} (content.model)",
            429: "too many requests for this key",
            529: "the model is overloaded",
        }
        return f"{words.get(error.status_code, 'the request was not taken')} ({error.status_code}): {reason}"


def _client(settings: ContentSettings, environ: Mapping[str, str]) -> Anthropic:
    key = environ.get(KEY, "").strip()
    if not key:
        raise ModelError([f"{KEY} is not set, so no model can be asked"])
    try:
        import anthropic
    except ImportError:
        raise ModelError(["the package anthropic is not installed; pip install 'microseg[llm]'"]) from None
    url = environ.get(URL) or None
    return anthropic.Anthropic(api_key=key, base_url=url, timeout=settings.timeout_ms / 1000, max_retries=RETRIES)
