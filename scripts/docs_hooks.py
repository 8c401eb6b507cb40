"""Hooks of the documentation's build: what pages call `docs/NAME.md`, as one reads it in the repository, becomes a
link."""

from __future__ import annotations

import posixpath
import re
from typing import Any

PAGE = re.compile(r"(?<!\[)`docs/([\w/-]+\.md)`(?!\])")


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """The page with links to other pages of the site; mkdocs says where one does not exist."""
    here = posixpath.dirname(page.file.src_uri)
    return PAGE.sub(lambda found: f"[`{found[1]}`]({posixpath.relpath(found[1], here or '.')})", markdown)
