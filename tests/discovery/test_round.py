"""A whole round against a server that speaks the Messages API: what it does with good, bad and no answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from streams.cli import main
from streams.discovery.candidates import Candidate
from streams.discovery.round import Found
from streams.discovery.start import Done, Ground, alone, discover, facts_of
from streams.discovery.told import lines
from streams.errors import MicrosegError
from streams.settings_discovery import Discovery
from tests.discovery import shop
from tests.discovery.shop import candidate, condition, own_rule, proposal
from tests.language.messages_api import MessagesApi, Reply, answer, error, message

SETTINGS = Discovery(timeout_ms=5_000)
Round = Callable[..., Done]


@pytest.fixture
def ground(tmp_path: Path) -> Ground:
    return shop.ground(shop.folder(tmp_path / "rules"))


@pytest.fixture
def one_round(ground: Ground) -> Round:
    """Runs a round with these replies; the server is given back in ``Done`` by its log alone."""

    def run(api: MessagesApi, found: Found | None = None, settings: Discovery = SETTINGS) -> Done:
        return discover(found or shop.found(), ground, settings, api.environ, shop.quiet)

    return run


def measuring(*sizes: int) -> Callable[[Sequence[Mapping[str, Any]]], list[Candidate]]:
    """Measures the model's own rules as having so many members."""

    def measure(rules: Sequence[Mapping[str, Any]]) -> list[Candidate]:
        return [candidate(rule, size) for rule, size in zip(rules, sizes, strict=True)]

    return measure


def names(done: Done) -> list[str]:
    return [one.draft.words.name for one in done.report.written]


def by_search(done: Done) -> bool:
    return {one.draft.by for one in done.report.written} == {"search"} and len(done.report.written) == 3


# -- good answers -----------------------------------------------------------------------------------------------------


def test_a_candidate_is_taken_with_the_models_words(one_round: Round, ground: Ground) -> None:
    with MessagesApi(answer(proposal())) as api:
        done = one_round(api)
    assert (names(done), done.report.fault, done.report.left_out) == (["tempted-by-accessories"], None, [])
    text = (ground.folder / "proposed/tempted-by-accessories.yaml").read_text()
    assert "title: Tempted by accessories" in text
    assert "# Size now: 412 of 20,000 customers (2.1%)." in text
    assert "# Size in past weeks: 2026-05-04 392, 2026-05-11 404, 2026-05-18 418 (from 392 to 418)" in text
    assert "# Overlap with live segments (Jaccard): keen 12%" in text
    assert "#   purchase: 20.4% against 10.0%, lift 2.04 (95 % interval 1.63 to 2.55, 412 members)" in text
    assert "# Beside recency, frequency and money: they explain 20% of the difference; the rest is new." in text
    assert "# The model had expected about 400 members." in text
    assert "# Strategy: Accessories alone" in text
    assert main(["fmt", "--check", str(ground.folder)]) == 0


def test_the_examples_hold_once_a_person_moves_the_file(one_round: Round, ground: Ground) -> None:
    with MessagesApi(answer(proposal())) as api:
        one_round(api)
    assert main(["test", str(ground.folder)]) == 0  # of what is only proposed they rest
    name = "tempted-by-accessories.yaml"
    (ground.folder / "proposed" / name).rename(ground.folder / "active" / name)
    (ground.folder / "active/keen.yaml").unlink()
    assert main(["check", "--strict", str(ground.folder)]) == 0
    assert main(["test", str(ground.folder)]) == 0
    examples = (ground.folder / "tests" / name).read_text()
    assert all(part in examples for part in ("- name: a member", "- name: a non-member", "- name: near the bounds"))


def test_a_rule_of_the_models_own_is_measured(one_round: Round, ground: Ground) -> None:
    rule = own_rule(condition(where=[{"field": "category", "values": ["c1"]}]))
    with MessagesApi(answer(proposal(candidates=[], rule=rule, name="full-carts"))) as api:
        done = one_round(api, Found(shop.evidence(), shop.candidates(), measuring(321)))
    assert names(done) == ["full-carts"]
    text = (ground.folder / "proposed/full-carts.yaml").read_text()
    assert "when: {count: carts, where: {category: accessories}, last: 30d, at_least: 10}" in text
    assert "# Size now: 321 of" in text


