"""What each part of the language is read as."""

from __future__ import annotations

from pathlib import Path

import pytest

from streams.rules.load import RuleErrors, load_rules
from streams.rules.model import EACH, Bounds, Compare, Group, Match, Measure, Node, ProfileTest, Rule, SegmentTest

DAY_MS = 86_400_000
AT_LEAST_1 = Bounds(low=10_000)


def load(tmp_path: Path, **files: str) -> dict[str, Rule]:
    """The rules in ``active/`` by name; a file's name has "_" for "-"."""
    (tmp_path / "active").mkdir(exist_ok=True)
    for name, text in files.items():
        (tmp_path / "active" / f"{name.replace('_', '-')}.yaml").write_text(text, encoding="utf-8")
    return {rule.name: rule for rule in load_rules(tmp_path).rules}


def when(tmp_path: Path, condition: str) -> Node:
    """What ``when: {condition}`` is read as."""
    return load(tmp_path, a=f"title: T\nwhen: {{{condition}}}\n")["a"].when


def measure(tmp_path: Path, text: str) -> Measure:
    found = when(tmp_path, f"{text}, at_least: 1")
    assert isinstance(found, Compare)
    assert found.bounds == AT_LEAST_1
    return found.measure


def test_the_first_example_of_the_language(tmp_path: Path) -> None:
    text = """
title: Browsed accessories, never bought
why: Interested, but the price may be too high.
when:
  all:
    - count: views
      where: {category: Accessories}
      last: 90d
      more_than: 5
    - count: purchases
      where: {category: accessories}
      exactly: 0
email:
  strategy: Accessories-only offer with a small discount.
"""
    where = (Match("category", texts=("accessories",)),)
    views = Compare(Measure("count", "views", where=where, last_ms=90 * DAY_MS), Bounds(low=50_000, low_open=True))
    bought = Compare(Measure("count", "purchases", where=where), Bounds(low=0, high=0))
    assert load(tmp_path, window_shopper=text)["window-shopper"] == Rule(
        "window-shopper",
        "Browsed accessories, never bought",
        Group("all", (views, bought)),
        why="Interested, but the price may be too high.",
        strategy="Accessories-only offer with a small discount.",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("count: items", Measure("count", "items")),
        ("distinct: views.category", Measure("distinct", "views", "category")),
        ("distinct: clicks.campaign", Measure("distinct", "clicks", "campaign")),
        ("sum: purchases.units", Measure("sum", "purchases", "units")),
        ("average: items.price", Measure("average", "items", "price")),
        ("highest: purchases.discount", Measure("highest", "purchases", "discount")),
        ("lowest: refunds.total", Measure("lowest", "refunds", "total")),
        ("overdue: purchases, last: 1w", Measure("overdue", "purchases", last_ms=7 * DAY_MS)),
        ("ratio: clicks, per: emails", Measure("ratio", "clicks", per="emails")),
        (
            "ratio: clicks, per: emails, where: {campaign: spring}, last_days: 7",
            Measure("ratio", "clicks", where=(Match("campaign", ("spring",)),), last_days=7, per="emails"),
        ),
        (
            "trend: purchases, last: 30d, against: 90d",
            Measure("trend", "purchases", last_ms=30 * DAY_MS, against_ms=90 * DAY_MS),
        ),
        (
            "share: emails, where: {opened: true}, latest: 5",
            Measure("share", "emails", where=(Match("opened", flag=True),), latest=5),
        ),
        ("count: views, last: 90s", Measure("count", "views", last_ms=90_000)),
        ("count: views, last: 30m", Measure("count", "views", last_ms=1_800_000)),
        ("count: views, last: 36h, before: 1h", Measure("count", "views", last_ms=129_600_000, before_ms=3_600_000)),
        ("count: views, last: 730d", Measure("count", "views", last_ms=730 * DAY_MS)),
    ],
)
def test_measures_and_modifiers(text: str, expected: Measure, tmp_path: Path) -> None:
    assert measure(tmp_path, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("category: Café ", ("café",)),
        ("category: [A, b]", ("a", "b")),
        ("category: STRASSE", ("strasse",)),
        ("category: 42", ("42",)),
        ("category: 42.0", ("42",)),
        ("category: 35.50", ("35.5",)),
        ('category: "35.50"', ("35.50",)),
        ('category: "no"', ("no",)),
        ("category: 80%", ("80%",)),
        ("product: 2026-01-01", ("2026-01-01",)),
        ("product: 12:30", ("12:30",)),
        ('product: "0815"', ("0815",)),
        ("product: y", ("y",)),
        ("product: |-\n        A\n", ("a",)),
    ],
)
def test_texts_of_where(text: str, expected: tuple[str, ...], tmp_path: Path) -> None:
    rule = load(tmp_path, a=f"title: T\nwhen:\n  count: views\n  where:\n    {text}\n  at_least: 1\n")["a"]
    assert isinstance(rule.when, Compare)
    assert [match.texts for match in rule.when.measure.where] == [expected]


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("25", (Bounds(250_000, 250_000),)),
        ("[10, 25.5]", (Bounds(100_000, 100_000), Bounds(255_000, 255_000))),
        ("{less_than: 10}", (Bounds(high=100_000, high_open=True),)),
        ("{between: [2, 3]}", (Bounds(20_000, 30_000),)),
    ],
)
def test_numbers_of_where(text: str, ranges: tuple[Bounds, ...], tmp_path: Path) -> None:
    assert measure(tmp_path, f"count: views, where: {{price: {text}}}").where == (Match("price", ranges=ranges),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("more_than: 5", Bounds(low=50_000, low_open=True)),
        ("at_least: 80%", Bounds(low=8_000)),
        ("less_than: 0.0001", Bounds(high=1, high_open=True)),
        ("at_most: 12.5%", Bounds(high=1_250)),
        ("exactly: -3", Bounds(-30_000, -30_000)),
        ("between: [1, 2.50]", Bounds(10_000, 25_000)),
        ("between: [4, 4]", Bounds(40_000, 40_000)),
        ("at_least: 0.10000", Bounds(low=1_000)),
    ],
)
def test_comparisons(text: str, expected: Bounds, tmp_path: Path) -> None:
    found = when(tmp_path, f"sum: purchases.total, {text}")
    assert isinstance(found, Compare)
    assert found.bounds == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("since: last purchases, at_least: 60d", Bounds(low=60 * DAY_MS)),
        ("since: first opens, less_than: 1h", Bounds(high=3_600_000, high_open=True)),
        ("since: last views, between: [1d, 1w]", Bounds(DAY_MS, 7 * DAY_MS)),
    ],
)
def test_since_is_compared_with_milliseconds(text: str, expected: Bounds, tmp_path: Path) -> None:
    found = when(tmp_path, text)
    assert isinstance(found, Compare)
    assert (found.measure.op, found.bounds) == (" ".join(text.split()[:2]).replace(":", ""), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("is: US", ProfileTest("Land", ("us",))),
        ("is_not: 35", ProfileTest("Land", ("35",), negated=True)),
        ("is: true", ProfileTest("Land", ("true",))),
        ("is: ''", ProfileTest("Land", ("",))),
        ("one_of: [us, DE]", ProfileTest("Land", ("us", "de"))),
        ("none_of: [us]", ProfileTest("Land", ("us",), negated=True)),
        ("missing: false", ProfileTest("Land", missing=False)),
        ("less_than: 30", ProfileTest("Land", bounds=Bounds(high=300_000, high_open=True))),
    ],
)
def test_profile(text: str, expected: ProfileTest, tmp_path: Path) -> None:
    assert when(tmp_path, f"profile: Land, {text}") == expected


