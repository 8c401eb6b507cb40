"""The site builds with no broken link or anchor, leaves no page out, and shows nothing that comes from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.docs.blocks import PAGES, ROOT

#: What a browser fetches by itself.
FETCHED = {
    "script": "src",
    "img": "src",
    "link": "href",
    "iframe": "src",
    "source": "src",
    "video": "src",
    "object": "data",
}
_FROM_ELSEWHERE = re.compile(r"(?:url\(|@import)\s*['\"]?(https?:|//)")


class Page(HTMLParser):
    """What a page fetches, and where it points to."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.points: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes addresses."""
        given = {name: value or "" for name, value in attrs}
        canonical = tag == "link" and given.get("rel") in ("canonical", "prev", "next")
        if tag in FETCHED and given.get(FETCHED[tag]) and not canonical:
            self.fetched.append(given[FETCHED[tag]])
        if tag == "a" and given.get("href"):
            self.points.append(given["href"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environ = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True)
    assert built.returncode == 0, built.stdout + built.stderr  # mkdocs says which link, anchor or page
    return folder


def pages(site: Path) -> dict[str, Page]:
    found = {}
    for path in site.rglob("*.html"):
        found[path.relative_to(site).as_posix()] = page = Page()
        page.feed(path.read_text(encoding="utf-8"))
    return found


def test_every_page_is_there(site: Path) -> None:
    sources = [page.relative_to(ROOT / "docs").with_suffix("") for page in PAGES if page.is_relative_to(ROOT / "docs")]
    wanted = {"index.html" if str(one) == "index" else f"{one.as_posix()}/index.html" for one in sources}
    assert wanted <= set(pages(site))


def test_nothing_is_fetched_from_elsewhere(site: Path) -> None:
    foreign = {name: one for name, page in pages(site).items() for one in page.fetched if urlsplit(one).netloc}
    assert foreign == {}
    styles = {path.name for path in site.rglob("*.css") if _FROM_ELSEWHERE.search(path.read_text(encoding="utf-8"))}
    assert styles == set()


def test_links_to_elsewhere_are_whole(site: Path) -> None:
    """Nobody is asked, but each says its host, and is encrypted."""
    outward = {one for page in pages(site).values() for one in page.points if urlsplit(one).scheme}
    assert [one for one in outward if not (one.startswith("https://") and "." in urlsplit(one).netloc)] == []
