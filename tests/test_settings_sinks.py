"""``[sinks.NAME]`` of the settings."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.errors import SettingsError
from streams.settings import load_settings
from streams.settings_sinks import KINDS
from streams.settings_values import Secret

GOOD = """
[sinks.mail]
kind = "klaviyo"
key = "pk_7f3a"
[sinks.mail.lists]
lapsing = "LIST1"

[sinks.shop]
kind = "webhook"
url = "https://user:pass@example.com/hook"
key = "7f3a"
give_up_after = "2h"
"""


def read(tmp_path: Path, text: str, environ: dict[str, str] | None = None) -> dict[str, object]:
    (tmp_path / "m.toml").write_text(text)
    return dict(load_settings(tmp_path / "m.toml", environ or {}).sinks)


def mistakes(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(SettingsError) as error:
        read(tmp_path, text)
    return [line.replace(f"{tmp_path}/", "") for line in error.value.errors]


def test_what_is_given_and_what_is_not(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_text(GOOD)
    settings = load_settings(tmp_path / "m.toml", {"MICROSEG_SINKS_MAIL_KEY": "pk_other"})
    mail, shop = settings.sinks["mail"], settings.sinks["shop"]
    assert (mail.kind, mail.ids, mail.options["key"]) == ("klaviyo", {"lapsing": "LIST1"}, "pk_other")
    assert mail.options["revision"] == "2026-10-15"
    assert (shop.options["give_up_after"], shop.options["batch"]) == (7_200_000, 500)
    assert "pk_other" not in repr(settings)
    assert "pass" not in repr(settings)
    assert {"pk_other", "7f3a", "https://user:pass@example.com/hook"} <= set(settings.secrets())


def test_what_is_wrong_is_told_all_at_once(tmp_path: Path) -> None:
    text = (
        GOOD.replace("lists", "list").replace("batch", "x").replace('"2h"', '"2"') + 'bach = 3\n[sinks.none]\nkey="x"\n'
    )
    assert mistakes(tmp_path, text) == [
        "m.toml:6: unknown setting sinks.mail.list.lapsing; did you mean sinks.mail.lists?",
        'm.toml:12: sinks.shop.give_up_after must be a duration such as 500ms, 30s, 5m, 1h, 7d or 2w, not "2"',
        "m.toml:13: unknown setting sinks.shop.bach; did you mean sinks.shop.batch?",
        "m.toml:15: sinks.none needs a kind: klaviyo, customerio, braze, webhook",
    ]


def test_what_a_kind_needs(tmp_path: Path) -> None:
    assert mistakes(tmp_path, '[sinks.x]\nkind = "customerio"\n') == [
        "m.toml:2: sinks.x needs site",
        "m.toml:2: sinks.x needs key",
        "m.toml:2: sinks.x needs a table segments of its ids by segment",
    ]
    assert mistakes(tmp_path, '[sinks.x]\nkind = "klavio"\n') == [
        'm.toml:2: sinks.x.kind must be klaviyo or customerio or braze or webhook, not "klavio"; did you mean klaviyo?'
    ]
    assert mistakes(tmp_path, '[sinks.redis]\nkind = "webhook"\nurl = "http://x"\nkey = "x"\n') == [
        "m.toml:2: a sink cannot be named redis, which is the serving store"
    ]
    assert mistakes(tmp_path, "sinks = 3\n") == ["m.toml:1: sinks must be a table, [sinks.NAME]"]


def test_what_sounds_like_a_secret_is_read_as_one() -> None:
    words = ("password", "secret", "token", "credential", "key", "url")
    for kind in KINDS.values():
        for option, (reader, _) in kind.items():
            if any(word in option for word in words):
                assert isinstance(reader("https://example.com"), Secret), option
