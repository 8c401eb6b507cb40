"""What the files of the page promise: that nothing said by a shop is read as markup, and that all of them are there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import streams

SITE = Path(streams.__file__).parent / "dashboard" / "site"
OWN = sorted(path for path in SITE.rglob("*") if path.suffix in (".js", ".css", ".html") and "vendor" not in path.parts)
MODULES = [path for path in OWN if path.suffix == ".js"]
#: ways to make markup, code or inline styles of a text, which the content policy forbids or which would trust it
UNSAFE = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|srcdoc|\beval\("
    r"|new Function|[\"']style[\"']|style:|javascript:|\bon[a-z]+="
)


def named(path: Path) -> str:
    return path.relative_to(SITE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_module_makes_markup_or_code_of_texts(path: Path) -> None:
    assert UNSAFE.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_what_a_module_imports_is_there_and_exported(path: Path) -> None:
    for names, place in re.findall(r"import (?:\{([^}]*)\}|\w+) from \"([^\"]+)\"", path.read_text(encoding="utf-8")):
        target = (path.parent / place).resolve()
        text = target.read_text(encoding="utf-8")
        for name in filter(None, (one.strip() for one in names.split(","))):
            assert re.search(rf"export (?:async )?(?:const|function|class) {name}\b", text), (
                f"{place} exports no {name}"
            )
            assert len(re.findall(rf"\b{name}\b", path.read_text(encoding="utf-8"))) > 1, f"{name} is not used"


@pytest.mark.parametrize("path", OWN, ids=named)
def test_files_are_short_and_so_are_their_lines(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= (250 if path.suffix == ".js" else 400)
    assert [at for at, line in enumerate(lines, 1) if len(line) > 120] == []


def test_the_page_has_no_inline_script_or_style_and_loads_only_what_is_there() -> None:
    page = (SITE / "index.html").read_text(encoding="utf-8")
    assert re.findall(r"<style|style=|\son\w+=|<script(?![^>]*\ssrc=)", page) == []
    loaded = re.findall(r"(?:src|href)=\"([^#\"][^\"]*)\"", page)
    assert loaded
    assert [one for one in loaded if not (SITE / one).is_file()] == []


def test_every_file_is_in_the_package_and_the_library_with_its_licence() -> None:
    project = tomllib.loads((SITE.parents[2] / "pyproject.toml").read_text(encoding="utf-8"))
    assert "dashboard/site/**" in project["tool"]["setuptools"]["package-data"]["streams"]
    assert "Permission is hereby granted" in (SITE / "vendor/uplot/LICENSE").read_text(encoding="utf-8")
    version = re.search(r"\(v([\d.]+)\)", (SITE / "vendor/uplot/uPlot.esm.js").read_text(encoding="utf-8"))
    assert version
    assert version[1] in (SITE / "vendor/README.md").read_text(encoding="utf-8")
