"""Editions: what follows on what, and what a record says."""

from __future__ import annotations

import json

import pytest

from streams.rulebook.edition import HISTORY, Edition, edition_of, first_edition

FILES = {"active/a.yaml": "title: Ä\n"}


def course(*digests: str) -> Edition:
    """The edition that is live after these were published one after the other."""
    first, *others = digests
    edition = first_edition(first, FILES, 0, "w")
    for digest in others:
        edition = edition.after(digest, FILES, 0, "w")
    return edition


def test_a_record_says_who_and_when_and_what_was_before() -> None:
    edition = course("a", "b").after("c", FILES, 1_767_225_600_001, "w2")
    assert json.loads(edition.to_bytes()) == {
        "digest": "c",
        "files": FILES,
        "at": "2026-01-01T00:00:00.001Z",
        "worker": "w2",
        "history": ["b", "a"],
    }
    assert edition_of(edition.to_bytes()) == edition


@pytest.mark.parametrize(
    ("digests", "history"),
    [
        (["a"], []),
        (["a", "a"], []),
        (["a", "b", "a"], ["b"]),
        (["a", "b", "c", "b"], ["c", "a"]),
        (["a", "b", "b", "c"], ["b", "a"]),
    ],
)
def test_the_history_has_each_other_digest_once(digests: list[str], history: list[str]) -> None:
    assert course(*digests).history == history


def test_the_history_ends_somewhere() -> None:
    edition = course(*(str(number) for number in range(HISTORY + 50)))
    assert edition.history == [str(number) for number in range(HISTORY + 48, 48, -1)]


NO_EDITIONS = [b"", b"no", b"[]", b'{"digest":"a"}', b'{"digest":1,"files":{},"at":"","worker":""}']


@pytest.mark.parametrize("value", NO_EDITIONS)
def test_what_is_no_edition_is_refused(value: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        edition_of(value)


def test_what_a_later_version_adds_is_passed_over() -> None:
    value = json.dumps({"digest": "a", "files": {}, "at": "", "worker": "w", "history": [], "mood": 1}).encode()
    assert edition_of(value) == Edition("a", {}, "", "w")
