"""Each file in ``broken/`` has one mistake; ``messages.tsv`` has the one line that it must be refused with."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.rules.load import RuleErrors, load_rules

BROKEN = Path(__file__).parent / "broken"
MESSAGES = dict(line.split("\t") for line in (BROKEN / "messages.tsv").read_text(encoding="utf-8").splitlines())
#: Rules beside the broken one, for it to refer to.
OTHERS = {
    "fan": "title: F\nfor_each: category\nwhen: {count: views, where: {category: $each}, at_least: 2}\n",
    "no-family": "title: Not one\nwhen: {count: views, at_least: 2}\n",
}


def folder_with(tmp_path: Path, files: dict[str, bytes]) -> Path:
    """A rule folder with these files in ``active/``, by stem."""
    active = tmp_path / "active"
    active.mkdir()
    for stem, data in files.items():
        (active / f"{stem}.yaml").write_bytes(data)
    return tmp_path


def others() -> dict[str, bytes]:
    return {stem: text.encode() for stem, text in OTHERS.items()}


def test_every_broken_file_has_its_message() -> None:
    assert sorted(MESSAGES) == sorted(path.stem for path in BROKEN.glob("*.yaml"))


@pytest.mark.parametrize("stem", sorted(MESSAGES))
def test_a_mistake_is_refused_with_one_line_that_says_where_and_what(stem: str, tmp_path: Path) -> None:
    folder = folder_with(tmp_path, {stem: (BROKEN / f"{stem}.yaml").read_bytes(), **others()})
    with pytest.raises(RuleErrors) as refused:
        load_rules(folder)
    assert refused.value.errors == [f"active/{stem}.yaml:{MESSAGES[stem]}"]


def test_all_mistakes_of_all_files_are_told_at_once(tmp_path: Path) -> None:
    broken = {path.stem: path.read_bytes() for path in BROKEN.glob("*.yaml")}
    with pytest.raises(RuleErrors) as refused:
        load_rules(folder_with(tmp_path, {**broken, **others()}))
    assert sorted(refused.value.errors) == sorted(f"active/{stem}.yaml:{said}" for stem, said in MESSAGES.items())


def test_mistakes_of_one_file_come_in_the_order_of_their_lines(tmp_path: Path) -> None:
    text = "titel: T\nfor: 60\nwhen:\n  all:\n    - {count: purchase, at_least: x}\n"
    text += "    - {segment: nobody, at_least: 1, is: x}\n"
    with pytest.raises(RuleErrors) as refused:
        load_rules(folder_with(tmp_path, {"many": text.encode()}))
    places = [line.split(": ")[0] for line in refused.value.errors]
    lines = (("1", "1"), ("2", "6"), ("5", "15"), ("5", "35"), ("6", "17"), ("6", "25"), ("6", "42"))
    assert places == [f"active/many.yaml:{line}:{column}" for line, column in lines]
