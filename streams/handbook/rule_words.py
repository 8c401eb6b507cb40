"""What the reference of the rule language says beyond the loader's tables."""

from __future__ import annotations

INTRODUCTION = """
One YAML file is one segment; the file's name is the segment's name (`a-z`, `0-9`, `-`). [Writing rules](../rules.md)
is the introduction; this page has every word. `microseg schema` prints the same as JSON Schema for editors, and
`microseg check` tells all mistakes at once, each with `file:line:column` and the nearest right word."""

WHOLE = """
# segment_rules/active/accessories-window-shopper.yaml
title: Browsed accessories, never bought
why: Interested, but the price may be too high.
when:
  all:
    - count: views
      where: {category: accessories}
      last: 90d
      more_than: 5
    - count: purchases
      where: {category: accessories}
      exactly: 0
email:
  strategy: Accessories-only offer with a small discount.
"""

KINDS = {"text": "a text", "number": "a number", "flag": "true or false"}

FIELD_WORDS = {
    "product": "the product; of an order, any of its items",
    "category": "one of its categories; of an order, any of its items'",
    "price": "the price of one",
    "total": "what was paid; of an order, less what was given back",
    "discount": "the discount on the order",
    "discounted": "the order had a discount or a coupon",
    "units": "how many pieces, over all lines of the order",
    "quantity": "how many pieces of the line",
    "campaign": "the campaign of the message",
    "segment": "the segment that the message was sent for",
    "opened": "a person opened it, up to the instant that is looked at; a click counts as opening",
    "clicked": "a person clicked in it, up to the instant that is looked at",
    "bounced": "it came back",
}

UNDEFINED = {
    "share": "Of no facts there is none, and the condition does not hold.",
    "since": "Of no such fact there is none, and the condition does not hold.",
    "trend": "Where the earlier time has no fact there is none, and the condition does not hold.",
    "ratio": "Where the divisor is 0 there is none, and the condition does not hold.",
}

EXAMPLES = {
    "count": "{count: purchases, last: 30d, at_least: 2}",
    "distinct": "{distinct: views.category, last: 60d, at_least: 4}",
    "sum": "{sum: purchases.total, last: 365d, at_least: 1000}",
    "average": "{average: purchases.total, last: 365d, more_than: 80}",
    "highest": "{highest: views.price, last: 14d, at_least: 250}",
    "lowest": "{lowest: items.price, at_most: 9.90}",
    "share": "{share: purchases, where: {discounted: true}, last: 365d, at_least: 80%}",
    "since": "{since: last purchases, between: [120d, 365d]}",
    "trend": "{trend: purchases, last: 30d, against: 90d, more_than: 2}",
    "overdue": "{overdue: purchases, between: [1.5, 3]}",
    "ratio": "{ratio: views, per: purchases, last: 90d, at_least: 40}",
    "profile": "{profile: club, one_of: [gold, silver]}",
    "segment": "{segment: leave-in-peace, is: false}",
}

DEFAULTS = {
    "last": " Without it everything counts that is still kept (`retention`).",
    "latest": " With fewer facts than that the condition does not hold.",
}

NOTES = {
    "families": "Such a rule makes one segment for each value, named `NAME/value`; `$each` in a `where` stands "
    "for the value.",
    "groups": "They may stand inside one another. `none` is plain negation: what has no value does not hold, so "
    "`none` of it does.",
    "sources": "Texts are compared without regard to upper and lower case and to blanks around them; accents count. "
    "A `where` takes a value, a list of values of which one is enough, or for numbers one comparison: "
    "`where: {category: [shoes, boots], price: {at_least: 150}}`. All entries of a `where` must fit.",
    "windows": "A duration is a whole number above 0 and `s`, `m`, `h`, `d` or `w` (a day is 86,400 seconds); "
    "there are no months. "
    "`last: 90d` at the instant *t* keeps facts with *t* − 90 d < `at` ≤ *t*, so a fact leaves exactly 90 days "
    "after it "
    "happened. [Windows and boundaries](../concepts.md#windows-and-boundaries) has the picture.",
    "comparisons": "A condition has exactly one comparison. Bounds have at most four decimals; `80%` is 0.8; "
    "every comparison is exact. "
    "`segment` takes `is: true` (the default) or `is: false`. A property that a customer does not have equals "
    "nothing, so "
    "`is_not: gold` holds for them.",
    "trials": "Of a rule in `trial/` (or `proposed/`, for later). A family cannot be on trial. "
    "[Trials](../trials.md) has the way of one.",
    "examples": "In `tests/NAME.yaml`, a list; events are those of the [event reference](events.md), with "
    "`times` and `every` to copy "
    "them. `microseg test` runs them through the worker's code; `mutant` and `because` accept an edit that "
    "`--mutants` reports.",
}
