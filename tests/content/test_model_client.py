"""The client of the model against a local server that speaks as the Messages API does."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from streams.content.model_client import KEY, URL, Model, ModelError
from streams.settings_content import ContentSettings

pytest.importorskip("anthropic")
SETTINGS = ContentSettings(model="a-model", timeout_ms=2_000)


class Api:
    """What the server answers: a status and a body; and the requests that came."""

    def __init__(self, status: int, body: object) -> None:
        self.status, self.body = status, body
        self.seen: list[dict[str, Any]] = []
        self.headers: dict[str, str] = {}


@contextmanager
def serving(api: Api) -> Iterator[Model]:
    """A model at a local server."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            api.headers = {name.lower(): value for name, value in self.headers.items()}
            api.seen.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            body = api.body if isinstance(api.body, bytes) else json.dumps(api.body).encode()
            self.send_response(api.status)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.send_header("retry-after-ms", "1")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Model(SETTINGS, {KEY: "sk-test", URL: f"http://127.0.0.1:{server.server_address[1]}"})
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)


def answer(text: str = "{}", reason: str = "end_turn") -> dict[str, object]:
    content = [{"type": "text", "text": text}]
    usage = {"input_tokens": 1, "output_tokens": 1}
    whole = {"id": "m", "type": "message", "role": "assistant", "model": "a-model", "stop_sequence": None}
    return {**whole, "content": content, "stop_reason": reason, "usage": usage}


def asked(model: Model) -> str:
    return model("be plain", [{"role": "user", "content": "{}"}], {"type": "object"})


def test_the_text_of_an_answer_comes_back() -> None:
    api = Api(200, answer('{"variants": []}'))
    with serving(api) as model:
        assert asked(model) == '{"variants": []}'
    body = api.seen[0]
    assert body["model"] == "a-model"
    assert body["output_config"] == {"format": {"type": "json_schema", "schema": {"type": "object"}}}
    assert body["system"][0]["text"] == "be plain"
    assert "tools" not in body
    assert api.headers["authorization"] == "Bearer sk-test"


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (401, {"error": {"message": "bad key"}}, "the key in ANTHROPIC_API_KEY was not taken (401): bad key"),
        (404, {"error": {"message": "gone"}}, "there is no model a-model (content.model) (404): gone"),
        (429, {"error": {"message": "slow"}}, "too many requests for this key (429): slow"),
        (529, {"error": {"message": "busy"}}, "the model is overloaded (529): busy"),
        (400, {"error": {"message": "two\nlines"}}, "the request was not taken (400): two lines"),
        (500, b"<html>", "the request was not taken (500)"),
        (200, answer(reason="max_tokens"), "the model did not finish its answer (max_tokens)"),
        (200, answer(reason="refusal"), "the model did not finish its answer (refusal)"),
        (200, b"no JSON", "is no answer of a model"),
        (200, {"content": None}, "is no answer of a model"),
    ],
)
def test_what_fails_is_one_line(status: int, body: object, said: str) -> None:
    api = Api(status, body)
    with serving(api) as model, pytest.raises(ModelError) as caught:
        asked(model)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "sk-test" not in str(caught.value)
    assert len(api.seen) == (3 if status in (429, 529, 500) else 1)


def test_a_server_that_is_away_is_told() -> None:
    model = Model(SETTINGS, {KEY: "sk-test", URL: "http://127.0.0.1:1"})
    with pytest.raises(ModelError, match="cannot be reached"):
        asked(model)


def test_without_a_key_or_a_model_nothing_is_asked() -> None:
    with pytest.raises(ModelError, match="ANTHROPIC_API_KEY is not set"):
        Model(SETTINGS, {})
    with pytest.raises(ModelError, match=r"no model is set \(content\.model\)"):
        Model(ContentSettings(model=None), {KEY: "sk-test"})
