"""What each setting means, in the words of those who run workers."""

from __future__ import annotations

INTRODUCTION = """
Settings are in `microseg.toml` of the working directory (`--config FILE` for another), each overridden by an
environment variable: `MICROSEG_` and its name in capitals, dots as underscores. Without either the defaults hold. An
unknown name or a bad value is refused at the start, with its place and the nearest right name. Durations are a whole
number and `ms`, `s`, `m`, `h`, `d` or `w`.

```toml
broker = "kafka-1:9092,kafka-2:9092"
timezone = "Europe/Berlin"
currency = "EUR"
retention = "730d"

[kafka]
"security.protocol" = "SASL_SSL"
"sasl.mechanism" = "SCRAM-SHA-512"
"sasl.username" = "microseg"
"sasl.password" = "a secret"            # better: MICROSEG_KAFKA_SASL_PASSWORD
```"""

#: A section of the page -> its settings; NAME.* are all of a table. What is in none comes last.
SECTIONS: dict[str, tuple[str, ...]] = {
    "Where it runs": ("broker", "application", "partitions", "worker", "http", "log", "data_dir"),
    "Rules and truth": ("rules", "clock", "timezone", "retention", "max_facts", "max_clock_skew", "late_after"),
    "Money and categories": ("currency", "rates", "categories"),
    "Where customers are kept": ("store", "cache_customers", "redis"),
    "Pace and patience": ("checkpoint_every", "broker_wait", "stall_after"),
    "The dashboard": ("dashboard.*",),
    "Machine traffic": ("machine.*",),
    "Trials": ("trials.*",),
    "Content": ("content.*",),
    "Discovery": ("discovery.*",),
    "The front door of ingest": ("webhooks.*",),
}

WORDS: dict[str, str] = {
    "broker": "bootstrap addresses, separated by commas",
    "application": "the consumer group, and the prefix of internal topics; another one is another microseg on "
    "the same broker",
    "partitions": "of topics that microseg creates",
    "rules": "the rule folder",
    "clock": "`event`: the newest event of a partition is the time, for loads of history and benchmarks",
    "timezone": "the shop's, for `last_days`, days of reports and rates",
    "currency": "the shop's",
    "rates": "CSV of other currencies' rates: `from,currency,rate`",
    "categories": "CSV of products' categories, for events that name none: `product,category`",
    "retention": "for how long facts are kept; “ever” in a rule means within it",
    "max_facts": "of one customer; beyond it the oldest views and carts are dropped first, and counted",
    "max_clock_skew": "an event that is stamped further ahead of the clock is refused",
    "late_after": "an event older than this is history: the customer is judged once, now, and not at every "
    "instant since",
    "store": "`rocksdb`: customers also on the local disk ([The local store](../store.md))",
    "data_dir": "where a worker keeps files; all of them may be deleted while it does not run",
    "cache_customers": "with `rocksdb`: how many of each partition stay in memory",
    "worker": "a stable name of this process: with it a restart gets its partitions back without a rebalance",
    "http": "where health and metrics are served; empty: nowhere",
    "checkpoint_every": "how often what is new is written, at the latest, while events come",
    "broker_wait": "how long a start waits for a broker that does not answer",
    "stall_after": "a worker that has something to read and reads nothing for so long ends with exit code 2",
    "log": "lines for people or one JSON object a line; by default `text` on a terminal, else `json`",
    "redis": "the serving store of `microseg deliver redis` and `microseg who`",
    "trials.conversion_days": "for how many days after a message an order may count for it",
    "machine.views": "a view before which the customer had so many others in so short a time is a machine's",
    "machine.links_within": "clicks of a message in so short a time after its delivery, on two different links, "
    "are a scanner's",
    "webhooks.shopify_secret": "the key by which Shopify signs; opens `/shopify`",
    "webhooks.write_key": "the key of Segment-style calls; opens `/v1/…`",
    "dashboard.token": "what a browser must send to see customers from elsewhere, and to act",
    "discovery.periodic": "the leading worker begins rounds by itself",
    "discovery.schedule": "when: a crontab line, in the shop's time zone",
    "discovery.model": 'the language model that is asked; `""`: none',
    "discovery.effort": "how long the model thinks",
    "discovery.budget_usd": "what one round may cost, in dollars",
    "discovery.max_proposals": "how many rule files one round writes, at most",
    "discovery.timeout": "how long one request may take",
    "discovery.log": "the file of all that is sent to the model; by default `discovery.jsonl` in `data_dir`",
    "discovery.input_price": "dollars for a million tokens read, of a model whose price is not known here",
    "discovery.output_price": "dollars for a million tokens written, likewise",
    "content.deliver": "sinks tell which copy a customer gets",
    "content.model": 'the language model that writes drafts; `""`: none',
    "content.timeout": "how long one request may take",
    "content.effort": "how long the model thinks",
    "content.budget_usd": "what one call of the command may cost, in dollars",
    "content.log": "the file of all that is sent to the model; by default `content.jsonl` in `data_dir`",
    "content.input_price": "dollars for a million tokens read, of a model whose price is not known here",
    "content.output_price": "dollars for a million tokens written, likewise",
}

OF_KAFKA = """
Names and values as librdkafka has them. With SASL, user and password are needed; passwords are in no line that is
said."""

OF_TOPICS = """
`topics.views`, `topics.purchases`, `topics.emails` and `topics.profiles` are what workers read, by default topics of
these names. A table with a `dialect` is a topic of the shop's own, which `microseg ingest` translates
([Ingest](../ingest.md)):

```toml
[topics]
views = "shop.views"            # native events under another name

[topics.orders]                 # any name
name = "shopify-webhooks"
dialect = "shopify"
```"""

OF_SINKS = """
`[sinks.NAME]`, kept up to date by `microseg deliver NAME` ([Who listens](../sinks.md)). Each has a `kind` and what
belongs to it. Keys are better given as `MICROSEG_SINKS_NAME_KEY`.

```toml
[sinks.mail]
kind = "klaviyo"
key = "pk_…"
[sinks.mail.lists]
lapsing = "Y6nRLr"
```"""

SINK_WORDS: dict[str, str] = {
    "give_up_after": "after so long a customer whom the far side refuses goes to `APPLICATION-undelivered`",
    "timeout": "how long an answer may take",
    "key": "the platform's key; of a webhook the one by which calls are signed",
    "url": "where it is",
    "revision": "the revision of Klaviyo's API",
    "id_type": "what our customer ids are over there",
    "property": "the profile property that has the segments",
    "events": "also an event for every change",
    "site": "the site id",
    "attribute": "the attribute that has the segments",
    "form": "one array, or a true/false attribute for each segment",
    "batch": "records a call, at most",
    "ids": "the far side's id of a segment",
}
