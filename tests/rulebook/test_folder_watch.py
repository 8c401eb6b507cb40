"""Changes of a folder, by instants that the test gives; each is told once, after a second of quiet."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from streams.rulebook.folder_watch import FolderWatch

Change = Callable[[Path], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A rule folder with a rule."""
    made = tmp_path / "rules"
    for name in ("active", "retired"):
        (made / name).mkdir(parents=True)
    (made / "active" / "a.yaml").write_text("title: A\n")
    swap(made, "v1")
    (made / "active" / "b.yaml").symlink_to("..data/b.yaml")
    return made


def same_size_and_stamp(folder: Path) -> None:
    path = folder / "active" / "a.yaml"
    stamp = path.stat()
    path.write_text("title: B\n")
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))


def replaced(folder: Path) -> None:
    (folder / "active" / "new").write_text("title: B\n")
    (folder / "active" / "new").rename(folder / "active" / "a.yaml")


def swap(folder: Path, version: str) -> None:
    """What a mounted Kubernetes ConfigMap does: files are links through ``..data``, which points to a version."""
    (folder / "active" / f"..{version}").mkdir()
    (folder / "active" / f"..{version}" / "b.yaml").write_text(f"title: {version}\n")
    (folder / "active" / "..new").symlink_to(f"..{version}")
    (folder / "active" / "..new").rename(folder / "active" / "..data")


CHANGES: dict[str, Change] = {
    "a new file": lambda folder: (folder / "active" / "b.yaml").write_text(""),
    "another text": lambda folder: (folder / "active" / "a.yaml").write_text("title: Another\n"),
    "another text of the same size and stamp": same_size_and_stamp,
    "an editor's rename": replaced,
    "a removal": lambda folder: (folder / "active" / "a.yaml").unlink(),
    "a move to retired/": lambda folder: (folder / "active" / "a.yaml").rename(folder / "retired" / "a.yaml"),
    "a new folder": lambda folder: (folder / "trial").mkdir(),
    "a folder where files belong": lambda folder: (folder / "active" / "odd").mkdir(),
    "a file that the loader refuses": lambda folder: (folder / "active" / "b.YML").write_text(""),
    "another version of a mounted folder": lambda folder: swap(folder, "v2"),
    "no folder any more": shutil.rmtree,
}
NOTHING: dict[str, Change] = {
    "nothing": lambda folder: None,
    "hidden files": lambda folder: (folder / "active" / ".a.yaml.swp").write_text("x"),
    "an editor's copy": lambda folder: (folder / "active" / "a.yaml~").write_text("x"),
    "a JetBrains editor's draft": lambda folder: (folder / "active" / "a.yaml___jb_tmp___").write_text("x"),
    "vim's test of the folder": lambda folder: (folder / "active" / "4913").write_text(""),
    "a lock of Emacs, a link to nothing": lambda folder: (folder / "active" / ".#a.yaml").symlink_to("ana@host.1:2"),
    "an autosave of Emacs": lambda folder: (folder / "active" / "#a.yaml#").write_text("x"),
    "a proposal": lambda folder: (folder / "proposed").mkdir(),
    "an example": lambda folder: (folder / "tests").mkdir(),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_told_once_when_it_is_over(folder: Path, name: str) -> None:
    watch = FolderWatch(folder)
    assert not watch.changed(10.0)
    CHANGES[name](folder)
    assert [watch.changed(at_s) for at_s in (10.5, 11.0, 11.4)] == [False] * 3
    assert [watch.changed(at_s) for at_s in (11.5, 12.0, 20.0)] == [True, False, False]


@pytest.mark.parametrize("name", NOTHING)
def test_what_the_loader_does_not_look_at_is_no_change(folder: Path, name: str) -> None:
    watch = FolderWatch(folder)
    NOTHING[name](folder)
    assert not any(watch.changed(at_s) for at_s in (1.0, 3.0, 5.0))


def test_every_move_starts_the_wait_anew(folder: Path) -> None:
    watch = FolderWatch(folder)
    for number in range(5):
        (folder / "active" / f"b{number}.yaml").write_text("")
        assert not watch.changed(10 + number * 0.9)
    assert not watch.changed(14.5)
    assert watch.changed(14.7)


def test_what_is_taken_back_is_no_change(folder: Path) -> None:
    watch = FolderWatch(folder)
    shutil.move(folder, folder.with_name("away"))
    assert not watch.changed(1.0)
    shutil.move(folder.with_name("away"), folder)
    assert not any(watch.changed(at_s) for at_s in (1.5, 3.0))


def test_still_says_whether_it_moved_since(folder: Path) -> None:
    watch = FolderWatch(folder)
    assert watch.still()
    (folder / "active" / "b.yaml").write_text("")
    assert not watch.still()
    watch.changed(1.0)
    assert watch.changed(3.0)
    assert watch.still()


def test_a_folder_that_was_never_there(tmp_path: Path) -> None:
    watch = FolderWatch(tmp_path / "none")
    assert not watch.changed(5.0)
    (tmp_path / "none").mkdir()
    watch.changed(6.0)
    assert watch.changed(8.0)
