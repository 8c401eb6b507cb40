"""The exports that are known, and mapping files: rows in, native events out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from streams.dialects.translate import UNKNOWN
from streams.dialects.words import Shop
from streams.events.decode import Refusal, decode_event
from streams.exports.instants import export_instant
from streams.exports.reading import read_table
from streams.exports.words import ExportError, Outcome

AT_MS = 1_777_611_600_000  # 2026-05-01T05:00:00Z
ORDERS = (
    "Name,Email,Financial Status,Paid at,Currency,Subtotal,Total,Discount Code,Discount Amount,Created at,"
    "Lineitem quantity,Lineitem name,Lineitem price,Lineitem sku,Cancelled at,Refunded Amount,Id"
)


def read(text: str, mapping: Path | None = None, shop: Shop = UNKNOWN) -> list[Outcome]:
    lines = text.encode().splitlines(keepends=True)
    return list(read_table("f.csv", lines, mapping, AT_MS, shop).outcomes)


def events(text: str, **more: Any) -> list[dict[str, Any]]:
    outcomes = read(text, **more)
    assert [one.refused for one in outcomes if one.refused] == []
    found = [event for one in outcomes for event in one.events]
    for event in found:
        assert not isinstance(told := decode_event(orjson.dumps(event)), Refusal), told
    return found


def test_orders_of_shopify() -> None:
    text = "\n".join(
        [
            "\ufeff" + ORDERS,
            "#1001,Ada@Example.com,paid,,EUR,47.00,56.29,FALL5,5.00,2026-05-01 01:00:00 -0400,"
            '2,"Print, ""fern""",16.00,FERN-1,,0.00,555',
            "#1001,ada@example.com,,,,,,,,,1,Tote,20.00,,,,",
            "#1002,bob@example.com,refunded,,EUR,20.00,20.00,,0.00,2026-05-01 05:00:00 +0000,"
            "1,Tote,20.00,TOTE,2026-05-02 05:00:00 +0000,20.00,556",
            "#1003,cyd@example.com,partially_refunded,,EUR,20.00,20.00,,0.00,2026-05-01T05:00:00Z,"
            "1,Tote,20.00,TOTE,,7.50,557",
        ]
    )
    first, second, gone, third, back = events(text, shop=Shop("EUR", {"FERN-1": "Prints"}))
    assert first == {
        "type": "purchase",
        "id": "order-555",
        "user": "ada@example.com",
        "at": AT_MS,
        "order": "555",
        "total": "56.29",
        "discount": "5.00",
        "coupon": "FALL5",
        "items": [
            {"product": "FERN-1", "price": "16.00", "quantity": "2", "category": "Prints"},
            {"product": "Tote", "price": "20.00", "quantity": "1"},
        ],
    }
    assert second["order"] == "556"
    assert gone == {
        "type": "refund",
        "user": "bob@example.com",
        "order": "556",
        "id": "order-556-cancelled",
        "at": AT_MS + 86_400_000,
    }
    assert (third["order"], back["id"], back["total"]) == ("557", "order-557-refunded", "7.50")


def test_broken_rows_cost_no_other() -> None:
    outcomes = read(
        f"{ORDERS}\n"
        "#1,,paid,,EUR,1,1,,0,2026-05-01T05:00:00Z,1,Tote,1,,,,1\n"
        "#2,b@x.example,paid,,EUR,1,much,,0,2026-05-01T05:00:00Z,1,Tote,1,,,,2\n"
        "too,short\n"
        "#3,c@x.example,paid,,EUR,1,1,,0,yesterday,1,Tote,1,,,,3\n"
        "#4,d@x.example,paid,,EUR,1,1,,0,2026-05-01T05:00:00Z,1,Tote,1,,,,4\n"
    )
    said = {one.line: one.refused for one in outcomes}
    assert said == {
        2: "Email: missing",
        3: "Total: 'much' is not a number",
        4: "has 2 fields, not 17",
        5: "Created at: 'yesterday' is neither an RFC 3339 stamp with an offset nor whole epoch milliseconds",
        6: None,
    }


def test_customers_of_shopify_join_an_address_to_its_id() -> None:
    text = (
        "Customer ID,First Name,Last Name,Email,Accepts Email Marketing,Default Address Country Code,Total Spent,Tags\n"
        "'42,Ada,L,Ada@example.com,no,GB,10.00,vip\n"
        ",Bob,,bob@example.com,yes,,0.00,\n"
    )
    profile, consent, merge, guest = events(text)
    assert (profile["user"], profile["at"]) == ("42", AT_MS)
    assert profile["set"] == {
        "first_name": "Ada",
        "last_name": "L",
        "email": "Ada@example.com",
        "tags": "vip",
        "country": "GB",
    }
    assert (consent["action"], consent["user"]) == ("unsubscribed", "42")
    assert (merge["type"], merge["user"], merge["from"]) == ("merge", "42", "ada@example.com")
    assert (guest["user"], guest["set"]["first_name"]) == ("bob@example.com", "Bob")


