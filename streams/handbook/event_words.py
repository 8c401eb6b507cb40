"""What the reference of events says beyond the structs."""

from __future__ import annotations

INTRODUCTION = """
A Kafka record's key is the customer's id, its value one JSON object. The topics are `views` (views and carts),
`purchases` (purchases and refunds), `emails` and `profiles` (profile, merge, erase); each event names its own `type`,
so any type may come on any of them. What a shop streams already, in another vocabulary, is translated by `microseg
ingest` ([Ingest](../ingest.md), [Dialects](../dialects.md)). Fields in bold are needed; unknown fields are
ignored."""

TAKES = {
    "int, str": "an instant",
    "Text": "a text",
    "Amount": "an amount",
    "Category": "a text, or a list of them",
    "list[Item]": "a list of items",
    "str": "a text",
    "bool": "true or false",
    "dict[str, Scalar]": "an object",
}

TYPES = {
    "view": "A customer looked at a product.",
    "cart": "A customer put a product into the cart.",
    "purchase": "An order, or a newer state of one: of several under one `order` the newest tells its content, "
    "the first its date.",
    "refund": "Money was given back for an order. From then on a wholly refunded order does not count, a partly "
    "refunded one less.",
    "email": "Something happened to one message to one customer. Actions of one `message` are facts of that message.",
    "profile": "Properties of a customer. For each property the later `at` wins, whatever the order of arrival.",
    "merge": "Two ids are one customer from this instant on; the survivor is `user`. The stricter consent holds.",
    "erase": "Forget the customer: everything up to this instant, also what arrives later.",
}

FIELDS: dict[str, dict[str, str]] = {
    "event": {
        "at": "when it happened: RFC 3339 with an offset, or whole epoch milliseconds",
        "id": "unique per event; a repeat changes nothing. Absent: a digest of the content",
        "user": "the customer; absent: the record's key",
        "currency": "of the amounts, three capital letters; converted by the setting `rates`. Absent: the shop's",
    },
    "view": {"product": "the product", "category": "its categories", "price": "its price"},
    "item": {
        "product": "the product",
        "category": "its categories",
        "price": "of one; absent: adds nothing to the total",
        "quantity": "a whole number above 0 (1)",
    },
    "purchase": {
        "order": "the order's id",
        "items": "its lines",
        "total": "what is paid; absent: the sum of price × quantity, less `discount`",
        "discount": "on the order (0)",
        "coupon": "its code; with a coupon the order counts as discounted",
    },
    "refund": {"order": "the order's id", "total": "how much; absent: the whole order"},
    "email": {
        "action": "`sent`, `delivered`, `opened`, `clicked`, `bounced`, `complained`, `unsubscribed` or `resubscribed`",
        "message": "the id of this one message to this one customer",
        "campaign": "the campaign",
        "segment": "the segment that it was sent for; trials and reports count by it",
        "link": "what was clicked",
        "machine": "true: a machine opened or clicked (a mail-privacy proxy, a link scanner)",
        "soft": "true: the bounce is a passing one, which does not suppress the customer",
    },
    "profile": {"set": "name → text, number, true, false, or null, which removes the property"},
    "merge": {"from": "the id whose facts now belong to `user`"},
    "erase": {},
}

EXAMPLES = {
    "view": '{"type":"view","id":"e-17","user":"ana","at":"2026-05-01T05:00:00Z","product":"p1",'
    '"category":["Bags","Leather"],"price":"119.90"}',
    "cart": '{"type":"cart","user":"ana","at":1777611600000,"product":"p1","category":"Bags","price":119.9}',
    "purchase": """{"type":"purchase","id":"e-18","user":"ana","at":"2026-05-01T06:00:00Z","order":"1001",
 "coupon":"MAY","discount":10,"items":[{"product":"p1","category":"Bags","price":"119.90","quantity":1}]}""",
    "refund": '{"type":"refund","user":"ana","at":"2026-05-09T10:00:00Z","order":"1001","total":"50.00"}',
    "email": """{"type":"email","user":"ana","at":"2026-05-03T08:00:00Z","action":"clicked","message":"m-991",
 "campaign":"May","segment":"accessories-window-shopper","link":"https://shop.example/bags"}""",
    "profile": '{"type":"profile","user":"ana","at":"2026-05-01T05:00:00Z","set":{"club":"gold","age":34,'
    '"newsletter":null}}',
    "merge": '{"type":"merge","user":"ana","from":"anon-7","at":"2026-05-01T05:00:00Z"}',
    "erase": '{"type":"erase","user":"ana","at":"2026-06-01T00:00:00Z"}',
}

AFTER = """
Amounts come as JSON numbers or decimal texts (`"19.90"`), are never negative, and are kept exactly in
ten-thousandths. Ids may be numbers; they become texts. Instants are kept in milliseconds, before 2000 none is taken.

## Money

An event may carry `currency`. Amounts in another than the setting `currency` are converted by the file `rates`, CSV
with the head `from,currency,rate`: from that day (of `timezone`) on one of the currency is so many of the shop's. The
rate is that of the event's own instant, a refund's too. Without a rate the event is refused.

## Merges

A `merge` makes two ids one customer from its instant on: the old id leaves its segments with cause `merge` and gets a
tombstone, the survivor has the facts of both, the stricter consent holds, and what still comes for the old id is the
survivor's, for ever. It does not matter in which order events and merges arrive, or on which partitions; of merges
that contradict each other (a into b, b into a) the one that was read first counts.

## What is refused

A record that is no event goes to the topic `refused-events` with its reason, place and raw bytes, and the stream goes
on:

```json
{"reason":"price: -3 is negative","topic":"views","partition":2,"offset":1044,"key":"ana",
 "raw":"{\\"type\\":\\"view\\", ...}"}
```

## Changes out

On the compacted topic `segment-memberships`, keyed by customer; read it with `isolation.level=read_committed`:

```json
{"user":"ana","seq":17,"at":"2026-05-01T05:00:00.000Z","entered":["accessories-window-shopper"],"exited":[],
 "segments":["accessories-window-shopper","slowing-down"],"rules":"9f2c51d0a7be","cause":{"kind":"event","id":"e-17"},
 "why":{"accessories-window-shopper":[{"count":"views","value":6},{"count":"purchases","value":0}]}}
```

| field | is |
| --- | --- |
| `user` | the customer |
| `seq` | 1, 2, 3 … per customer; drop one that you have seen |
| `at` | when it is true: the event's instant, or the exact boundary of a window |
| `entered`, `exited`, `segments` | what changed, and all segments after it; sorted |
| `rules` | the digest of the rules that said so |
| `cause` | `kind`: `event` (with its `id`), `time`, `rules` or `merge` |
| `why` | the measured values behind each of these changes |
| `arms` | where the customer is on trial: segment → `treatment`, `control` or `holdout` |

A null value is a tombstone: the customer was erased, or merged into another. [Who listens](../sinks.md) says how to
read them."""
