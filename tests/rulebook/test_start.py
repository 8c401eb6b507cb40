"""What a worker starts with: by its folder and by what is in the topic, which is a real one."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic  # type: ignore[attr-defined]

from streams.rulebook.edition import Edition
from streams.rulebook.guard import HeldBack
from streams.rulebook.publish import publish
from streams.rulebook.reading import FolderRules
from streams.rulebook.start import NoRules, Opened, Start, Unloadable
from streams.rulebook.topic import NoEdition, newest_edition
from streams.settings import Settings

BROKEN = "title: T\nwhan: {count: views}\n"


class Book:
    """A rule folder, a topic of its own, and what was said at starts."""

    def __init__(self, broker: str, folder: Path) -> None:
        self.folder = folder
        self.topic = f"rules-{uuid.uuid4().hex[:8]}"
        self.settings = Settings(broker=broker, application="shop", worker="w1", rules=folder)
        self.said: list[str] = []
        topic = NewTopic(self.topic, num_partitions=1, replication_factor=1)
        admin = AdminClient({"bootstrap.servers": broker})
        admin.create_topics([topic])[self.topic].result()
        self.write(one=1)

    def write(self, **bounds: int) -> None:
        """Makes the folder one of these rules alone."""
        active = self.folder / "active"
        active.mkdir(parents=True, exist_ok=True)
        for path in active.iterdir():
            path.unlink()
        for name, bound in bounds.items():
            (active / f"{name}.yaml").write_text(f"title: {name}\nwhen: {{count: views, at_least: {bound}}}\n")

    def spoil(self) -> None:
        """Breaks the folder."""
        (self.folder / "active" / "odd.yaml").write_text(BROKEN)

    def publish(self, **options: bool) -> Edition:
        """Makes the folder's rules live, as another worker or a command would."""
        return publish(self.settings, self.folder, topic=self.topic, **options)

    def send(self, value: bytes | None) -> None:
        """Puts a record there that no worker wrote."""
        producer = Producer({"bootstrap.servers": self.settings.broker})
        producer.produce(self.topic, value, self.settings.application)
        producer.flush()

    def live(self) -> Edition | None:
        """What is live."""
        return newest_edition(self.settings, self.topic)

    def start(self) -> Opened:
        """Starts as a worker does."""
        opened = Start(self.settings, self.topic, self.said.append).open()
        opened.reader.close()
        return opened


@pytest.fixture
def book(kafka: str, tmp_path: Path) -> Book:
    return Book(kafka, tmp_path)


def test_the_first_start_publishes_the_folder_and_the_next_takes_it(book: Book) -> None:
    first = book.start()
    assert (list(first.edition.files), first.edition.worker, first.edition.history) == (["active/one.yaml"], "w1", [])
    assert book.said == [f"published the rules of {book.folder}: 1 rule, digest {first.edition.digest}"]
    second = book.start()
    assert (second.edition, second.program.digest) == (first.edition, first.edition.digest)
    assert book.live() == first.edition
    assert len(book.said) == 1


@pytest.mark.parametrize("spoil", [Book.spoil, lambda book: book.folder.rename(book.folder.with_name("away"))])
def test_a_folder_that_is_not_good_leaves_the_published_set(book: Book, spoil: Callable[[Book], object]) -> None:
    edition = book.publish()
    spoil(book)
    opened = book.start()
    assert (opened.edition, opened.program.digest) == (edition, edition.digest)
    assert not isinstance(opened.folder, FolderRules)
    assert (book.live(), book.said) == (edition, [])


@pytest.mark.parametrize("value", [None, b"no rule set"])
def test_without_a_published_set_a_good_folder_is_needed(book: Book, value: bytes | None) -> None:
    book.spoil()
    with pytest.raises(NoRules, match="no rules were published yet for the application shop: it needs a good") as away:
        book.start()
    assert away.value.exit_code == 1
    book.send(value)
    with pytest.raises(NoRules if value is None else NoEdition):
        book.start()
    book.write(one=1)
    assert book.start().edition == book.live()


def test_a_record_that_is_no_rule_set_is_replaced(book: Book) -> None:
    book.publish()
    book.send(b"[]")
    opened = book.start()
    assert book.said[0].startswith(f"{book.topic}, offset 1: no rule set: ")
    assert book.said[0].endswith(f"taking those of {book.folder}")
    assert book.live() == opened.edition
    book.send(b"[]")
    assert book.publish() == book.live()


def test_what_was_edited_while_no_worker_ran_goes_live(book: Book) -> None:
    old = book.publish()
    book.write(one=1, two=2)
    opened = book.start()
    assert opened.program.digest == opened.edition.digest == opened.folder.digest  # type: ignore[union-attr]
    assert (opened.edition.history, opened.waiting) == ([old.digest], None)
    assert book.live() == opened.edition


def test_what_was_removed_while_no_worker_ran_waits_for_the_sizes(book: Book) -> None:
    old = book.publish()
    book.write(two=2)
    opened = book.start()
    assert opened.waiting is opened.folder
    assert opened.edition == book.live() == old
    (book.folder / "retired").mkdir()
    (book.folder / "retired" / "one.yaml").write_text("")
    opened = book.start()
    assert (opened.waiting, list(opened.edition.files)) == (None, ["active/two.yaml"])


def test_a_folder_that_others_replaced_does_not_come_back_by_a_start(book: Book) -> None:
    """Two machines: the later edit stands, however often the one with the older folder starts."""
    book.publish()
    book.write(one=1, two=2)
    newer = book.publish()
    book.write(one=1)
    for _ in range(2):
        opened = book.start()
        assert (opened.edition, opened.waiting, opened.program.digest) == (newer, None, newer.digest)
    assert book.live() == newer


def test_live_rules_that_this_version_refuses(book: Book) -> None:
    old = book.publish()
    newer = Edition("feedc0ffee00", {"active/a.yaml": BROKEN}, old.at, "w9", [old.digest])
    book.send(newer.to_bytes())
    with pytest.raises(Unloadable) as refused:
        book.start()
    head, line = str(refused.value).splitlines()
    assert head == "the live rules feedc0ffee00, published by w9, cannot be loaded by this version:"
    assert line.startswith("active/a.yaml:2:1: ")
    assert refused.value.exit_code == 1
    book.write(one=1, two=2)
    opened = book.start()
    assert "taking those of" in book.said[0]
    assert opened.edition.history == ["feedc0ffee00", old.digest]


def test_publishing_without_a_worker_removes_nothing_unasked(book: Book) -> None:
    old = book.publish()
    book.write(two=2)
    with pytest.raises(HeldBack, match="would remove one; move the file to retired/"):
        book.publish()
    assert book.live() == old
    forced = book.publish(force=True)
    assert book.publish() == forced == book.live()
