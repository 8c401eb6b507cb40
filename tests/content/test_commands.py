"""The commands: write, preview, export klaviyo-content."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from streams.cli import main
from streams.content.model import SLOTS
from streams.trials.totals import VariantTotals, key_of, value_of
from tests.content.markup import Page
from tests.content.shop import SHIPPED, VOICE, loaded, shop
from tests.language.messages_api import MessagesApi, message

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_key(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("webbrowser.open", lambda url: pytest.fail(f"{url} was opened"))


def run(*words: str | Path) -> int:
    return main([str(word) for word in words])


# -- write ------------------------------------------------------------------------------------------------------------


def test_without_a_key_drafts_come_from_starters(tmp_path: Path, capsys: Capture) -> None:
    folder = shop(tmp_path / "rules")
    assert run("write", "--rules", folder) == 0
    out, err = capsys.readouterr()
    assert "no model is asked; drafts come from template/starters.yaml" in err
    assert out.splitlines() == [f"{folder}/content/{name}.yaml: {count} drafts" for name, count in
                                (("fan", 3), ("keen", 1), ("quiet", 3))]  # fmt: skip
    library = loaded(folder)
    assert {len([*library.copies[name].locales["de"]]) for name in library.copies} == {2}
    assert run("write", "--rules", folder) == 0
    assert capsys.readouterr() == ("", "microseg: nothing is lacking\n")


def test_a_file_for_a_new_rule_is_made(tmp_path: Path) -> None:
    folder = shop(tmp_path / "rules")
    (folder / "content" / "keen.yaml").unlink()
    assert run("write", "keen", "--locales", "de", "--rules", folder) == 0
    keen = loaded(folder).copies["keen"]
    assert (keen.link, keen.products, [*keen.locales]) == ("cart", 3, ["de"])


def test_a_language_without_starters_is_told_and_not_done(tmp_path: Path, capsys: Capture) -> None:
    folder = shop(tmp_path / "rules", voice=VOICE.replace("[en, de]", "[en, nl]"), offers=None, keen=None)
    assert run("write", "keen", "--rules", folder) == 1
    out, err = capsys.readouterr()
    assert "microseg: keen (nl): template/starters.yaml has no more words in nl" in err
    assert "2 drafts" in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["kene"], "there is no live rule kene; did you mean keen?"),
        (["--locales", "fr"], "there is no locale fr"),
        (["--variants", "9"], "invalid choice"),
    ],
)
def test_wrong_words_are_told(tmp_path: Path, capsys: Capture, words: list[str], said: str) -> None:
    folder = shop(tmp_path / "rules")
    try:
        code = run("write", *words, "--rules", folder)
    except SystemExit as exit:
        code = int(str(exit.code))
    assert code == 2
    assert said in capsys.readouterr().err


def test_content_can_be_checked(tmp_path: Path, capsys: Capture) -> None:
    folder = shop(tmp_path / "rules")
    (folder / "content" / "quiet.yaml").unlink()
    assert run("write", "--check", "--rules", folder) == 0
    assert capsys.readouterr().out == "2 segments, 5 variants, 4 approved; no copy: quiet\n"
    (folder / "content" / "keen.yaml").write_text("lnk: x\n", encoding="utf-8")
    assert run("write", "--check", "--rules", folder) == 1
    assert 'content/keen.yaml:1:1: unknown key "lnk"' in capsys.readouterr().err


def test_results_name_the_loser(tmp_path: Path, capsys: Capture) -> None:
    folder = shop(tmp_path / "rules")
    totals = {name: {"sent": 10_000, "clicked": n, "converted": 0} for name, n in (("a", 500), ("b", 300))}
    (tmp_path / "results.json").write_text(json.dumps({"keen": {"en": totals}}), encoding="utf-8")
    assert run("write", "--results", tmp_path / "results.json", "--rules", folder) == 0
    assert capsys.readouterr().out.startswith("keen (en): Retire b: 3.00% clicked against 5.00% of a (")


def test_results_out_of_what_tracking_has_counted(
    kafka: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shop(tmp_path / "rules")
    monkeypatch.setenv("MICROSEG_BROKER", kafka)
    monkeypatch.setenv("MICROSEG_APPLICATION", "copies")
    assert run("write", "--results", "--rules", folder) == 2
    assert "there is no topic copies-outcomes" in capsys.readouterr().err
    admin = AdminClient({"bootstrap.servers": kafka})
    admin.create_topics([NewTopic("copies-outcomes", 1, 1)])["copies-outcomes"].result(20)
    producer = Producer({"bootstrap.servers": kafka})
    for name, clicked in (("a", 500), ("b", 300)):
        part = VariantTotals("keen", "2026-05-06", "-", f"{name}:en", sent=10_000, clicked=clicked)
        producer.produce("copies-outcomes", value_of(part), key_of(0, part))
    assert producer.flush(30) == 0
    assert run("write", "--results", "--rules", folder) == 0
    assert capsys.readouterr().out.startswith("keen (en): Retire b: 3.00% clicked against 5.00% of a (")


def test_a_model_writes_where_there_is_a_key(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = shop(tmp_path / "rules")
    text = {**dict.fromkeys(SLOTS, "Schauen Sie"), "offer": "none"}

    with MessagesApi(message(json.dumps({"variants": [text]}))) as api:
        for name, value in api.environ.items():
            monkeypatch.setenv(name, value)
        assert run("write", "keen", "--rules", folder) == 0
    said = capsys.readouterr().err
    assert "no model" not in said
    assert "claude-sonnet-5-5: 1 request, 1,000 tokens in" in said
    sent, answered = map(json.loads, Path(".microseg/content.jsonl").read_text().splitlines())
    assert (sent["request"], answered["stop_reason"]) == (api.seen[0], "end_turn")
    keen = loaded(folder).copies["keen"].locales["de"]
    assert [(one.subject, str(one.status)) for one in keen] == [("Erstens", "approved"), ("Schauen Sie", "draft")]
    assert run("write", "fan", "--no-model", "--rules", folder) == 0
    assert "no model is asked" in capsys.readouterr().err


# -- preview ----------------------------------------------------------------------------------------------------------


def test_a_mail_is_written_and_opened(tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    folder, file = shop(tmp_path / "rules"), tmp_path / "mail.html"
    assert run("preview", "keen", "--output", file, "--rules", folder) == 0
    assert opened == [file.as_uri()]
    assert capsys.readouterr().out == f"Subject: First\nPreheader: A word\n{file}\n"
    Page(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("words", "subject"),
    [
        (["keen"], "First"),
        (["keen", "--variant", "c"], "Third"),
        (["keen", "--locale", "de-AT"], "Erstens"),
        (["fan/shoes"], "About shoes"),
        (["fan"], "About this part of our shop"),
    ],
)
def test_the_wording_that_is_asked_for_is_shown(
    tmp_path: Path, capsys: Capture, words: list[str], subject: str
) -> None:
    folder = shop(tmp_path / "rules")
    assert run("preview", *words, "--text", "--rules", folder) == 0
    assert capsys.readouterr().out.startswith(f"Subject: {subject}\n\nCorner Shop\n\nHave a look.\n")


def test_a_customer_always_gets_the_same(tmp_path: Path, capsys: Capture) -> None:
    folder = shop(tmp_path / "rules")
    found = set()
    for n in range(12):
        for _ in range(2):
            assert run("preview", "keen", "--customer", f"u{n}", "--text", "--rules", folder) == 0
        one, other = (part.splitlines()[0] for part in capsys.readouterr().out.split("Subject: ")[1:])
        assert one == other
        found.add(one)
    assert found == {"First", "Second"}


def test_products_of_a_file_are_shown(tmp_path: Path, capsys: Capture) -> None:
    folder, file = shop(tmp_path / "rules"), tmp_path / "feed.csv"
    lines = [
        "ID,Name,Price,URL,stock",
        '1,"Scarf, red",9 EUR,https://corner.example/1,3',
        "2,<b>Hat</b>,,https://corner.example/2,",
        "3,Bad,,javascript:x,",
    ]
    file.write_text("\ufeff" + "\n".join(lines), encoding="utf-8")
    assert run("preview", "keen", "--products", file, "--text", "--rules", folder) == 0
    out = capsys.readouterr().out
    assert "* Scarf, red (9 EUR)\n  https://corner.example/1\n* <b>Hat</b>\n" in out
    assert "Bad" not in out


def test_the_gallery_has_every_variant(tmp_path: Path, capsys: Capture) -> None:
    folder, file = shop(tmp_path / "rules"), tmp_path / "all.html"
    assert run("preview", "--gallery", file, "--no-open", "--rules", folder) == 0
    html = file.read_text(encoding="utf-8")
    assert html.count("<iframe ") == html.count('sandbox loading="lazy" srcdoc="&lt;!DOCTYPE html&gt;') == 6
    assert "3 segments, 6 mails" in html
    assert 'class="draft">en, c, draft' in html
    assert run("preview", "--gallery", file, "--locale", "de", "--no-open", "--rules", folder) == 0
    assert file.read_text(encoding="utf-8").count("<iframe ") == 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name a segment, or --gallery FILE for all of them"),
        (["kene"], "there is no copy of kene; did you mean keen?"),
        (["keen", "--locale", "fr"], "voice.yaml has no locale for fr; it has en, de"),
        (["keen", "--variant", "x"], "keen has no variant x in en"),
        (["fan", "--locale", "de"], "fan has no copy in de; microseg write fan makes drafts"),
        (["fan", "--locale", "de", "--customer", "ana"], "fan has no approved copy in de, so ana gets none"),
        (["keen", "--products", "nowhere.csv"], "nowhere.csv: No such file or directory"),
    ],
)
def test_what_cannot_be_shown_is_told(tmp_path: Path, capsys: Capture, words: list[str], said: str) -> None:
    folder = shop(tmp_path / "rules")
    assert run("preview", *words, "--text", "--rules", folder) == 2
    assert said in capsys.readouterr().err


def test_a_table_without_names_is_told(tmp_path: Path, capsys: Capture) -> None:
    folder, file = shop(tmp_path / "rules"), tmp_path / "feed.csv"
    file.write_text("id,nme\n1,x\n", encoding="utf-8")
    assert run("preview", "keen", "--products", file, "--rules", folder) == 1
    assert f'{file}:1:1: no column name; did you mean "nme"?' in capsys.readouterr().err


# -- export -----------------------------------------------------------------------------------------------------------


def test_klaviyos_content_is_printed(tmp_path: Path, capsys: Capture) -> None:
    folder = shop(tmp_path / "rules")
    assert run("export", "klaviyo-content", "--rules", folder) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["properties"] == {
        "microseg_content": {"type": "list", "values": ["keen:a:en", "keen:b:en", "fan:a:en"]}
    }
    assert {*said} == {"properties", "subject", "preheader", "html", "text"}
    assert run("export", "klaviyo-content", "keen", "--locale", "de", "--part", "subject", "--rules", folder) == 0
    printed = '{% if "keen:a:de" in person|lookup:"microseg_content" %}Erstens{% else %}Corner Shop{% endif %}\n'
    assert capsys.readouterr().out == printed


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["klaviyo-content", "quiet"], 2, "no copy of quiet may be mailed"),
        (["klaviyo-content", "fan", "--locale", "de"], 1, "no copy of these is approved"),
        (["klaviyo"], 2, "name the segment that is to be exported"),
    ],
)
def test_what_cannot_be_exported_is_told(
    tmp_path: Path, capsys: Capture, words: list[str], code: int, said: str
) -> None:
    folder = shop(tmp_path / "rules")
    assert run("export", *words, "--rules", folder) == code
    assert said in capsys.readouterr().err


def test_other_commands_do_not_mind_the_folders_of_content(tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "rules"
    shutil.copytree(SHIPPED, folder)
    assert run("check", folder) == 0
    assert run("fmt", "--check", folder) == 0
