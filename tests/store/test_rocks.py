"""RocksDB as a store: what it holds, what it survives, and what it does not take for good."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from streams.store.errors import StoreError
from streams.store.shelf import Changelog, Shelf, ShelfStore

DAY_S = 86_400.0


class Said(list[str]):
    """What the operator is told."""

    def say(self, text: str, *args: object) -> None:
        """One line."""
        self.append(text % args)


@pytest.fixture
def said() -> Said:
    """What was told."""
    return Said()


@pytest.fixture
def shelf(tmp_path: Path, said: Said) -> Shelf:
    """A worker's stores."""
    return shelf_of(tmp_path, said)


def shelf_of(root: Path, said: Said, topic: str = "t") -> Shelf:
    """Another process's."""
    return Shelf(root / "w", lambda: Changelog(topic, DAY_S), said.say)


def opened(shelf: Shelf, number: int = 0) -> ShelfStore:
    """A store that can be used."""
    store = shelf.store(number)
    store.open()
    return store


def filled(store: ShelfStore, count: int = 2_000) -> dict[bytes, bytes]:
    """Some pairs, written in several steps."""
    chance = random.Random(1)
    pairs = {b"r%06d" % number: chance.randbytes(200) for number in range(count)}
    items = list(pairs.items())
    for start in range(0, count, 500):
        store.write(items[start : start + 500])
    return pairs


def everything(store: ShelfStore) -> dict[bytes, bytes]:
    """All that begins with r."""
    return dict(store.scan(b"r", b"s", 1_000_000))


def test_what_is_written_is_there_also_after_a_restart(shelf: Shelf, tmp_path: Path, said: Said) -> None:
    store = opened(shelf)
    pairs = filled(store)
    assert everything(store) == pairs
    assert store.get([b"r000001", b"none", b"r000000"]) == [pairs[b"r000001"], None, pairs[b"r000000"]]
    assert store.get([]) == []
    assert store.scan(b"r000003", b"r000009", 2) == [(key, pairs[key]) for key in (b"r000003", b"r000004")]
    store.write([(b"r000001", None), (b"r000002", b"")])
    store.close()
    again = opened(shelf_of(tmp_path, said))
    assert again.get([b"r000001", b"r000002"]) == [None, b""]
    assert not said


def test_a_second_store_of_a_partition_takes_the_place_of_the_first(shelf: Shelf) -> None:
    first = opened(shelf)
    first.write([(b"r", b"1")])
    second = opened(shelf)
    assert second.get([b"r"]) == [b"1"]
    with pytest.raises(StoreError, match="the partition has moved"):
        first.get([b"r"])


def test_a_folder_that_another_process_has_open_is_left_alone(shelf: Shelf, tmp_path: Path, said: Said) -> None:
    opened(shelf).write([(b"r", b"mine")])
    other = opened(shelf_of(tmp_path, said))
    assert other.get([b"r"]) == [None]
    assert [line.partition(" is in use")[1] for line in said] == [" is in use"]


@pytest.mark.parametrize("topic", ["another"])
def test_a_store_of_another_topic_is_made_anew(shelf: Shelf, tmp_path: Path, said: Said, topic: str) -> None:
    store = opened(shelf)
    filled(store)
    store.close()
    assert everything(opened(shelf_of(tmp_path, said, topic))) == {}


def test_a_store_that_is_too_old_is_made_anew_and_one_in_use_does_not_age(
    shelf: Shelf, tmp_path: Path, said: Said
) -> None:
    store = opened(shelf)
    pairs = filled(store)
    stamp = tmp_path / "w" / "0" / "stamp.json"
    os.utime(stamp, (time.time_ns() / 1e9 - DAY_S * 0.6,) * 2)
    store.touch()
    store.close()
    again = opened(shelf_of(tmp_path, said))
    assert everything(again) == pairs
    again.close()
    os.utime(stamp, (time.time_ns() / 1e9 - DAY_S * 0.6,) * 2)
    assert everything(opened(shelf_of(tmp_path, said))) == {}


