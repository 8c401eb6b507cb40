"""References between segments: each must exist, and they must not form a circle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from streams.rules.errors import Problems, quoted
from streams.rules.model import Place, Rule, SegmentTest
from streams.rules.nearest import hint

#: A folder of many segments that all refer to one another has far more circles than are worth finding.
MOST_CIRCLES = 20


def check_references(
    references: Mapping[str, Sequence[SegmentTest]],
    rules: Sequence[Rule],
    folders: Mapping[str, str],
    problems: Problems,
) -> None:
    """Note references to segments that are not live, and circles.

    ``references`` are those of each live file, ``rules`` what could be read, ``folders`` the folder of every file.
    """
    by_name = {rule.name: rule for rule in rules}
    for test in (test for tests in references.values() for test in tests):
        _check_one(test, by_name, folders, problems)
    for rule in rules:
        _check_trial(rule, folders, problems)
    links = {name: {test.name: test.place for test in reversed(tests)} for name, tests in references.items()}
    _check_circles(links, problems)


def _check_one(test: SegmentTest, by_name: Mapping[str, Rule], folders: Mapping[str, str], problems: Problems) -> None:
    live = [name for name, folder in folders.items() if folder in ("active", "trial")]
    family = by_name.get(test.name)
    if test.name not in live:
        folder = folders.get(test.name)
        end = f", it is in {folder}/, which is not evaluated" if folder else hint(test.name, live)
        problems.add(test.place, f"unknown segment {quoted(test.name)}{end}")
    elif test.value is not None and family is not None and family.for_each is None:
        problems.add(test.place, f'{test.name} is no family (it has no for_each); did you mean "{test.name}"?')


def _check_trial(rule: Rule, folders: Mapping[str, str], problems: Problems) -> None:
    """What a segment is measured against must be another one that is live."""
    if rule.on_trial is None:
        return
    name, place = rule.on_trial.against.partition("/")[0], rule.on_trial.place
    live = [other for other, folder in folders.items() if folder in ("active", "trial") and other != rule.name]
    if name == rule.name:
        problems.add(place, "a segment on trial against itself; name the broad one, whose mail the others get")
    elif name not in live:
        end = f", it is in {folders[name]}/, which is not evaluated" if name in folders else hint(name, live)
        problems.add(place, f"on trial against an unknown segment {quoted(name)}{end}")


def _check_circles(links: Mapping[str, dict[str, Place]], problems: Problems) -> None:
    """Note each circle once, up to a number that nobody reads; its first link is cut to find the next."""
    open_links = {name: dict(places) for name, places in links.items()}
    for _ in range(MOST_CIRCLES):
        circle = _circle(open_links)
        if not circle:
            return
        place = open_links[circle[0]].pop(circle[1])
        text = f"segments refer to one another in a circle: {' -> '.join(circle)}; cut one of these references"
        problems.add(place, text)


def _circle(links: Mapping[str, dict[str, Place]]) -> list[str]:
    """The names along a circle, each referring to the next, the least first and also last; empty: none."""
    try:
        TopologicalSorter({name: sorted(places) for name, places in links.items()}).prepare()
    except CycleError as error:
        names: list[str] = list(reversed(error.args[1]))[:-1]
        start = names.index(min(names))
        return [*names[start:], *names[: start + 1]]
    return []
