"""The client of the model against a local server that speaks as the Messages API does; discovery's own tests go on
with what is made of its answers."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from streams.language.client import KEY, URL, Caller, Journal
from streams.language.costs import Spending
from streams.language.errors import ModelFault
from streams.settings_content import ContentSettings
from streams.settings_discovery import Discovery
from streams.settings_model import Asking
from tests.language.messages_api import MessagesApi, Reply, error, message

pytest.importorskip("anthropic")
SETTINGS = ContentSettings(model="a-model", timeout_ms=2_000, input_price=1.0, output_price=5.0)


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "log.jsonl", lambda: "now")


def caller(api: MessagesApi, journal: Journal, settings: Asking = SETTINGS) -> Caller:
    return Caller(settings, Spending(settings), journal, api.environ)


def asked(model: Caller) -> str:
    return model.ask("be plain", [{"role": "user", "content": "{}"}], {"type": "object"})


def test_the_text_of_an_answer_comes_back_and_all_is_written_down(journal: Journal) -> None:
    with MessagesApi(message('{"variants": []}')) as api:
        model = caller(api, journal)
        assert asked(model) == '{"variants": []}'
    (body,) = api.seen
    assert body["model"] == "a-model"
    assert body["output_config"] == {
        "effort": "medium",
        "format": {"type": "json_schema", "schema": {"type": "object"}},
    }
    assert body["system"][0]["text"] == "be plain"
    assert "tools" not in body
    sent, answered = map(json.loads, journal.path.read_text().splitlines())
    assert sent == {"at": "now", "request": body}
    assert answered["answer"] == '{"variants": []}'
    assert model.spending.usd() == pytest.approx((1_000 + 1.25 * 4_000) * 1e-6 + 500 * 5e-6)
    assert "sk-secret-key" not in journal.path.read_text()


@pytest.mark.parametrize("settings", [SETTINGS, replace(Discovery(), model="a-model", input_price=1, output_price=1)])
@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (error(401, "authentication_error", "bad key"), "the key in ANTHROPIC_API_KEY was not taken (401): bad key"),
        (error(404, "not_found_error", "gone"), "there is no model a-model ({section}.model): gone"),
        (
            error(429, "rate_limit_error", "slow"),
            "too many requests for this key, also after 2 repetitions (429): slow",
        ),
        (error(529, "overloaded_error", "busy"), "the model is overloaded, also after 2 repetitions (529): busy"),
        (error(400, "invalid_request_error", "two\nlines"), "the request was not taken (400): two lines"),
        (Reply(b"<html>", 500, {"retry-after": "0"}), "the request was not taken (500)"),
        (message("{", "max_tokens"), "the model was cut off"),
        (message("", "refusal"), "the model refused to answer"),
        (message("", "something\nnew"), "stopped for a reason unknown here, something new"),
        (Reply(b"no JSON"), "is no answer of a model"),
        (Reply({"content": None}), "is no answer of a model"),
    ],
)
def test_what_fails_is_one_line(journal: Journal, settings: Asking, reply: Reply, said: str) -> None:
    with MessagesApi(reply) as api, pytest.raises(ModelFault) as caught:
        asked(caller(api, journal, settings))
    assert said.format(section=settings.section) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "sk-secret-key" not in str(caught.value)
    assert len(api.seen) == (3 if reply.status in (429, 529, 500) else 1)


def test_a_server_that_is_slow_or_away_is_told(journal: Journal) -> None:
    hasty = replace(SETTINGS, timeout_ms=50)
    with MessagesApi(Reply({}, seconds=0.5)) as api, pytest.raises(ModelFault, match=r"0\.05 s \(content\.timeout\)"):
        asked(caller(api, journal, hasty))
    with pytest.raises(ModelFault, match="cannot be reached"):
        asked(Caller(SETTINGS, Spending(SETTINGS), journal, {KEY: "sk-test", URL: "http://127.0.0.1:1"}))


def test_nothing_is_sent_that_may_cost_too_much(journal: Journal) -> None:
    with MessagesApi(message("{}")) as api:
        poor, unknown = replace(SETTINGS, budget_usd=0.001), replace(SETTINGS, input_price=None)
        with pytest.raises(ModelFault, match=r"0\.001 dollars \(content\.budget_usd\) does not reach for a request"):
            asked(caller(api, journal, poor))
        with pytest.raises(ModelFault, match=r"set content\.input_price and content\.output_price"):
            asked(caller(api, journal, unknown))
    assert api.seen == []
    assert not journal.path.exists()


def test_without_a_key_or_a_model_nothing_is_asked(journal: Journal) -> None:
    with pytest.raises(ModelFault, match="ANTHROPIC_API_KEY is not set"):
        Caller(SETTINGS, Spending(SETTINGS), journal, {})
    none = ContentSettings(model=None)
    with pytest.raises(ModelFault, match=r"no model is set \(content\.model\)"):
        Caller(none, Spending(none), journal, {KEY: "sk-test"})