def test_a_cut_or_spoilt_file_is_never_taken_for_good(tmp_path: Path, said: Said) -> None:
    """Whatever file is cut or spoilt wherever: all is there, or an earlier moment, or it is said and made anew."""
    chance = random.Random(3)
    seen = set()
    for number in range(40):
        root = tmp_path / str(number)
        child = "import sys; from tests.store.test_rocks import child; child(sys.argv[1])"
        subprocess.run([sys.executable, "-c", child, str(root)], check=True)
        files = sorted(one for one in (root / "w" / "0" / "rows").iterdir() if one.stat().st_size and one.name != "LOG")
        file = files[number % len(files)]
        data = bytearray(file.read_bytes())
        place = chance.randrange(len(data))
        if number % 3:
            data = data[:place]
        else:
            data[place] ^= 0xFF
        file.write_bytes(data)
        seen.add(moment(root, said))
    assert "whole" in seen
    assert "none" in seen


def moment(root: Path, said: Said) -> str:
    """What a store that ``child`` wrote is now."""
    try:
        store = opened(shelf_of(root, said))
        (last,) = store.get([b"last"])
        rows = store.scan(b"r", b"s", 1_000_000)
    except StoreError:  # then the next process begins anew
        store = opened(shelf_of(root, said))
        assert store.scan(b"", b"\xff", 10) == []
        return "stopped"
    if last is None:
        assert not rows
        return "none"
    assert [value for _, value in rows] == [written(number) for number in range(int(last) + 1)]
    return "whole" if int(last) == 299 else "earlier"


def written(number: int) -> bytes:
    """A value."""
    return random.Random(number).randbytes(3_000)


def child(root: str) -> None:
    """Writes and is killed; some of it is in tables, some in the log."""
    store = opened(shelf_of(Path(root), Said()))
    for number in range(300):
        store.write([(b"r%06d" % number, written(number)), (b"last", b"%d" % number)])
        if number in (100, 200):
            assert store._rocks is not None
            store._rocks._db.flush()
    os._exit(0)


def test_what_is_scrubbed_is_nowhere_on_the_disk(shelf: Shelf, tmp_path: Path) -> None:
    store = opened(shelf)
    filled(store)
    secret = b"ana@example.org"
    store.write([(b"r5", secret * 3), (b"d5", secret)])
    assert store._rocks is not None
    store._rocks._db.flush()
    store.write([(b"r5", secret * 4), (b"r5", None), (b"d5", None)])
    assert anywhere(tmp_path, secret)
    store.scrub([b"r5", b"d5"])
    until = time.monotonic() + 10
    while anywhere(tmp_path, secret) and time.monotonic() < until:
        time.sleep(0.05)
    assert not anywhere(tmp_path, secret)
    assert len(everything(store)) == 2_000


def anywhere(folder: Path, text: bytes) -> bool:
    """Whether any file has it."""
    return any(text in file.read_bytes() for file in folder.rglob("*") if file.is_file())


FULL = """
import resource, sys
from pathlib import Path
from streams.store.errors import StoreError
from tests.store.test_rocks import Said, opened, shelf_of
store = opened(shelf_of(Path(sys.argv[1]), Said()))
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
try:
    for number in range(1000):
        store.write([(b"r%06d" % number, b"x" * 1000), (b"last", b"%d" % number)])
except StoreError as error:
    print(error)
"""


def test_a_full_disk_is_said_and_what_was_written_stays(tmp_path: Path, said: Said) -> None:
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], check=True, capture_output=True, text=True)
    (line,) = done.stdout.splitlines()
    assert line.startswith("the local store ")
    store = opened(shelf_of(tmp_path, said))
    (last,) = store.get([b"last"])
    assert last is not None
    assert len(everything(store)) == int(last) + 1
