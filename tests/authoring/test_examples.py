"""Example files: what they may say, and what is refused with which words."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.authoring.event_nodes import event_types, fields_of, item_fields
from streams.authoring.examples import example_mistakes, without_examples
from streams.authoring.model import Acceptance, EventValue
from streams.events.instants import instant_ms
from streams.rules.load import load_rules
from tests.authoring.folders import FAN, KEEN, KEEN_EXAMPLE, example, folder_of, loaded, mistakes

RULES = {"active/keen.yaml": KEEN, "trial/fan.yaml": FAN}
DAY = "2026-05-30T00:00:00Z"


def events_of(root: Path, text: str) -> tuple[EventValue, ...]:
    """The events of an example whose list of events is this."""
    [file] = loaded(root, {**RULES, "tests/keen.yaml": example(text)})[1]
    return file.examples[0].events


def test_the_example_of_the_contract(tmp_path: Path) -> None:
    text = KEEN_EXAMPLE + "  until: {ana: {keen: 2026-06-06T00:00:00Z}}\n  timezone: Europe/Berlin\n"
    [file] = loaded(tmp_path, {**RULES, "tests/keen.yaml": text})[1]
    [one] = file.examples
    assert (file.name, set(file.about), one.name, one.timezone) == ("keen", {"keen"}, "three views", "Europe/Berlin")
    assert (one.place.file, one.place.line) == ("tests/keen.yaml", 1)
    assert one.now_ms == instant_ms("2026-06-01T00:00:00Z")
    assert [(said.user, set(said.segments), said.place.line) for said in one.expect] == [("ana", {"keen"}, 6)]
    assert [(end.user, end.segment, end.at_ms) for end in one.until] == [("ana", "keen", 1780704000000)]


def test_copies_are_later_and_have_ids_of_their_own(tmp_path: Path) -> None:
    found = events_of(tmp_path, f"[{{type: purchase, user: ana, at: {DAY}, order: o, total: 5, times: 3, every: 2h}}]")
    start_ms = instant_ms(DAY)
    assert [event["at"] for event in found] == [start_ms, start_ms + 7_200_000, start_ms + 14_400_000]
    assert [event["order"] for event in found] == ["o", "o-2", "o-3"]
    assert len({event["id"] for event in found}) == 3
    assert all("times" not in event and "every" not in event for event in found)


def test_messages_are_numbered_as_orders_are(tmp_path: Path) -> None:
    found = events_of(tmp_path, f"[{{type: email, user: ana, at: {DAY}, action: sent, message: 7, times: 2}}]")
    assert [(event["message"], event["at"]) for event in found] == [(7, instant_ms(DAY)), ("7-2", instant_ms(DAY))]


def test_an_id_comes_from_the_place_so_that_the_later_is_the_greater(tmp_path: Path) -> None:
    profile = f"{{type: profile, user: ana, at: {DAY}, set: {{a: b}}, times: 11}}"
    ids = [str(event["id"]) for event in events_of(tmp_path, f"[{profile}, {profile}]")]
    assert ids == sorted(ids)
    assert len(set(ids)) == 22


def test_an_id_that_is_there_stays(tmp_path: Path) -> None:
    found = events_of(tmp_path, f"[{{type: erase, id: 7, user: 42, at: {DAY}}}, {{type: erase, user: ana, at: {DAY}}}]")
    assert [(event["id"], event["user"]) for event in found] == [("7", "42"), ("#0002", "ana")]


def test_values_are_those_that_json_would_have(tmp_path: Path) -> None:
    said = "{a: 1, b: 1.50, c: '1', d: true, e: null, f: word, g: -2}"
    [event] = events_of(tmp_path, f"[{{type: profile, user: ana, at: {DAY}, set: {said}}}]")
    assert event["set"] == {"a": 1, "b": 1.5, "c": "1", "d": True, "e": None, "f": "word", "g": -2}


def test_a_number_too_long_for_json_is_text(tmp_path: Path) -> None:
    [event] = events_of(tmp_path, f"[{{type: view, user: ana, at: {DAY}, product: 12345678901234567890}}]")
    assert event["product"] == "12345678901234567890"


def test_a_family_is_spoken_of_by_the_compared_form_of_its_values(tmp_path: Path) -> None:
    text = example(f"[{{type: erase, user: ana, at: {DAY}}}]", "{ana: [keen, 'fan/ SHOES ']}")
    [file] = loaded(tmp_path, {**RULES, "tests/keen.yaml": text})[1]
    assert file.about == {"keen", "fan"}
    assert file.examples[0].expect[0].segments == {"keen", "fan/shoes"}


def test_an_accepted_mutant_is_an_entry_of_its_own(tmp_path: Path) -> None:
    text = KEEN_EXAMPLE + '- mutant: "at_least: 3 -> more_than: 3"\n  because: Nobody minds.\n'
    [file] = loaded(tmp_path, {**RULES, "tests/keen.yaml": text})[1]
    [one] = file.accepted
    assert isinstance(one, Acceptance)
    assert (one.edit, one.because, one.place.line) == ("at_least: 3 -> more_than: 3", "Nobody minds.", 7)


def test_the_fields_are_those_of_the_vocabulary() -> None:
    assert {"view", "cart", "purchase", "refund", "email", "profile", "erase"} <= set(event_types())
    assert {"type", "product", "category", "price", "at", "user", "id"} <= set(fields_of("view"))
    assert "link" in fields_of("email")
    assert set(item_fields()) == {"product", "category", "price", "quantity"}


ERASE = f"{{type: erase, user: ana, at: {DAY}}}"
#: A file's text and what is said of it after "tests/keen.yaml:".
MISTAKES = [
    ("{}", ["1:1: an example file is a list of examples, each of which begins with - name:"]),
    ("[]", ["1:1: an example file is a list of examples, each of which begins with - name:"]),
    ("- word", ["1:3: an example is needed here, with name:, now:, events: and expect:"]),
    ("- {name: a}", [f"1:3: no {key}: in this example" for key in ("events", "expect", "now")]),
    (example(f"[{ERASE}]", more="timezone: Europe/Berlim"),
     ['5:13: "Europe/Berlim" is no IANA time zone; did you mean "Europe/Berlin"?']),
    (example(f"[{ERASE}]", more="untill: {}"), ['5:3: unknown key "untill"; did you mean "until"?']),
    (example(f"[{ERASE}]").replace("T12:00:00Z", "T12:00"),
     ['2:8: "2026-06-01T12:00" is neither an RFC 3339 stamp with an offset nor whole epoch milliseconds']),
    (example("[]"), ["3:11: a list of events is needed"]),
    (example("[word]"), ["3:12: an event has a type and fields, such as {type: view, user: ana, at: …, product: p1}"]),
    (example("[{user: ana}]"),
     ["3:12: no type: in this event; write one of " + ", ".join(event_types())]),
    (example("[{type: viev, user: ana}]"), ['3:19: unknown type of event "viev"; did you mean "view"?']),
    (example(f"[{{type: view, user: ana, at: {DAY}, prodct: p}}]"),
     ['3:62: unknown field "prodct" of a view; did you mean "product"?']),
    (example(f"[{{type: purchase, user: ana, at: {DAY}, order: o, items: [{{product: p, price: 1, colour: red}}]}}]"),
     ['3:107: unknown field "colour" of an item; write one of product, category, price, quantity']),
    (example(f"[{{type: view, user: ana, at: {DAY}}}]"), ["3:12: product is missing"]),
    (example(f"[{{type: view, at: {DAY}, product: p}}]"), ["3:12: user is missing"]),
    (example("[{type: view, user: ana, at: 2026-05-30, product: p}]"),
     ["3:40: at: '2026-05-30' is neither an RFC 3339 stamp with an offset nor whole epoch milliseconds"]),
    (example(f"[{{type: view, user: ana, at: {DAY}, product: p, price: -1}}]"),
     ["3:81: price: -1 is negative"]),
    (example(f"[{{type: email, user: ana, at: {DAY}, action: sent, message: m, machine: 1}}]"),
     ["3:98: machine: Expected bool | null, got int"]),
    (example(f"[{{type: purchase, user: ana, at: {DAY}, order: o, items: [{{product: p, price: 1}}, {{price: 1}}]}}]"),
     ["3:108: items[1]: product is missing"]),
    (example(f"[{{type: email, user: ana, at: {DAY}, action: openned, message: m}}]"),
     ["3:71: action: 'openned' is none of sent, delivered, opened, clicked, bounced, complained, unsubscribed, "
      "resubscribed"]),
    (example(f"[{{type: view, user: ana, at: {DAY}, product: no}}]"),
     ['3:71: no without quotes may be read as true or false; write "no" in quotes']),
    (example(f"[{{type: erase, user: ana, at: {DAY}, times: 2, every: 2}}]"),
     ['3:80: "2" has no unit; did you mean "2d"?']),
    (example(f"[{{type: erase, user: ana, at: {DAY}, every: 2d}}]"),
     ["3:63: every needs times: beside it, such as times: 3"]),
    (example(f"[{{type: erase, user: ana, at: {DAY}, times: 99999}}]"), ["3:70: more than 20000 copies"]),
    (example(f"[{{type: erase, user: ana, at: {DAY}, times: 4, every: 1d}}]"),
     ["3:41: the last copy is at 2026-06-02T00:00:00.000Z, after now; it would not be seen"]),
    (example("[{type: erase, user: ana, at: 2026-06-01T12:00:00.001Z}]"),
     ["3:41: the event is at 2026-06-01T12:00:00.001Z, after now; it would not be seen"]),
    (example(f"[{ERASE}]", "[ana]"),
     ["4:11: expect takes customers and their segments, such as {ana: [lapsing], bob: []}"]),
    (example(f"[{ERASE}]", "{anna: []}"), ['4:12: no event of this example is of a user "anna"; did you mean "ana"?']),
    (example(f"[{ERASE}]", "{ana: keen}"), ["4:17: a list of segments is needed, such as [lapsing], or [] for none"]),
    (example(f"[{ERASE}]", "{ana: [kean]}"), ['4:18: unknown segment "kean"; did you mean "keen"?']),
    (example(f"[{ERASE}]", "{ana: [fan]}"),
     ["4:18: fan is a family; write the segment of one category, such as fan/shoes"]),
    (example(f"[{ERASE}]", "{ana: [keen/shoes]}"),
     ['4:18: keen is no family (it has no for_each); did you mean "keen"?']),
    (example(f"[{ERASE}]", "{ana: [fan/]}"),
     ["4:18: a name is missing; write NAME, or NAME/value for one segment of a family"]),
    (example(f"[{ERASE}]", "{ana: [keen]}", "until: {bob: {keen: never}}"),
     ['5:11: expect says nothing of "bob"; write ana']),
    (example(f"[{ERASE}]", "{ana: [keen]}", "until: {ana: never}"),
     ["5:16: segments and instants are needed, such as {lapsing: never}"]),
    (example(f"[{ERASE}]", "{ana: []}", "until: {ana: {keen: never}}"),
     ["5:17: ana is not expected in keen, and so cannot leave it"]),
    (example(f"[{ERASE}]", "{ana: [keen]}", "until: {ana: {keen: 2026-06-01T12:00:00Z}}"),
     ["5:23: until is an instant after now, or never"]),
    (example(f"[{ERASE}]") * 2, ["5:3: an example of this name stands already in line 1"]),
    ("- {mutant: a}", ["1:3: no because: in this accepted mutant"]),
    ("- {mutant: a, because: b}\n- {mutant: a, because: c}",
     ["2:3: an accepted mutant of this name stands already in line 1"]),
    ("- {mutant: a, becuase: b}", ['1:15: unknown key "becuase"; did you mean "because"?',
                                   "1:3: no because: in this accepted mutant"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), MISTAKES, ids=[said[0] for _, said in MISTAKES])
def test_a_mistake_is_told_with_its_place(text: str, said: list[str], tmp_path: Path) -> None:
    found = mistakes(tmp_path, {**RULES, "tests/keen.yaml": text})
    assert sorted(found) == sorted(f"tests/keen.yaml:{line}" for line in said)


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    files = {"tests/keen.yaml": "- {name: a}", "tests/fan.yaml": "[", "tests/keem.yaml": KEEN_EXAMPLE}
    found = mistakes(tmp_path, RULES | files)
    assert [line.split(": ")[0] for line in found] == [
        "tests/fan.yaml:1:2",
        "tests/keem.yaml:1:1",
        *["tests/keen.yaml:1:3"] * 3,
    ]


def test_a_file_for_no_rule_is_a_mistake(tmp_path: Path) -> None:
    said = 'tests/kean.yaml:1:1: examples of no rule: there is no "kean" in active/ or trial/; did you mean "keen"?'
    assert mistakes(tmp_path, {**RULES, "tests/kean.yaml": KEEN_EXAMPLE}) == [said]


def test_the_examples_of_a_retired_rule_rest_with_it(tmp_path: Path) -> None:
    files = {**RULES, "retired/old.yaml": KEEN, "tests/old.yaml": "anything"}
    assert loaded(tmp_path, files)[1] == []


def test_files_that_are_none_are_passed_over_or_refused(tmp_path: Path) -> None:
    files = {**RULES, "tests/.keen.yaml": "[", "tests/README.md": "x", "tests/keen.yml": "x"}
    said = 'tests/keen.yml:1:1: only files that end in .yaml are read; did you mean "keen.yaml"?'
    assert mistakes(tmp_path, files) == [said]


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {**RULES, "tests/fan.yaml": "x"})
    (folder / "tests" / "fan.yaml").write_bytes(b"- \xff")
    (folder / "tests" / "keen.yaml").symlink_to(folder / "gone")
    assert example_mistakes(folder, load_rules(folder)) == [
        "tests/fan.yaml:1:3: not UTF-8; save the file in that encoding",
        "tests/keen.yaml:1:1: cannot be read: No such file or directory",
    ]


def test_of_broken_rules_the_names_are_known(tmp_path: Path) -> None:
    text = example(f"[{ERASE}]", "{ana: [keen, fan/shoes, kean]}")
    folder = folder_of(tmp_path, {**RULES, "active/keen.yaml": "title: T", "tests/keen.yaml": text})
    assert example_mistakes(folder, None) == ['tests/keen.yaml:4:35: unknown segment "kean"; did you mean "keen"?']


# what strict checking asks for


def test_a_rule_needs_a_member_and_a_non_member(tmp_path: Path) -> None:
    folder = folder_of(tmp_path, {**RULES, "tests/keen.yaml": KEEN_EXAMPLE})
    assert example_mistakes(folder, load_rules(folder)) == []
    assert example_mistakes(folder, load_rules(folder), strict=True) == [
        "active/keen.yaml:1:1: no example of a non-member; add one to tests/keen.yaml",
        "trial/fan.yaml:1:1: no example of a member; add one to tests/fan.yaml",
        "trial/fan.yaml:1:1: no example of a non-member; add one to tests/fan.yaml",
    ]


def test_a_family_has_a_member_in_any_of_its_segments_and_another_file_may_show_it(tmp_path: Path) -> None:
    both = example(f"[{ERASE}, {ERASE.replace('ana', 'bob')}]", "{ana: [fan/bags, keen], bob: []}")
    folder = folder_of(tmp_path, {**RULES, "tests/keen.yaml": both})
    rules = load_rules(folder)
    assert example_mistakes(folder, rules, strict=True) == []
    assert without_examples(*loaded(tmp_path, {})) == []


def test_a_file_of_accepted_mutants_alone_is_no_example(tmp_path: Path) -> None:
    files = {**RULES, "tests/keen.yaml": "- {mutant: a, because: b}"}
    assert without_examples(*loaded(tmp_path, files)) == ["fan", "keen"]