def test_no_more_than_the_settings_allow(one_round: Round) -> None:
    three = [proposal(candidates=[f"k{number}"], name=f"group-{number}") for number in (1, 2, 3)]
    with MessagesApi(answer(*three)) as api:
        done = one_round(api, settings=replace(SETTINGS, max_proposals=2))
    assert names(done) == ["group-1", "group-2"]


def test_what_is_asked(one_round: Round) -> None:
    with MessagesApi(answer(proposal())) as api:
        one_round(api)
    (body,) = api.seen
    assert (body["model"], body["output_config"]["effort"]) == ("claude-sonnet-5-5", "high")
    assert body["output_config"]["format"]["type"] == "json_schema"
    assert (
        body["system"][0]["cache_control"]
        == body["messages"][0]["content"][0]["cache_control"]
        == {"type": "ephemeral"}
    )
    assert 0 < body["max_tokens"] <= 20_000
    assert "tools" not in body
    assert any("sk-secret-key" in value for value in api.headers[0].values())  # which header differs between SDKs


def test_what_it_costs_is_counted(one_round: Round) -> None:
    bad = answer(proposal(name="No Name"))
    with MessagesApi(bad, answer(proposal(), read=4_000)) as api:
        done = one_round(api)
    assert done.spending is not None
    assert done.spending.tokens == {"input": 2_000, "written": 4_000, "read": 4_000, "output": 1_000}
    assert done.spending.usd() == pytest.approx((2_000 + 1.25 * 4_000 + 0.1 * 4_000) * 2e-6 + 1_000 * 10e-6)
    assert "2 requests" in done.spending.words()
    assert json.loads(json.dumps(facts_of(done)))["cost"]["requests"] == 2


# -- answers with faults ----------------------------------------------------------------------------------------------


def test_faults_are_handed_back_once_with_the_loaders_words(one_round: Round) -> None:
    wrong = own_rule(condition(of="views.colour", last="3 months"))
    first = answer(proposal(candidates=[], rule=wrong))
    with MessagesApi(first, answer(proposal())) as api:
        done = one_round(api)
    assert names(done) == ["tempted-by-accessories"]
    again = api.seen[1]["messages"]
    assert [one["role"] for one in again] == ["user", "assistant", "user"]
    assert again[0] == api.seen[0]["messages"][0]  # so that the cache knows it
    assert "months and years differ in length" in again[2]["content"]
    assert len(api.seen) == 2


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"name": "Bad Name"}, "no name of 3 to 50"),
        ({"title": "x" * 81}, "at most 80"),
        ({"title": "Buy at https://evil.example"}, "link or an address"),
        ({"strategy": "<script>alert(1)</script>"}, "markup"),
        ({"why": "mail ana@example.com at once"}, "link or an address"),
        ({"candidates": ["k99"]}, "no id of a candidate"),
        ({"candidates": ["k1", "k2"]}, "write the rule"),
        ({"expected_members": -1}, "below 0"),
        (
            {"rule": own_rule(condition(where=[{"field": "category", "values": ["Bags"]}]))},
            "'Bags' is none of the values",
        ),
        ({"rule": own_rule(condition(bounds=["1", "2"]))}, "takes 1 in bounds"),
        ({"rule": own_rule(condition(bounds=["many"]))}, "is no number"),
        ({"rule": own_rule(condition(last="3000d"))}, "retention"),
        ({"rule": own_rule(*[condition()] * 7)}, "1 to 6 conditions"),
        ({"rule": own_rule(condition(), for_each="category")}, "no where says $each"),
        ({"rule": own_rule(condition(measure="trend"))}, "needs against"),
        ({"unknown": 1}, "does not fit the schema"),
    ],
)
def test_what_is_wrong_again_is_left_out(one_round: Round, change: dict[str, Any], fault: str) -> None:
    with MessagesApi(answer(proposal(**change))) as api:
        done = one_round(api)
    assert fault in str(done.report.fault)
    assert "\n" not in str(done.report.fault)
    assert by_search(done)
    assert len(api.seen) == 2


def test_what_is_right_is_taken_and_what_is_wrong_is_told(one_round: Round) -> None:
    with MessagesApi(answer(proposal(), proposal(name="B A D"))) as api:
        done = one_round(api)
    assert names(done) == ["tempted-by-accessories"]
    assert [line for line in done.report.left_out if "no name of 3 to 50" in line]


