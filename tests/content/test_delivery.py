"""What goes with changes, and how sinks tell it."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from streams.content.delivery import content_of, labels_of
from streams.content.live import LOOK_MS, LiveContents, day_of
from streams.content.model import ContentError, Product
from streams.errors import SettingsError
from streams.settings import Settings, load_settings
from streams.settings_content import ContentSettings
from tests.content.shop import KEEN_COPY, loaded, product, shop, variant

TODAY = date(2026, 6, 1)
NOW_MS = 1_780_300_000_000


def two(user: str, segment: str) -> list[Product]:
    return [product(id=f"{user}-{number}") for number in range(5)]


def test_content_is_the_approved_copy_of_the_customer(tmp_path: Path) -> None:
    library = loaded(shop(tmp_path))
    found = content_of(library, "ana", ["keen", "unknown"], TODAY, two)
    assert [*found] == ["keen"]
    keen = found["keen"]
    assert keen["link"] == "https://corner.example/cart?a=1&b=2"
    assert keen["products"] == ["ana-0", "ana-1", "ana-2"]
    locales = keen["locales"]
    assert isinstance(locales, dict)
    assert locales["de"] == {
        "label": "keen:a", "subject": "Erstens", "preheader": "A word", "opening": "Have a look.", "action": "Look",
    }  # fmt: skip
    subjects = {content_of(library, f"u{n}", ["keen"], TODAY)["keen"]["locales"]["en"]["subject"] for n in range(40)}  # type: ignore[index]
    assert subjects == {"First", "Second"}


def test_who_may_not_be_mailed_gets_nothing(tmp_path: Path) -> None:
    library = loaded(shop(tmp_path))
    assert content_of(library, "ana", ["quiet"], TODAY) == {}
    assert labels_of(library, "ana", ["quiet"], TODAY) == []


def test_products_are_absent_where_nobody_recommends_any(tmp_path: Path) -> None:
    library = loaded(shop(tmp_path))
    assert "products" not in content_of(library, "ana", ["keen"], TODAY)["keen"]
    assert content_of(library, "ana", ["keen"], TODAY, lambda *_: [])["keen"]["products"] == []


def test_families_name_their_value(tmp_path: Path) -> None:
    library = loaded(shop(tmp_path))
    found = content_of(library, "ana", ["fan/shoes", "fan/evil.com"], TODAY, two)
    subjects = {segment: one["locales"]["en"]["subject"] for segment, one in found.items()}  # type: ignore[index]
    assert subjects == {"fan/shoes": "About shoes", "fan/evil.com": "About this part of our shop"}
    assert all(one["products"] == [] for one in found.values())


def test_labels_name_the_variant_and_the_language(tmp_path: Path) -> None:
    library = loaded(shop(tmp_path))
    labels = labels_of(library, "ana", ["keen", "fan/shoes", "fan/boots"], TODAY)
    assert labels[0] == "fan:a:en"
    assert labels[1] == "keen:a:de"
    assert labels[2] in ("keen:a:en", "keen:b:en")
    assert len(labels) == 3


def test_an_offer_that_is_over_is_no_longer_told(tmp_path: Path) -> None:
    text = "link: shop\ncopy:\n  en:\n" + variant("a", more="offer: spring")
    library = loaded(shop(tmp_path, keen=text))
    assert "keen" in content_of(library, "ana", ["keen"], date(2026, 6, 30))
    assert content_of(library, "ana", ["keen"], date(2026, 7, 1)) == {}


# -- beside a process that runs on ------------------------------------------------------------------------------------


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.ms = NOW_MS

    def __call__(self) -> int:
        return self.ms


def live(folder: Path, clock: Hand, said: list[str]) -> LiveContents:
    return LiveContents(replace(Settings(), rules=folder), clock, said.append)


def edited(folder: Path, text: str) -> None:
    path = folder / "content" / "keen.yaml"
    path.write_text(text, encoding="utf-8")
    os.utime(path, ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns + 1_000_000))


def test_changed_files_are_read_again_and_broken_ones_change_nothing(tmp_path: Path) -> None:
    said: list[str] = []
    folder, clock = shop(tmp_path), Hand()
    contents = live(folder, clock, said)

    def subject() -> object:
        return contents.of("ana", ["keen"])["keen"]["locales"]["de"]["subject"]  # type: ignore[index]

    edited(folder, KEEN_COPY.replace("Erstens", "Zuerst"))
    clock.ms += LOOK_MS - 1
    assert (subject(), said) == ("Erstens", [])
    clock.ms += 1
    assert (subject(), said) == ("Zuerst", ["the content has changed and was read again"])
    edited(folder, "lnk: x\n")
    clock.ms += LOOK_MS
    assert subject() == "Zuerst"
    clock.ms += LOOK_MS
    assert subject() == "Zuerst"
    assert len(said) == 2
    assert "cannot be used, the last good one stays: content/keen.yaml:1:1" in said[1]


def test_broken_content_at_the_start_is_told(tmp_path: Path) -> None:
    folder = shop(tmp_path, keen="lnk: x\n")
    with pytest.raises(ContentError, match=r"content/keen\.yaml:1:1"):
        live(folder, Hand(), [])


def test_the_day_is_the_shops() -> None:
    assert day_of(1_780_358_400_000 - 1, "UTC") == date(2026, 6, 1)
    assert day_of(1_780_358_400_000 - 1, "Asia/Tokyo") == date(2026, 6, 2)


# -- settings ---------------------------------------------------------------------------------------------------------


def test_the_command_hands_content_to_sinks_only_where_it_is_set(tmp_path: Path) -> None:
    from streams.commands.deliver import _contents

    settings = replace(Settings(), rules=shop(tmp_path))
    with _contents(settings, lambda _: None) as contents:
        assert contents is None


def test_settings_of_content_are_read(tmp_path: Path) -> None:
    file = tmp_path / "microseg.toml"
    file.write_text('[content]\ndeliver = true\nmodel = ""\ntimeout = "5s"\n', encoding="utf-8")
    found = load_settings(file, {"MICROSEG_CONTENT_MODEL": "claude-x"})
    assert found.content == ContentSettings(deliver=True, model="claude-x", timeout_ms=5_000)
    assert load_settings(file, {}).content.model is None


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("content.delivr = true", "unknown setting content.delivr; did you mean content.deliver?"),
        ("content.deliver = 1", "content.deliver must be true or false, not 1"),
        ('content.model = "a b"', "content.model must be the name of a model"),
        ('content.timeout = "0s"', "content.timeout must be a duration"),
    ],
)
def test_wrong_settings_of_content_are_told(tmp_path: Path, line: str, said: str) -> None:
    file = tmp_path / "microseg.toml"
    file.write_text(line, encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        load_settings(file, {})
    assert said in str(caught.value)
