"""A strict reader of HTML: what a validator would refuse is an error, and what is there can be compared."""

from __future__ import annotations

from html.parser import HTMLParser

VOID = frozenset(("meta", "img", "br", "input"))
#: element -> the elements that may stand right in it; None: any of those below
CHILDREN: dict[str, frozenset[str] | None] = {
    "html": frozenset(("head", "body")),
    "head": frozenset(("meta", "title", "style")),
    "table": frozenset(("tr",)),
    "tr": frozenset(("td",)),
    **dict.fromkeys(("body", "td", "div", "a", "bdi", "title", "style"), None),
}
_FLOW = frozenset(("table", "div", "a", "img", "br", "bdi"))
_GLOBAL = frozenset(("class", "style", "role", "dir", "lang"))
ATTRIBUTES = {
    "meta": frozenset(("charset", "name", "content")),
    "a": frozenset(("href",)),
    "img": frozenset(("src", "alt", "width")),
}
Element = tuple[str, tuple[str, ...]]


class Page(HTMLParser):
    """What is on a page: its elements with the names of their attributes, its addresses and its visible text."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.skeleton: list[Element] = []
        self.addresses: list[str] = []
        self.styles: list[str] = []
        self.text: list[str] = []
        self._open: list[str] = []
        assert html.startswith("<!DOCTYPE html>\n")
        self.feed(html)
        self.close()
        assert self._open == [], f"not closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = tuple(name for name, _ in attrs)
        assert len(set(names)) == len(names), f"{tag} has an attribute twice: {names}"
        assert {*names} <= _GLOBAL | ATTRIBUTES.get(tag, frozenset()), f"{tag}: {names}"
        assert all(value is not None for _, value in attrs), f"{tag} has an attribute without a value"
        parent = self._open[-1] if self._open else ""
        allowed = CHILDREN[parent] if parent else frozenset(("html",))
        assert tag in (_FLOW if allowed is None else allowed), f"{tag} in {parent}"
        assert not (tag == "a" and "a" in self._open), "a link in a link"
        self.skeleton.append((tag, names))
        values = {name: value or "" for name, value in attrs}
        self.addresses += [values[name] for name in ("href", "src") if name in values]
        self.styles += [values["style"]] if "style" in values else []
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        raise AssertionError(f"<{tag}/>")

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not data.strip():
            return
        assert CHILDREN[self._open[-1]] is None, f"text in {self._open[-1]}: {data}"
        if self._open[-1] != "style":
            self.text.append(data)

    def handle_comment(self, data: str) -> None:
        assert data.startswith("[if mso]>"), data
        assert data.endswith("<![endif]"), data
        self.skeleton.append(("comment", (data,)))

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)
