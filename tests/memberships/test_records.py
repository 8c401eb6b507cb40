"""Change records: their numbers and reasons in the units that people read."""

from __future__ import annotations

import pytest

from streams.memberships.durations import duration_text
from tests.engine.bench import DAY, HOUR, MINUTE, SECOND, Bench, T, rules_of, view
from tests.laws.runs import Raw

ORDER: Raw = {
    "type": "purchase",
    "id": "o",
    "at": T,
    "order": "o1",
    "items": [{"product": "p", "category": "shoes", "price": "19.99", "quantity": 3}],
    "discount": "0.5",
}
MAIL: Raw = {"type": "email", "id": "m", "at": T, "action": "clicked", "message": "m1", "campaign": "may"}


@pytest.mark.parametrize(
    ("duration_ms", "text"),
    [
        (0, "0s"),
        (999, "0s"),
        (SECOND, "1s"),
        (MINUTE, "1m"),
        (MINUTE + SECOND, "1m 1s"),
        (HOUR, "1h"),
        (HOUR + SECOND, "1h"),
        (DAY, "1d"),
        (3 * DAY + 4 * HOUR + 5 * MINUTE, "3d 4h"),
        (3 * DAY + 5 * MINUTE, "3d"),
        (400 * DAY, "400d"),
    ],
)
def test_durations_in_words(duration_ms: int, text: str) -> None:
    assert duration_text(duration_ms) == text


@pytest.mark.parametrize(
    ("when", "why"),
    [
        ("{count: views, at_least: 2}", {"count": "views", "value": 2}),
        ("{distinct: views.category, at_least: 1}", {"distinct": "views.category", "value": 1}),
        ("{sum: purchases.total, at_least: 1}", {"sum": "purchases.total", "value": 59.47}),
        ("{average: items.price, at_least: 1}", {"average": "items.price", "value": 19.99}),
        ("{highest: items.quantity, at_least: 1}", {"highest": "items.quantity", "value": 3}),
        ("{sum: purchases.units, at_least: 1}", {"sum": "purchases.units", "value": 3}),
        ("{lowest: purchases.discount, at_least: 0.1}", {"lowest": "purchases.discount", "value": 0.5}),
        ("{share: views, where: {product: p1}, between: [40%, 60%]}", {"share": "views", "value": 0.5}),
        ("{ratio: views, per: clicks, at_least: 2}", {"ratio": "views", "value": 2}),
        ("{since: last views, less_than: 1d}", {"since": "last views", "value": "0s"}),
        ("{since: first views, at_least: 2h}", {"since": "first views", "value": "2h"}),
        ("{count: carts, exactly: 0}", {"count": "carts", "value": 0}),
    ],
)
def test_reasons_say_the_measured_values(when: str, why: Raw) -> None:
    bench = Bench(rules_of(x=when))
    bench.fold(ORDER, MAIL, view("v1", T - 2 * HOUR), view("v2", T, product="p2"))
    entered = next(change for change in reversed(bench.changes()) if change["entered"])
    (told,) = entered["why"]["x"]
    words = [part.split(":")[0] for part in when.strip("{}").split(", ") if ":" in part]
    assert why.items() <= told.items()
    assert list(told) == [*words, "value"]


def test_an_undefined_measure_is_null() -> None:
    rules = rules_of(
        x="{any: [{average: items.price, at_least: 1}, {since: last carts, at_least: 1d}, {count: views, at_least: 1}]}"
    )
    bench = Bench(rules)
    bench.fold(view("e"))
    assert bench.changes()[0]["why"]["x"] == [
        {"average": "items.price", "at_least": 1, "value": None},
        {"since": "last carts", "at_least": "1d", "value": None},
        {"count": "views", "at_least": 1, "value": 1},
    ]


def test_reasons_stand_for_what_was_entered_or_left() -> None:
    bench = Bench(
        rules_of(
            stays="{count: views, at_least: 1}", left="{count: views, at_most: 1}", came="{count: views, at_least: 2}"
        )
    )
    bench.fold(view("a"), view("b", T + 1))
    first, second = bench.changes()
    assert sorted(first["why"]) == ["left", "stays"]
    assert sorted(second["why"]) == ["came", "left"]
    assert second["segments"] == ["came", "stays"]


def test_lists_are_sorted_and_texts_are_as_they_were() -> None:
    names = ("b", "a", "c-1", "c", "aa")
    bench = Bench(rules_of(**{name.replace("-", "_"): "{count: views, at_least: 1}" for name in names}))
    bench.fold(view('e"\\', user='zoë "\u2028'))
    (change,) = bench.changes()
    assert change["entered"] == change["segments"] == sorted(names)
    assert (change["user"], change["cause"]["id"]) == ('zoë "\u2028', 'e"\\')