@pytest.mark.parametrize("text", ["", "no JSON", '{"proposals": 3}', "[]", '{"proposals": [{"name": 1}]}', "\ud800"])
def test_an_answer_off_the_schema(one_round: Round, text: str) -> None:
    with MessagesApi(message(text)) as api:
        done = one_round(api)
    assert "does not fit the schema" in str(done.report.fault)
    assert by_search(done)


# -- no answers -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (message("I cannot help with this.", "refusal"), "refused to answer"),
        (message('{"proposals": [', "max_tokens"), "cut off"),
        (message("x", "model_context_window_exceeded"), "more than it can read"),
        (message("x", "some_new_reason"), "some_new_reason"),
        (error(401, "authentication_error", "invalid x-api-key"), "ANTHROPIC_API_KEY was not taken (401)"),
        (error(404, "not_found_error", "model: claude-old"), "there is no model claude-sonnet-5-5"),
        (error(400, "invalid_request_error", "schema is too\ncomplex"), "(400): schema is too complex"),
        (error(429, "rate_limit_error", "slow down"), "also after 2 repetitions (429)"),
        (error(529, "overloaded_error", "Overloaded"), "also after 2 repetitions (529)"),
        (error(500, "api_error", "Internal"), "(500): Internal"),
        (Reply(b"<html>a proxy</html>", headers={"content-type": "text/html"}), "no answer of a model"),
        (Reply(b'{"type": "message"}'), "no answer of a model"),
        (Reply(b"{"), "no answer of a model"),
    ],
)
def test_a_fault_is_one_line_and_the_search_goes_on(one_round: Round, ground: Ground, reply: Reply, fault: str) -> None:
    with MessagesApi(reply) as api:
        done = one_round(api)
    said = str(done.report.fault)
    assert fault in said
    assert "\n" not in said
    assert by_search(done)
    assert any(said in line for line in lines(done))
    before = (ground.folder / "active/keen.yaml").read_text()
    assert before == shop.LIVE


@pytest.mark.parametrize("status", [429, 529])
def test_what_passes_is_waited_for(one_round: Round, status: int) -> None:
    with MessagesApi(error(status, "overloaded_error", "wait"), answer(proposal())) as api:
        done = one_round(api)
    assert (names(done), done.report.fault, len(api.seen)) == (["tempted-by-accessories"], None, 2)
    assert api.seen[0] == api.seen[1]


def test_a_slow_server(one_round: Round) -> None:
    slow = Reply(answer(proposal()).body, seconds=1.0)
    with MessagesApi(slow) as api:
        done = one_round(api, settings=replace(SETTINGS, timeout_ms=100))
    assert "no answer within 0.1 s (discovery.timeout)" in str(done.report.fault)
    assert by_search(done)


def test_nobody_listens(one_round: Round) -> None:
    with MessagesApi(answer()) as api:
        pass
    done = one_round(api)
    assert "cannot be reached at http://127.0.0.1:" in str(done.report.fault)
    assert by_search(done)


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        (replace(SETTINGS, budget_usd=0.001), "budget of 0.001 dollars"),
        (replace(SETTINGS, model="claude-of-tomorrow"), "the price of claude-of-tomorrow is not known"),
    ],
)
def test_nothing_is_sent_that_may_cost_too_much(one_round: Round, settings: Discovery, fault: str) -> None:
    with MessagesApi(answer(proposal())) as api:
        done = one_round(api, settings=settings)
    assert fault in str(done.report.fault)
    assert api.seen == []
    assert by_search(done)


def test_without_a_key(ground: Ground) -> None:
    done = discover(shop.found(), ground, SETTINGS, {}, shop.quiet)
    assert "ANTHROPIC_API_KEY is not set" in str(done.report.fault)
    assert by_search(done)


def test_without_a_model(ground: Ground) -> None:
    done = discover(shop.found(), ground, SETTINGS, None, shop.quiet)
    assert done.report.fault is None
    assert by_search(done)
    assert not done.log.exists()


def test_a_log_that_cannot_be_written_keeps_all_at_home(one_round: Round, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with MessagesApi(answer(proposal())) as api:
        done = one_round(api, settings=replace(SETTINGS, log=tmp_path / "file" / "log.jsonl"))
    assert "cannot be written down" in str(done.report.fault)
    assert api.seen == []


# -- what is measured decides ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "why"), [(0, "matches nobody"), (49, "fewer than 50"), (19_000, "is no micro-segment")]
)
def test_rules_of_nobody_and_of_everybody(one_round: Round, size: int, why: str) -> None:
    own = proposal(candidates=[], rule=own_rule(condition()), name="own-one")
    with MessagesApi(answer(own, proposal())) as api:
        done = one_round(api, Found(shop.evidence(), shop.candidates(), measuring(size)))
    assert names(done) == ["tempted-by-accessories"]
    assert any(line.startswith("own-one:") and why in line for line in done.report.left_out)


