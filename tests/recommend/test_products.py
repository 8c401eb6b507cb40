"""Feeds of products."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from streams.errors import MicrosegError
from streams.recommend.products import Product, read_feed


def feed_of(folder: Path, text: str) -> Path:
    """A file with this text."""
    file = folder / "feed.csv"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_feed(tmp_path: Path) -> None:
    text = (
        "ID,Name,price,url,image,category,stock,brand\n"
        'p1,"Scarf, red",19.90 EUR,https://shop/p1,https://shop/p1.jpg,Accessories,3,X\n'
        "p2,,,,,,0,\np3,Cap,,,,,in stock,\np4,Belt,,,,,Out of Stock,\np5,Hat,,,,,,\np6,Tie,,,,,-1,\n"
    )
    feed = read_feed(feed_of(tmp_path, text))
    assert feed.product(" P1") == Product(
        "p1", "Scarf, red", "19.90 EUR", "https://shop/p1", "https://shop/p1.jpg", "Accessories"
    )
    assert feed.product("p9") is None
    assert len(feed) == 6
    assert [name for name in ("p1", "p2", "p3", "p4", "p5", "p6", "p9") if feed.has_in_stock(name)] == [
        "p1",
        "p3",
        "p5",
    ]


def test_without_stock_all_can_be_had(tmp_path: Path) -> None:
    file = tmp_path / "feed.csv.gz"
    file.write_bytes(gzip.compress(b"id,name\np1,Scarf\n"))
    assert read_feed(file).has_in_stock("p1")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("product,name\np1,Scarf\n", "feed.csv:1: there is no column id; a feed has the columns id,name,price"),
        ("id,stock\np1,lots\n,1\np2,1\n P1,2\n", 'feed.csv:2: stock: lots is neither a number nor "in stock"'),
        ("id,stock\np1,lots\n,1\np2,1\n P1,2\n", "feed.csv:3: id: is missing"),
        ("id,stock\np2,1\n P2,2\n", "feed.csv:3: id: P2 has an earlier line"),
        ("id,stock\np1\n", "feed.csv:2: has 1 fields, not 2"),
        ("", "feed.csv:1: the first line must name the columns"),
    ],
)
def test_all_that_is_wrong_is_told(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(MicrosegError) as caught:
        read_feed(feed_of(tmp_path, text))
    assert told in str(caught.value)


def test_of_very_many_mistakes_some_are_told(tmp_path: Path) -> None:
    with pytest.raises(MicrosegError, match="and 80 more") as caught:
        read_feed(feed_of(tmp_path, "id,stock\n" + "".join(f"p{number},many\n" for number in range(100))))
    assert len(str(caught.value).splitlines()) == 21


def test_no_such_file(tmp_path: Path) -> None:
    with pytest.raises(MicrosegError, match=r"none\.csv: No such file"):
        read_feed(tmp_path / "none.csv")
