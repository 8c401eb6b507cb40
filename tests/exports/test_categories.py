"""The file of products and their categories."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.errors import SettingsError
from streams.exports.categories import read_categories


def written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "categories.csv"
    file.write_bytes(text.encode("utf-8"))
    return file


def test_a_product_may_have_several(tmp_path: Path) -> None:
    file = written(tmp_path, '\ufeffProduct,Category\r\n632910392,Shoes\nred-hat,"Hats, caps"\n\n632910392,Sale\n')
    assert read_categories(file) == {"632910392": ["Shoes", "Sale"], "red-hat": ["Hats, caps"]}
    assert read_categories(None) == {}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", ":1: the first line must be product,category, not "),
        ("sku,type\n", ":1: the first line must be product,category, not sku,type"),
        ("product,category\na\n", ":2: must be a product and a category"),
        ("product,category\na,\n", ":2: must be a product and a category"),
        ("product,category\n" + "".join(f"a,c{n}\n" for n in range(9)), ":10: a has more than 8 categories"),
        ('product,category\n"a,b\n', ": is no CSV in UTF-8"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SettingsError) as raised:
        read_categories(written(tmp_path, text))
    assert said in str(raised.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"none\.csv: No such file"):
        read_categories(tmp_path / "none.csv")