def test_if_nothing_of_the_models_is_left_the_search_is_proposed(one_round: Round) -> None:
    own = proposal(candidates=[], rule=own_rule(condition()), name="own-one")
    with MessagesApi(answer(own)) as api:
        done = one_round(api, Found(shop.evidence(), shop.candidates(), measuring(0)))
    assert by_search(done)


# -- nothing twice -----------------------------------------------------------------------------------------------------


def again(ground: Ground, now_ms: int | None = None) -> Done:
    return discover(shop.found(), replace(ground, now_ms=now_ms or ground.now_ms), SETTINGS, None, shop.quiet)


def test_the_same_is_not_proposed_again(ground: Ground) -> None:
    assert len(again(ground).report.written) == 3
    second = again(ground)
    assert second.report.written == []
    assert all("says the same as proposed/" in line for line in second.report.left_out)


def test_what_was_retired_of_late_rests_for_ninety_days(ground: Ground) -> None:
    (first, *_) = again(ground).report.written
    retired = ground.folder / "retired" / first.path.name
    retired.parent.mkdir()
    first.path.rename(retired)
    at_ms = retired.stat().st_ctime_ns // 1_000_000
    assert names(again(ground, at_ms + 89 * 86_400_000)) == []
    (back,) = again(ground, at_ms + 91 * 86_400_000).report.written
    assert back.path.stem == f"{first.path.stem}-2"


def test_other_spellings_and_the_members_of_live_segments(ground: Ground, tmp_path: Path) -> None:
    live = {
        "active/other.yaml": "title: T\nwhen: {share: purchases, at_least: 80%, where: {discounted: true}, last: 365d}"
    }
    rules = shop.folder(tmp_path / "more", live)
    some = [
        candidate(shop.PROMOTION, 990, 3.0),
        candidate(shop.SPEEDING, 230, 2.0, overlaps={"keen": 0.85}),
        candidate(shop.BROWSED, 412, 1.0),
        candidate({"when": {"count": "views", "at_least": 90}}, 412, 0.5),
    ]
    done = discover(shop.found(some), shop.ground(rules), SETTINGS, None, shop.quiet)
    assert len(done.report.written) == 1
    assert [line.partition(": ")[2] for line in done.report.left_out] == [
        "says the same as active/other.yaml",
        "has nearly the members of the live segment keen (Jaccard 0.85)",
        "was measured exactly as one that is proposed already",
    ]


def test_nearly_the_members_of_what_is_proposed(ground: Ground) -> None:
    """The same group with other bounds, as a round finds it a week later."""
    again(ground)
    asked: list[tuple[Mapping[str, Any], Sequence[Mapping[str, Any]]]] = []

    def alike(rule: Mapping[str, Any], others: Sequence[Mapping[str, Any]]) -> list[float]:
        asked.append((rule, others))
        return [0.9 if "trend" in str(other) else 0.1 for other in others]

    late = [candidate({"when": {"count": "purchases", "last": "30d", "at_least": 3}}, 220)]
    done = discover(Found(shop.evidence(), late, None, alike), ground, SETTINGS, None, shop.quiet)
    assert done.report.written == []
    (line,) = done.report.left_out
    assert "has nearly the members of proposed/purchases-30-days-2-times-often-before.yaml (Jaccard 0.90)" in line
    ((rule, others),) = asked
    assert rule == late[0].rule
    assert shop.SPEEDING in [dict(other) for other in others]


def test_two_rounds_never_run_at_once(tmp_path: Path) -> None:
    with alone(tmp_path), pytest.raises(MicrosegError, match="another round"), alone(tmp_path):
        pass
    with alone(tmp_path):
        pass


def test_the_same_candidates_give_the_same_files(tmp_path: Path) -> None:
    folders = [shop.folder(tmp_path / name) for name in ("a", "b")]
    for folder in folders:
        discover(shop.found(), shop.ground(folder), SETTINGS, None, shop.quiet)
    first, second = ({p.relative_to(f): p.read_bytes() for p in f.rglob("*.yaml")} for f in folders)
    assert first == second