def test_profiles_of_klaviyo() -> None:
    text = (
        "Email,Klaviyo ID,First Name,Email Marketing Consent,Email Suppressions,Favourite Colour\n"
        "Ada@example.com,01H,Ada,SUBSCRIBED,[],blue\n"
        "bob@example.com,02H,Bob,UNSUBSCRIBED,,\n"
        "cyd@example.com,03H,Cyd,SUBSCRIBED,['HARD_BOUNCE'],\n"
        "dan@example.com,04H,Dan,SUBSCRIBED,SPAM_COMPLAINT,\n"
    )
    found = events(text)
    assert found[0]["set"] == {"email": "Ada@example.com", "first_name": "Ada", "favourite_colour": "blue"}
    consent = {one["user"][:3]: one["action"] for one in found if one["type"] == "email"}
    assert consent == {"bob": "unsubscribed", "cyd": "bounced", "dan": "complained"}


def test_events_of_klaviyo() -> None:
    text = (
        "Event ID,Timestamp,Metric,Email,ProductID,Price,Items,OrderId,$message,Value\n"
        "e1,2026-05-01 05:00:00,Viewed Product,ada@example.com,p1,9.90,,,,\n"
        "e2,1777611600,Placed Order,ada@example.com,,,"
        '"[{""ProductID"":""p1"",""ItemPrice"":9.9,""Quantity"":1}]",o1,,9.9\n'
        "e3,2026-05-01T05:00:00Z,Opened Email,ada@example.com,,,,,m1,\n"
        "e4,2026-05-01T05:00:00Z,Active on Site,ada@example.com,,,,,,\n"
    )
    outcomes = read(text)
    view, order, opened = (event for one in outcomes for event in one.events)
    assert (view["type"], view["id"], view["at"], view["price"]) == ("view", "Viewed Product:e1", AT_MS, "9.90")
    assert (order["order"], order["total"], order["items"][0]["product"], order["at"]) == ("o1", "9.9", "p1", AT_MS)
    assert (opened["action"], opened["message"]) == ("opened", "m1")
    assert outcomes[3].refused == "skipped: Active on Site"


MAPPING = """
type = "purchase"
at_format = "%d.%m.%Y %H:%M"
timezone = "Europe/Berlin"
[columns]
user = "Kunde"
at = "Datum"
order = "Rechnung"
product = "Artikel"
price = "Preis"
quantity = "Menge"
[constants]
category = "Schuhe"
"""
ROWS = """Kunde,Datum,Rechnung,Artikel,Preis,Menge
ada,01.05.2026 07:00,R1,p1,10.50,2
ada,,R1,p2,1,1
bob,01.05.2026 07:00,R2,p1,10.50,1
"""


def test_any_other_by_a_mapping(tmp_path: Path) -> None:
    file = tmp_path / "mapping.toml"
    file.write_text(MAPPING)
    first, second = events(ROWS, mapping=file)
    assert (first["at"], first["order"], first["user"]) == (AT_MS, "R1", "ada")
    assert [(one["product"], one["price"], one["category"]) for one in first["items"]] == [
        ("p1", "10.50", "Schuhe"),
        ("p2", "1", "Schuhe"),
    ]
    assert second["order"] == "R2"
    assert events(ROWS, mapping=file) == [first, second]  # ids, too


def test_a_mapping_may_tell_types_by_a_column(tmp_path: Path) -> None:
    file = tmp_path / "mapping.toml"
    file.write_text(
        'type_column = "what"\n[types]\nlook = "view"\nopen = "email"\nperson = "profile"\n[columns]\n'
        'user = "who"\nat = "when"\nproduct = "thing"\nmessage = "thing"\n"set.tier" = "thing"\n'
        '[constants]\naction = "opened"\n'
    )
    text = "who,when,what,thing\nada,1777611600,look,p1\nada,1777611600000,open,m1\nada,1777611600,person,gold\n"
    view, mail, profile = events(text, mapping=file)
    assert (view["product"], mail["message"], mail["action"], profile["set"]) == (
        "p1",
        "m1",
        "opened",
        {"tier": "gold"},
    )
    [odd] = read("who,when,what,thing\nada,1777611600,walk,p1\n", mapping=file)
    assert odd.refused == "what: 'walk' is none of the types"


def test_mistakes_in_a_mapping_are_told_at_once(tmp_path: Path) -> None:
    file = tmp_path / "mapping.toml"
    file.write_text('type = "purchse"\nzone = 1\ntimezone = "Mars"\n[columns]\nuser = "Kunden"\nordr = "Rechnung"\n')
    with pytest.raises(ExportError) as raised:
        read(ROWS, mapping=file)
    said = str(raised.value)
    for part in (
        "unknown key zone",
        "unknown purchse; did you mean purchase?",
        "there is no column Kunden; did you mean Kunde?",
        "unknown field ordr",
        "columns: at is missing",
        "timezone must be a time zone",
    ):
        assert part in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "f.csv:1: the first line must name the columns, each once"),
        ("a,a\n", "f.csv:1: the first line must name the columns, each once"),
        (
            "a,b\n1,2\n",
            "f.csv:1: these columns are of no export that is known: a, b; say what they mean with --mapping",
        ),
        (f'{ORDERS}\n"open,b\n', "f.csv:2: is no CSV: "),
    ],
)
def test_what_is_no_table(text: str, said: str) -> None:
    with pytest.raises(ExportError) as raised:
        read(text)
    assert said in str(raised.value)


def test_instants() -> None:
    for told in ("2026-05-01 01:00:00 -0400", "2026-05-01 05:00:00 UTC", "2026-05-01 05:00", "1777611600"):
        assert export_instant(told) == AT_MS
    assert export_instant("2026-05-01") == AT_MS - 5 * 3_600_000
