"""The formatter: one form, comments and blank lines kept, the meaning untouched, files replaced whole."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from streams.authoring.files import write_whole
from streams.authoring.fmt import CONDITION_ORDER, RULE_ORDER, WIDTH, NotFormatted, formatted
from streams.cli import main
from streams.memberships.wording import condition_words
from streams.rules.load import load_rules, load_texts
from streams.rules.model import Rule, RuleSet
from streams.rules.parse_condition import CONDITION_KEYS, GROUPS, OF_THE_RULE
from tests.authoring.folders import KEEN, folder_of
from tests.authoring.yaml_values import accepted, rule_text
from tests.laws.rules import WHOLE, rule_sets

#: What is written and what becomes of it.
CASES = {
    "keys of a rule are put in order": (
        "email: {strategy: S}\nwhen: {segment: b}\nfor: 1h\nfor_each: category\nwhy: W\ntitle: T\n",
        "title: T\nwhy: W\nfor_each: category\nwhen: {segment: b}\nfor: 1h\nemail: {strategy: S}\n",
    ),
    "keys of a condition are put in order, in brackets too": (
        "title: T\nwhen:\n  any:\n    - {at_least: 1, last: 7d, where: {price: 5, category: a}, count: views}\n"
        "    - at_least: 2\n      count: views\n",
        "title: T\nwhen:\n  any:\n    - {count: views, where: {price: 5, category: a}, last: 7d, at_least: 1}\n"
        "    - count: views\n      at_least: 2\n",
    ),
    "one indentation": (
        "title: T\nwhen:\n    all:\n    -   count: views\n        at_least: 1\n    -\n      segment: b\n",
        "title: T\nwhen:\n  all:\n    - count: views\n      at_least: 1\n    - segment: b\n",
    ),
    "blanks in brackets": (
        "title: T\nwhen: {  count: views,where: {category: [a,b,  c ]} ,at_least: 1}\n",
        "title: T\nwhen: {count: views, where: {category: [a, b, c]}, at_least: 1}\n",
    ),
    "brackets over several lines become one": (
        "title: T\nwhen: {count: views,\n   at_least: 1}\n",
        "title: T\nwhen: {count: views, at_least: 1}\n",
    ),
    "brackets with comments are opened": (
        "title: T\nwhen: {count: views, # which\n   # how many\n   at_least: 1}\n",
        "title: T\nwhen:\n  count: views  # which\n  # how many\n  at_least: 1\n",
    ),
    "quotes and numbers stay as written": (
        "title: \"T: #1\"\nwhen: {profile: 'a', one_of: [5.50, '5', 80%, \"\"]}\n",
        "title: \"T: #1\"\nwhen: {profile: 'a', one_of: [5.50, '5', 80%, \"\"]}\n",
    ),
    "texts over several lines are indented": (
        "title: T\nwhy: >-\n        folded\n          more\n\n        end # no comment\nwhen: {segment: b}\n"
        "email:\n    strategy: plain\n        over two\n\n        and three\n",
        "title: T\nwhy: >-\n  folded\n    more\n\n  end # no comment\nwhen: {segment: b}\n"
        "email:\n  strategy: plain\n    over two\n\n    and three\n",
    ),
    "a comment goes with what follows": (
        "# when\nwhen:\n  # group\n  all: # all of them\n    # first\n    - segment: b # behind\n"
        "# title\ntitle: T # too\n",
        "# title\ntitle: T  # too\n# when\nwhen:\n  # group\n  all:  # all of them\n    # first\n"
        "    - segment: b  # behind\n",
    ),
    "what is commented out at the end of a list stays there": (
        "title: T\nwhen:\n  all:\n    - segment: b\n\n    # - segment: c\n    #   is: false\n\n"
        "  # of when\n# of email\nemail: {strategy: S}\n",
        "title: T\nwhen:\n  all:\n    - segment: b\n\n    # - segment: c\n    #   is: false\n\n"
        "  # of when\n# of email\nemail: {strategy: S}\n",
    ),
    "a header stays at the top, comments at the end at the end": (
        "# yaml-language-server: $schema=x\nwhen: {segment: b}\ntitle: T\n# end\n",
        "# yaml-language-server: $schema=x\ntitle: T\nwhen: {segment: b}\n# end\n",
    ),
    "comments that stand apart at the top stay there": (
        "# Made by Anna.\n\n# when\nwhen: {segment: b}\n\ntitle: T\n",
        "# Made by Anna.\n\ntitle: T\n# when\nwhen: {segment: b}\n",
    ),
    "blank lines stay, but not at either end": (
        "\n\ntitle: T\n\n\nwhen: {segment: b}\n\n\n",
        "title: T\n\n\nwhen: {segment: b}\n",
    ),
    "line ends and marks of other systems": (
        "\ufefftitle: T\r\nwhen: {segment: b}\r\n", "title: T\nwhen: {segment: b}\n"
    ),
    "a document's own marks": ("---\ntitle: T\nwhen: {segment: b}\n", "title: T\nwhen: {segment: b}\n"),
    "a comment before the first key of an item": (
        "title: T\nwhen:\n  all:\n    -\n      # about b\n      segment: b\n",
        "title: T\nwhen:\n  all:\n    # about b\n    - segment: b\n",
    ),
    "a comment of the key that comes first after all": (
        "title: T\nwhen:\n  all:\n    - at_least: 1\n      # which\n      count: views\n",
        "title: T\nwhen:\n  all:\n    # which\n    - count: views\n      at_least: 1\n",
    ),
    "groups in a list": (
        "title: T\nwhen:\n  all:\n  - any:\n    - segment: b\n    - none: [{segment: c}]\n",
        "title: T\nwhen:\n  all:\n    - any:\n        - segment: b\n        - none: [{segment: c}]\n",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("text", "form"), CASES.values(), ids=CASES)
def test_a_text_and_its_form(text: str, form: str) -> None:
    assert formatted(text) == form


@pytest.mark.parametrize(("text", "form"), CASES.values(), ids=CASES)
def test_a_form_stays(text: str, form: str) -> None:
    assert formatted(formatted(text)) == form


def test_what_does_not_fit_on_a_line_is_opened() -> None:
    products = ", ".join(f"product-{n}" for n in range(20))
    made = formatted(f"title: T\nwhen: {{at_least: 1, count: views, where: {{product: [{products}]}}}} # long\n")
    assert made.startswith("title: T\nwhen:  # long\n  count: views\n  where:\n    product:\n      - product-0\n")
    assert made.endswith("      - product-19\n  at_least: 1\n")
    assert all(len(line) <= WIDTH for line in made.splitlines())


def test_every_key_has_its_place() -> None:
    assert sorted(RULE_ORDER) == sorted(OF_THE_RULE)
    assert sorted(CONDITION_ORDER) == sorted(CONDITION_KEYS)


def test_a_text_that_cannot_be_moved_is_left_alone() -> None:
    with pytest.raises(NotFormatted, match="cannot be moved"):
        formatted("title: T\nwhen: {segment: b}\nemail:\n    strategy: |2\n        two more\n")


def commented(text: str, comments: list[tuple[int, str]]) -> str:
    """The text with comments behind some lines, at some alone, and some blank lines."""
    lines = text.splitlines()
    for number, (at, kind) in enumerate(comments):
        place = at % len(lines)
        if kind == "blank":
            lines.insert(place, "")
        elif kind == "alone":
            indent = len(lines[place]) - len(lines[place].lstrip())
            lines.insert(place, f"{' ' * indent}# alone {number}")
        elif "#" not in lines[place] and lines[place].strip():
            lines[place] += f" # behind {number}"
    return "\n".join(lines) + "\n"


def comments_of(text: str) -> list[str]:
    return sorted(line.partition("#")[2].strip() for line in text.splitlines() if "#" in line)


def as_people_write(rule: Rule, step: int) -> str:
    """The file of a rule with its groups, and conditions that take long, on lines of their own."""
    lines = written(condition_words(rule.when), step)
    block = "\n".join(["when:", *(" " * step + line for line in lines)])
    return block + "\n" + rule_text(rule).partition("\n")[2]


def written(words: dict[str, Any], step: int) -> list[str]:
    """The lines of a condition."""
    kind, parts = next(iter(words.items()))
    if kind in GROUPS:
        pad, items = " " * step, [written(part, step) for part in parts]
        dashed = [("- " if n == 0 else "  ") + line for item in items for n, line in enumerate(item)]
        return [f"{kind}:", *(pad + line for line in dashed)]
    if len(words) < 4:
        return [json.dumps(words, ensure_ascii=False)]
    return [f"{name}: {json.dumps(value, ensure_ascii=False)}" for name, value in reversed(words.items())]


COMMENTS = st.lists(st.tuples(st.integers(0, 99), st.sampled_from(("alone", "behind", "blank"))), max_size=8)


@settings(max_examples=150, deadline=None)
@given(rule_sets(WHOLE, most=1), st.integers(1, 4), COMMENTS)
def test_comments_and_meaning_are_kept_and_the_form_stays(
    rules: RuleSet, step: int, comments: list[tuple[int, str]]
) -> None:
    text = commented(as_people_write(rules.rules[0], step), comments)
    assume(accepted(text))
    made = formatted(text)
    assert comments_of(made) == comments_of(text)
    assert formatted(made) == made
    assert digest(made) == digest(text)
    keys = [line.split(":")[0] for line in made.splitlines() if line[:1].isalpha()]
    assert keys == sorted(keys, key=RULE_ORDER.index)


def digest(text: str) -> str:
    """Of one rule, with whatever it may refer to."""
    others = {f"active/r{n}.yaml": "title: O\nwhen: {count: views, exactly: 1}\n" for n in range(4)}
    return load_texts({**others, "active/z.yaml": text}).digest


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([*CASES.values()]), COMMENTS)
def test_comments_anywhere_are_kept(case: tuple[str, str], comments: list[tuple[int, str]]) -> None:
    text = commented(case[1], comments)
    assume(accepted(text) and "|" not in text and ">" not in text and "over two" not in text)
    made = formatted(text)
    assert comments_of(made) == comments_of(text)
    assert formatted(made) == made


# the command


ORDERLY = formatted(KEEN)
MESSY = "when: {at_least: 1, count: views}\ntitle: T # say\n"
NEAT = "title: T  # say\nwhen: {count: views, at_least: 1}\n"


def test_files_are_replaced_whole_and_keep_their_mode(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_of(tmp_path, {"active/a.yaml": MESSY, "trial/b.yaml": NEAT, "proposed/c.yaml": MESSY})
    (folder / "active" / "a.yaml").chmod(0o640)
    before = load_rules(folder).digest
    assert main(["fmt", str(folder)]) == 0
    assert capsys.readouterr().out.splitlines() == [str(folder / "active/a.yaml"), str(folder / "proposed/c.yaml")]
    assert [(folder / name).read_text() for name in ("active/a.yaml", "trial/b.yaml", "proposed/c.yaml")] == [NEAT] * 3
    assert (folder / "active" / "a.yaml").stat().st_mode & 0o777 == 0o640
    assert load_rules(folder).digest == before
    assert sorted(path.name for path in (folder / "active").iterdir()) == ["a.yaml"]
    assert main(["fmt", str(folder)]) == 0
    assert capsys.readouterr().out == ""


def test_check_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = folder_of(tmp_path, {"active/a.yaml": MESSY, "active/b.yaml": NEAT})
    assert main(["fmt", "--check", str(folder)]) == 1
    assert capsys.readouterr().out == f"would change {folder / 'active/a.yaml'}\n"
    assert (folder / "active" / "a.yaml").read_text() == MESSY
    assert main(["fmt", "--check", str(folder / "active" / "b.yaml")]) == 0


def test_a_broken_file_is_reported_and_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = "when: {count: viws, at_least: 1}\ntitle: T\n"
    folder = folder_of(tmp_path, {"active/a.yaml": broken, "active/b.yaml": MESSY})
    assert main(["fmt", str(folder)]) == 1
    said = capsys.readouterr()
    assert said.err == 'active/a.yaml:1:15: unknown source "viws"; did you mean "views"?\n'
    assert said.out == f"{folder / 'active/b.yaml'}\n"
    assert (folder / "active" / "a.yaml").read_text() == broken
    assert (folder / "active" / "b.yaml").read_text() == NEAT


def test_a_file_whose_form_cannot_change_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    odd = "title: T\nwhen: {segment: b}\nemail:\n    strategy: |2\n        two more\n"
    folder = folder_of(tmp_path, {"active/a.yaml": odd})
    assert main(["fmt", str(folder)]) == 1
    assert capsys.readouterr().err.startswith("active/a.yaml:1:1: not formatted: a text in it cannot be moved")
    assert (folder / "active" / "a.yaml").read_text() == odd


@pytest.mark.parametrize("name", ["gone", "gone.yaml"])
def test_what_is_not_there_is_one_line(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", str(tmp_path / name)]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_folder_of_other_things_is_no_rule_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fmt", str(tmp_path)]) == 2
    assert "no rule folder" in capsys.readouterr().err


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "there").write_text("old")
    (tmp_path / "link").symlink_to(tmp_path / "there")
    write_whole(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there").read_text() == "new"


def test_what_cannot_be_written_leaves_no_draft(tmp_path: Path) -> None:
    (tmp_path / "file").mkdir()
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path / "file", b"x")
    assert os.listdir(tmp_path) == ["file"]
