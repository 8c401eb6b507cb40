"""The hash tables in which compiled code looks texts up, as the reader of plain events does, against a dict."""

from __future__ import annotations

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.intake.reader import Reader
from streams.rows.batch import B_ROW
from streams.rows.tables import FREE, Numbers

TEXTS = st.text("abé", min_size=1, max_size=4)


def looked_up(table: Numbers, texts: list[str]) -> list[int]:
    """The numbers of the texts, FREE where there is none."""
    names = Numbers()
    names.add(b"p", 1)
    head = {"type": "view", "id": "1", "at": 1_767_225_600_000, "product": "p"}
    read = Reader(table, names).read([orjson.dumps({**head, "user": text}) for text in texts])
    found = dict.fromkeys(range(len(texts)), int(FREE))
    found |= {read.record(event): int(read.batch.events[event, B_ROW]) for event in range(len(read))}
    return list(found.values())


@settings(deadline=None)
@given(st.lists(st.tuples(TEXTS, st.sampled_from(("add", "add", "add", "forget", "clear"))), max_size=60))
def test_it_is_a_dict(steps: list[tuple[str, str]]) -> None:
    table, wanted = Numbers(), dict[str, int]()
    for number, (text, step) in enumerate(steps):
        if step == "add" and text not in wanted:
            table.add(text.encode(), number)
            wanted[text] = number
        elif step == "forget":
            table.forget([text.encode()])
            wanted.pop(text, None)
        elif step == "clear" and number % 7 == 0:
            table.clear()
            wanted.clear()
    texts = sorted({text for text, _ in steps})
    assert looked_up(table, texts) == [wanted.get(text, FREE) for text in texts]


def test_it_grows_and_keeps_all() -> None:
    table, texts = Numbers(), [f"customer-{number}" for number in range(20_000)]
    for start in range(0, len(texts), 1_000):
        for number in range(start, start + 1_000):
            table.add(texts[number].encode(), number)
        assert len(table.table.slots) > 2 * start
    assert looked_up(table, texts) == list(range(len(texts)))


def test_what_is_forgotten_is_gone_from_memory() -> None:
    table = Numbers()
    table.add(b"ana@example.org", 0)
    table.add(b"ben", 1)
    table.forget([b"ana@example.org"])
    assert b"ana" not in table.table.bytes.tobytes()
    assert looked_up(table, ["ana@example.org", "ben"]) == [FREE, 1]


def test_room_is_made_of_what_was_forgotten() -> None:
    table = Numbers()
    for number in range(20_000):
        table.add(b"x%d" % number, number)
        table.forget([b"x%d" % number])
    assert len(table.table.slots) <= 4_096


def test_texts_that_come_and_go_leave_nothing_behind() -> None:
    """Not even when there are so many of one text that it would not be looked for any further."""
    table = Numbers()
    for number in range(400):
        table.add(b"ana", number)
        assert looked_up(table, ["ana"]) == [number]
        table.forget([b"ana"])
        assert looked_up(table, ["ana"]) == [FREE]
    for number in range(5_000):  # it grows
        table.add(b"x%d" % number, number)
    assert looked_up(table, ["ana", "x7"]) == [FREE, 7]