def test_segments(tmp_path: Path) -> None:
    family = "title: F\nfor_each: category\nwhen: {count: views, where: {category: [$each, sale]}, at_least: 1}\n"
    text = "title: T\nwhen: {none: [{segment: fan}, {segment: fan/ Shoes}, {segment: '404', is: false}]}\n"
    rules = load(tmp_path, fan=family, a=text, **{"404": "title: T\nwhen: {count: views, at_least: 1}\n"})
    parts = (SegmentTest("fan"), SegmentTest("fan", "shoes"), SegmentTest("404", member=False))
    assert rules["a"].when == Group("none", parts)
    assert rules["fan"].for_each == "category"
    fan = rules["fan"].when
    assert isinstance(fan, Compare)
    assert fan.measure.where == (Match("category", (EACH, "sale")),)


def test_rule_keys(tmp_path: Path) -> None:
    text = "title: 404\neveryone: true\nfor: 1h\nkeep_for: 7d\nwhen: {count: views, at_least: 1}\n"
    rule = load(tmp_path, a=text)["a"]
    assert (rule.title, rule.everyone, rule.for_ms, rule.keep_for_ms) == ("404", True, 3_600_000, 7 * DAY_MS)
    assert (rule.why, rule.strategy, rule.for_each, rule.folder) == ("", "", None, "active")


