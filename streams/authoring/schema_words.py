"""What editors show beside each key of a rule file: the language in the words of those who write rules."""

from __future__ import annotations

WORDS: dict[str, str] = {
    # the rule
    "title": "What people see: a few words that name these customers.",
    "why": "What you believe about these customers, in a sentence or two.",
    "for_each": "Makes a family: one segment NAME/value for each value of this field that a customer's facts have. "
    "Write $each in a where.",
    "when": "Who belongs to the segment: a condition, or all, any or none over a list of them.",
    "for": "How long the conditions must have held without a break before a customer enters, such as 1h.",
    "keep_for": "How long a customer stays at least after entering, such as 7d.",
    "everyone": "true: also customers who may not be mailed. Without it they are in no segment.",
    "email": "What to send to these customers.",
    "strategy": "What to mail, and what not.",
    "trial": "How the segment is measured against a broad one, while its file is in trial/.",
    # groups
    "all": "Every one of these conditions holds.",
    "any": "At least one of these conditions holds.",
    "none": "Not one of these conditions holds.",
    # measures
    "count": "How many facts there are.",
    "distinct": "How many different products, categories or campaigns there are.",
    "sum": "The sum of a number; of nothing it is 0.",
    "average": "The average of a number; of nothing there is none, and the condition does not hold.",
    "highest": "The highest value of a number; of nothing there is none, and the condition does not hold.",
    "lowest": "The lowest value of a number; of nothing there is none, and the condition does not hold.",
    "share": "Which part of the facts matches where, from 0 to 1 or 0% to 100%.",
    "since": "The time since the last or the first such fact, compared with a duration such as 30d.",
    "trend": "The pace in the last days against the pace in those before: 2 is twice as fast.",
    "overdue": "The time since the last fact against the customer's usual gap: 2 is twice as long. Needs three facts.",
    "ratio": "How many facts for each fact of another source, in the same window.",
    "profile": "The name of a property of the customer.",
    "segment": "Another segment by its name; of a family NAME is any of its segments and NAME/value one of them.",
    # modifiers
    "where": "Which facts are looked at: fields and the values that they must have.",
    "last": "Only facts of the last so many days or hours, such as 90d or 6h.",
    "last_days": "Only facts of the last so many calendar days in the shop's time zone, today included.",
    "before": "Moves the window of last back by so much.",
    "latest": "Only the newest so many facts, before where is applied; all of them must exist.",
    "against": "The length of the time before last that the pace is compared with.",
    "per": "The source whose facts are the divisor.",
    # comparisons
    "more_than": "Above this, not this itself.",
    "at_least": "This or above.",
    "less_than": "Below this, not this itself.",
    "at_most": "This or below.",
    "exactly": "This and nothing else.",
    "between": "From the first to the second, both included: [low, high].",
    "is": "Has this value.",
    "is_not": "Has another value, or none at all; say missing: too if that matters.",
    "one_of": "Has one of these values.",
    "none_of": "Has none of these values, or none at all.",
    "missing": "true: the customer has no such property. false: the customer has one.",
}

SOURCE_WORDS: dict[str, str] = {
    "views": "product pages looked at",
    "carts": "products put into the cart",
    "purchases": "orders that stand; wholly refunded ones do not",
    "items": "lines of such orders",
    "refunds": "refunds",
    "emails": "messages sent or delivered",
    "opens": "messages opened by a person",
    "clicks": "messages in which a person clicked a link",
}

TRIAL_WORDS: dict[str, str] = {
    "against": "The broad segment, whose mail those customers get who are drawn for control.",
    "days": "For how long customers are drawn; 14 where it is not said.",
    "metric": "The one number that decides: how many customers click or order, or what they bring.",
    "share": "Which part of the customers gets this segment's mail; 50% where it is not said.",
    "holdout": "Which part gets no mail at all; nobody where it is not said.",
    "guardrails": "What must not get worse, or the segment is taken back; all three where it is not said.",
    "customers": "How many customers the trial is planned for, as microseg plan says.",
    "started": "When it began; microseg trial start writes it.",
}

EXAMPLE_WORDS: dict[str, str] = {
    "name": "What this example shows, in a few words.",
    "now": "The instant at which the segments are looked at, such as 2026-06-01T00:00:00Z.",
    "timezone": "The shop's time zone in this example, such as Europe/Berlin; without it that of the settings.",
    "events": "What the customers did, in any order, not after now.",
    "expect": "The segments that each customer is in at now, of those that this file is about: [] for none.",
    "until": "When a customer leaves if nothing more happens: at that instant and not before; never is allowed.",
    "mutant": "An edit of the rule that no example notices, as microseg test --mutants reports it.",
    "because": "Why it does not matter.",
    "times": "So many copies of this event, each under an id of its own; order and message differ as well.",
    "every": "How much later each copy is than the one before, such as 1h.",
}
