"""Records of a topic in, native events out: the way into the dialects."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec
import orjson

from streams.dialects import cloudevents, klaviyo, segment, shopify
from streams.dialects.detect import dialect_of
from streams.dialects.fields import reading, shown, table
from streams.dialects.plain import plain_reader
from streams.dialects.segment import batched
from streams.dialects.words import Broken, Categories, Event, Foreign, Record, Shop, Skipped, Translated
from streams.events.decode import MAX_BYTES, MAX_REASON

MAX_NAME = 80
#: so many orders' customers are remembered
MOST_ORDERS = 100_000
UNKNOWN = Shop()
MIXED = ("auto", "cloudevents")
BATCHES = (*MIXED, "segment", "rudderstack")
_NOTHING: Mapping[str, str] = {}


def _as_it_is(foreign: Foreign) -> list[Event]:
    """A native event; the decoder judges it, who has the record's key as we have."""
    body = foreign.body
    if body.get("user") is None and foreign.key:
        body = {**body, "user": foreign.key}
    if not body.get("id") and foreign.ticket:
        body = {**body, "id": foreign.ticket}
    try:
        orjson.dumps(body)
    except orjson.JSONEncodeError:
        raise Broken("nested too deeply") from None
    return [body]


SPEAKERS: dict[str, Callable[[Foreign], list[Event]]] = {
    "native": _as_it_is,
    "segment": segment.translate,
    "rudderstack": segment.translate,
    "klaviyo": klaviyo.translate,
    "shopify": shopify.translate,
}


class Translator:
    """Translates the records of one topic.

    Args:
        dialect: one of ``names.DIALECTS``; an envelope of CloudEvents is opened in each.
        shop: amounts in its currency need no rate, so their currency is not told on; facts that name no category get
            that of their product.
    """

    def __init__(self, dialect: str, shop: Shop = UNKNOWN) -> None:
        self._dialect = dialect
        self._shop = shop
        self._plain = plain_reader(dialect)
        self._buyers: dict[str, str] = {}

    def parts(self, record: Record) -> Sequence[Translated]:
        """What a record says, in order: one part, or as many as a Segment batch has calls. Nothing in it is changed."""
        plain = self.short(record)
        return self.long(record) if plain is None else (self.part(plain),)

    def short(self, record: Record) -> Foreign | None:
        """The record's value, of which only what the tables ask for was read; None where that is not enough."""
        value = record.value
        if self._plain is None or value is None or len(value) > MAX_BYTES:
            return None
        headers = _headers(record) if record.headers else _NOTHING
        if cloudevents.is_binary(headers):
            return None
        try:
            body = self._plain(value, headers)
            key = record.key.decode() if record.key else None
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        return None if body is None else Foreign(body, headers, key, record.at_ms, None, self._buyers)

    def long(self, record: Record) -> Sequence[Translated]:
        """The parts of a record that is read whole."""
        try:
            foreign = _opened(self._dialect, record)
            calls = batched(foreign) if self._dialect in BATCHES else None
        except (Broken, RecursionError) as error:
            return (Translated(refused=_one_line(str(error))),)
        if calls is None:
            return (self.part(foreign),)
        return [self._call(number, call, foreign) for number, call in enumerate(calls)]

    def _call(self, number: int, call: object, batch: Foreign) -> Translated:
        """One call of a batch; a broken one costs no other, and is kept by itself."""
        if call.__class__ is not dict:
            return Translated(refused=_one_line(f"batch[{number}]: {shown(call)} is no object"), raw=orjson.dumps(call))
        part = self.part(batch._replace(body=call, ticket=None))
        if part.refused is None:
            return part
        return Translated(refused=_one_line(f"batch[{number}].{part.refused}"), raw=orjson.dumps(call))

    def part(self, foreign: Foreign) -> Translated:
        """What a value without its envelope says."""
        try:
            speaks = dialect_of(foreign) if self._dialect in MIXED else self._dialect
            events = self._shopify(foreign) if speaks == "shopify" else SPEAKERS[speaks](foreign)
        except Skipped as error:
            return Translated(skipped=_one_line(f"{speaks}: {error}", MAX_NAME))
        except (Broken, RecursionError) as error:
            return Translated(refused=_one_line(str(error)))
        return Translated(at_home(events, self._shop))

    def _shopify(self, foreign: Foreign) -> list[Event]:
        """A refund's webhook names its order and no customer: whose that is, the order has told before it."""
        buyers = self._buyers
        events = shopify.translate(foreign if foreign.buyers is buyers else foreign._replace(buyers=buyers))
        for event in events:
            if event["type"] == "purchase":
                buyers[event["order"]] = event["user"]
                if len(buyers) > MOST_ORDERS:
                    del buyers[next(iter(buyers))]  # the oldest
        return events


def translate(dialect: str, records: Iterable[Record], shop: Shop = UNKNOWN) -> list[Translated]:
    """The parts of each record, in order."""
    translator = Translator(dialect, shop)
    return [part for record in records for part in translator.parts(record)]


def at_home(events: list[Event], shop: Shop) -> list[Event]:
    """The events without the shop's own currency, which needs no rate, and with the categories of its products."""
    if shop.currency:
        for event in events:
            if event.get("currency") == shop.currency:
                del event["currency"]
    if shop.categories:
        for event in events:
            _categorise(event, shop.categories)
    return events


def _opened(dialect: str, record: Record) -> Foreign:
    """The record's value as a table, out of its envelope; raises Broken."""
    value = record.value
    if value is None or len(value) > MAX_BYTES:
        raise Broken("the value is empty" if value is None else f"the value is over {MAX_BYTES} bytes")
    try:
        body = orjson.loads(value)
        key = record.key.decode() if record.key else None
        headers = _headers(record) if record.headers else _NOTHING
    except orjson.JSONDecodeError as error:
        raise Broken(f"JSON is malformed: {error}") from None
    except UnicodeDecodeError:
        raise Broken("key: is no UTF-8") from None
    foreign = Foreign(body if body.__class__ is dict else reading(table, body, "value"), headers, key, record.at_ms)
    if dialect == "cloudevents" and not (cloudevents.is_binary(headers) or cloudevents.is_structured(body)):
        raise Broken("specversion: missing, and there is no header ce_specversion")
    return cloudevents.opened(foreign)


def _headers(record: Record) -> dict[str, str]:
    return {name.lower(): (value or b"").decode(errors="replace") for name, value in record.headers}


def _categorise(event: Event, categories: Categories) -> None:
    """The category of a fact's product, and of each line's, where it is known and not told."""
    facts = [event] if event.get("type") in ("view", "cart") else event.get("items") or ()
    for fact in facts:
        if isinstance(fact, dict) and not fact.get("category") and (found := categories.get(str(fact.get("product")))):
            fact["category"] = found if isinstance(found, str) else list(found)


def _one_line(reason: str, longest: int = MAX_REASON) -> str:
    """A text that quotes what was sent, without signs that do not print, and not too long."""
    short = reason if len(reason) <= longest else reason[: longest - 3] + "..."
    return short if short.isprintable() else "".join(sign if sign.isprintable() else "?" for sign in short)