def test_thirty_two_groups_inside_one_another(tmp_path: Path) -> None:
    found = when(tmp_path, "all: [{" * 31 + "none: [{count: views, at_least: 1}]" + "}]" * 31)
    for _ in range(32):
        assert isinstance(found, Group)
        [found] = found.parts
    assert isinstance(found, Compare)


def test_places_count_from_one(tmp_path: Path) -> None:
    rule = load(tmp_path, a="title: T\nwhen:\n  all:\n    - count: views\n      at_least: 1\n")["a"]
    assert isinstance(rule.when, Group)
    [part] = rule.when.parts
    assert isinstance(part, Compare)
    assert (part.place.file, part.place.line, part.place.column) == ("active/a.yaml", 4, 7)


def test_retention_is_an_argument(tmp_path: Path) -> None:
    load(tmp_path, a="title: T\nwhen: {count: views, last: 30d, before: 5d, at_least: 1}\n")
    assert len(load_rules(tmp_path, retention_ms=35 * DAY_MS).rules) == 1
    with pytest.raises(RuleErrors, match="reaches back 35d, but facts are kept for 34d"):
        load_rules(tmp_path, retention_ms=34 * DAY_MS)


# the digest

BASE = "title: T\nwhen:\n  all:\n    - {count: views, last: 60m, at_least: 5}\n    - {profile: c, one_of: [x, y]}\n"


def digest(tmp_path: Path, text: str) -> str:
    load(tmp_path, a=text)
    return load_rules(tmp_path).digest


@pytest.mark.parametrize(
    "same",
    [
        "# a comment\n" + BASE.replace("title: T", "title: Another\nwhy: Because.\nemail: {strategy: Offer}"),
        BASE.replace("60m", "1h"),
        BASE.replace("[x, y]", "[Y, x, X]"),
        BASE.replace("{count: views, last: 60m, at_least: 5}", "{at_least: 5.0, last: 60m, count: views}"),
        BASE.replace("at_least: 5}", "at_least: 500%}"),
        "when:\n  all:\n  - profile: c\n    one_of: [x, y]\n  - {count: views, last: 60m, at_least: 5}\ntitle: T\n",
        BASE + "everyone: false\n",
    ],
)
def test_the_digest_is_that_of_the_meaning(same: str, tmp_path: Path) -> None:
    assert digest(tmp_path, BASE) == digest(tmp_path, same)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("60m", "61m"),
        ("at_least: 5", "more_than: 5"),
        ("at_least: 5", "at_most: 5"),
        ("all", "any"),
        ("views", "carts"),
        ("one_of", "none_of"),
        ("[x, y]", "[x]"),
        ("profile: c", "profile: C"),
        ("title: T", "title: T\neveryone: true"),
        ("title: T", "title: T\nfor: 1h"),
        ("title: T", "title: T\nkeep_for: 1h"),
    ],
)
def test_another_meaning_has_another_digest(old: str, new: str, tmp_path: Path) -> None:
    assert digest(tmp_path, BASE) != digest(tmp_path, BASE.replace(old, new))


def test_the_digest_is_twelve_hexadecimal_digits_that_stay(tmp_path: Path) -> None:
    """It marks published records: a change here is a change of every rule set's mark."""
    assert digest(tmp_path, BASE) == "785f11935935"


def test_name_and_folder_are_part_of_the_digest(tmp_path: Path) -> None:
    first = digest(tmp_path, BASE)
    (tmp_path / "active" / "a.yaml").rename(tmp_path / "active" / "b.yaml")
    second = load_rules(tmp_path).digest
    (tmp_path / "trial").mkdir()
    (tmp_path / "active" / "b.yaml").rename(tmp_path / "trial" / "b.yaml")
    assert len({first, second, load_rules(tmp_path).digest}) == 3
