"""Answers of a server, small but whole, for states of the page that a real world is seldom in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from importlib.resources import files
from typing import Any
from urllib.parse import unquote, urlsplit

from playwright.sync_api import Page, Route

BASE = "http://dashboard.test/"
NOW = "2026-06-03T14:20:00.000Z"
TOKEN = "the-token"
HOSTILE = "<img src=x onerror=\"document.body.dataset.broken='yes'\">&amp;\u202e'\""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_SITE = files("streams.dashboard").joinpath("site")
_TYPES = {"html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml"}

Said = dict[str, Any]
Refusal = tuple[int, Said]
#: what is said, a refusal, or what makes one of them of the token that came along
Answer = Said | Refusal | Callable[[str | None], Said | Refusal]


def overview(**more: Any) -> Said:
    """A shop at work whose customers may be seen."""
    access = {"token_needed": False, "token_set": True, "customers": True, "actions": False}
    numbers = {
        "customers": 2204,
        "events": 9,
        "events_per_second": 41.5,
        "changes_per_minute": 90.0,
        "refused": 2,
        "lag": 3,
    }
    state = {"clock": "event", "timezone": "UTC", "currency": "EUR", "state": "ready", "progress": 1.0, "trouble": []}
    whose = {"application": "shop", "now": NOW, "rules": "9f2c51d0a7be", "version": "0.1.0", "demo": False}
    counts = {"lag": 3, "workers": 2, "segments": 2, "proposals": 0, "trials": 0}
    return {**whose, **numbers, **state, **counts, "access": access, **more}


def row(name: str, **more: Any) -> Said:
    """One row of the segments."""
    about = {
        "name": name,
        "title": name,
        "why": "Because.",
        "folder": "active",
        "family": None,
        "each": None,
        "values": None,
    }
    moves = {"size": 3, "entered_day": 2, "exited_day": 0, "trend": [[NOW, 2], [NOW, 3]], "everyone": False}
    return {**about, **moves, "health": {"state": "good", "notes": []}, "trial": None, "content": None, **more}


def segment(name: str, **more: Any) -> Said:
    """One segment's page."""
    rule = {
        "rule": f"title: '{name}'\nwhen: {{count: views, at_least: 1}}\n",
        "path": "active/a.yaml",
        "strategy": "Help.",
    }
    course: Said = {"known_since": NOW, "size_over_time": [], "flow": [], "overlap": [], "members": [], "report": None}
    return {**row(name), **rule, **course, **more}


def customer(user: str, **more: Any) -> Said:
    """One customer's page."""
    nothing: Said = {"segments": [], "near": [], "bars": [], "bars_note": None, "facts": [], "facts_total": 0}
    return {"user": user, "now": NOW, "rules": "9f2c", "suppressed": False, "source": "worker", **nothing, **more}


def refusal(status: int, error: str, hint: str = "") -> Refusal:
    """What the server says when it cannot or will not."""
    return status, {"error": error, "hint": hint}


class Server:
    """Stands for the server within the browser: the real site, and answers by path. ``asked``: what was asked of it."""

    def __init__(self, page: Page, answers: Mapping[str, Answer]) -> None:
        self.answers: dict[str, Answer] = {"overview": overview(), "segments": {"segments": []}, **answers}
        self.asked: list[tuple[str, str | None, Any]] = []
        page.route(f"{BASE}**", self._serve)
        self.page = page

    def open(self, view: str = "") -> None:
        """Opens a view."""
        self.page.goto(f"{BASE}#/{view}")

    def _serve(self, route: Route) -> None:
        path = urlsplit(route.request.url).path.lstrip("/") or "index.html"
        if path.startswith("api/"):
            self._answer(route, unquote(path.removeprefix("api/")))
            return
        headers = {"Content-Type": _TYPES[path.rpartition(".")[2]], "Content-Security-Policy": POLICY}
        route.fulfill(body=_SITE.joinpath(path).read_bytes(), headers=headers)

    def _answer(self, route: Route, path: str) -> None:
        token = route.request.headers.get("authorization")
        self.asked.append((path, token, route.request.post_data_json if route.request.method == "POST" else None))
        if path == "stream":
            self._stream(route)
            return
        found: Answer = self.answers.get(path, refusal(404, f"There is nothing called {path}."))
        if callable(found):
            found = found(token)
        status, said = found if isinstance(found, tuple) else (200, found)
        if status == 0:
            route.abort()
            return
        route.fulfill(status=status, body=json.dumps(said), content_type="application/json")

    def _stream(self, route: Route) -> None:
        """Some events, then the stream ends, as when a worker stops."""
        said = self.answers.get("stream", {})
        assert isinstance(said, dict)
        body = ": ping\n\n" + "".join(
            f"event: {kind}\ndata: {json.dumps(one)}\n\n" for kind, some in said.items() for one in some
        )
        route.fulfill(body=body, headers={"Content-Type": "text/event-stream"})
