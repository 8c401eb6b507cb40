"""Pictures as SVG inside a page: intervals, courses, and the parts of a sum. Colours are the page's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from math import isfinite

from streams.reports.alerts import Story
from streams.trials.intervals import Difference
from streams.trials.samples import Sample
from streams.trials.wording import amount, interval

_WIDE = 320
_ROW = 26
_NAMES = 110


def interval_picture(found: Difference, *, shares: bool) -> str:
    """A difference with its interval beside 0; empty where it has no ends."""
    if not (isfinite(found.low) and isfinite(found.high)):
        return ""
    reach = max(abs(found.low), abs(found.high)) * 1.15 or 1.0

    def x(value: float) -> str:
        return f"{(value / reach + 1) / 2 * _WIDE:.1f}"

    kind = "good" if found.above else "bad" if found.below else "open"
    parts = [
        f'<text class="faint" x="{_WIDE / 2}" y="11" text-anchor="middle">0</text>',
        f'<line class="zero" x1="{_WIDE / 2}" x2="{_WIDE / 2}" y1="16" y2="44"/>',
        f'<line class="band {kind}" x1="{x(found.low)}" x2="{x(found.high)}" y1="30" y2="30"/>',
        f'<circle class="dot {kind}" cx="{x(found.value)}" cy="30" r="6"/>',
    ]
    return _picture(48, f"difference {interval(found, shares)}", parts)


def course_picture(numbers: Sequence[float | None], label: str) -> str:
    """A course as a line, the newest on the right with a dot; broken where a number is not known, empty of none."""
    known = [one for one in numbers if one is not None]
    if not known:
        return ""
    low, high = min(known), max(known)
    wide = high - low or 1.0
    step = 112 / max(len(numbers) - 1, 1)
    places = [
        None if one is None else (4 + number * step, 24 - (one - low) / wide * 18 if high > low else 15.0)
        for number, one in enumerate(numbers)
    ]
    lines = [f'<polyline class="course" points="{" ".join(points)}"/>' for points in _runs(places)]
    last = places[-1]
    dot = f'<circle class="dot open" cx="{last[0]:.1f}" cy="{last[1]:.1f}" r="2.5"/>' if last else ""
    return _picture(30, label, [*lines, dot], wide=120)


def _runs(places: Sequence[tuple[float, float] | None]) -> Iterator[list[str]]:
    """The points of each stretch without a gap; a single one is drawn as a short line."""
    run: list[str] = []
    for place in (*places, None):
        if place is not None:
            run.append(f"{place[0]:.1f},{place[1]:.1f}")
        elif run:
            yield run if len(run) > 1 else [run[0], run[0]]
            run = []


def parts_picture(story: Story, names: tuple[str, str]) -> str:
    """A sum and its parts: of each a line from the second share (hollow) to the first (full)."""
    first, second = _whole(story)
    rows = [("all together", first, second), *((one.segment, one.first.mean, one.second.mean) for one in story.parts)]
    top = max(max(first, second) for _, first, second in rows) or 1.0
    parts = [part for number, row in enumerate(rows) for part in _part(*row, top, 30 + number * _ROW)]
    legend = f'<text class="faint" x="{_WIDE}" y="12" text-anchor="end">○ {names[1]}  ● {names[0]}</text>'
    return _picture(18 + len(rows) * _ROW, story.sentence, [legend, *parts])


def _part(name: str, now: float, then: float, top: float, y: int) -> Iterator[str]:
    to, since = (f"{_NAMES + share / top * (_WIDE - _NAMES - 12):.1f}" for share in (now, then))
    kind = "good" if now > then else "bad" if now < then else "open"
    shown = name if len(name) < 17 else f"{name[:15]}…"
    told = f"{name}: {amount(now, True)} against {amount(then, True)}"
    yield f'<text x="0" y="{y + 4}">{escape(shown)}</text>'
    yield f'<line class="band {kind} thin" x1="{since}" x2="{to}" y1="{y}" y2="{y}"/>'
    yield f'<circle class="hollow" cx="{since}" cy="{y}" r="4"/>'
    yield f'<circle class="dot {kind}" cx="{to}" cy="{y}" r="4.5"><title>{escape(told)}</title></circle>'


def _whole(story: Story) -> tuple[float, float]:
    """The two shares of all parts together."""
    return _share([one.first for one in story.parts]), _share([one.second for one in story.parts])


def _share(samples: Sequence[Sample]) -> float:
    return sum(one.y for one in samples) / max(sum(one.n for one in samples), 1)


def _picture(height: int, label: str, parts: Sequence[str], wide: int = _WIDE) -> str:
    body = "".join(parts)
    return f'<svg viewBox="0 0 {wide} {height}" role="img" aria-label="{escape(label)}">{body}</svg>'
