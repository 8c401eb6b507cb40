"""The Complete Journey (84.51°) as native events.

A household is a customer, a basket an order, a campaign link an e-mail sent on the campaign's first day, a redemption a
click in that e-mail, and demographics are a profile. The data's stamps name no time zone; they are taken as UTC.
"""

from __future__ import annotations

import csv
import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_EVEN, Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

Row = dict[str, str]
Event = dict[str, Any]

BASKETS = "transactions_sample.csv"
DISCOUNTS = ("retail_disc", "coupon_disc", "coupon_match_disc")
SHOP_COUPON = "coupon"  # a coupon was used, and the redemptions do not tell which
EXACT = Decimal("0.0001")


def convert(folder: Path) -> list[Event]:
    """All events of the data in a folder, ordered by instant; files may be gzipped.

    Raises:
        OSError: a file is missing.
        KeyError: a file lacks a column.
    """
    redemptions = list(_rows(folder, "coupon_redemptions.csv"))
    events = [
        *_orders(_rows(folder, BASKETS), _coupons(redemptions)),
        *_mails(_rows(folder, "campaigns.csv"), _rows(folder, "campaign_descriptions.csv")),
        *_clicks(redemptions),
        *_profiles(_rows(folder, "demographics.csv")),
    ]
    return sorted(events, key=lambda event: (event["at"], event["id"]))


def _rows(folder: Path, name: str) -> Iterator[Row]:
    packed = folder / f"{name}.gz"
    if packed.exists():
        with gzip.open(packed, "rt", newline="") as file:
            yield from csv.DictReader(file)
    else:
        with (folder / name).open(newline="") as file:
            yield from csv.DictReader(file)


def _coupons(redemptions: Iterable[Row]) -> dict[tuple[str, str], str]:
    """The first coupon that a household redeemed on a day: (household, day) -> its number."""
    coupons: dict[tuple[str, str], str] = {}
    for row in redemptions:
        coupons.setdefault((row["household_id"], row["redemption_date"]), row["coupon_upc"])
    return coupons


def _orders(rows: Iterable[Row], coupons: dict[tuple[str, str], str]) -> Iterator[Event]:
    """One purchase a basket, whose lines stand together."""
    baskets: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        baskets[row["basket_id"]].append(row)
    for basket, lines in baskets.items():
        first = lines[0]
        household, stamp = first["household_id"], first["transaction_timestamp"]
        event = _event(f"basket-{basket}", "purchase", household, stamp.replace(" ", "T") + "Z")
        event |= {"order": basket, "items": [_item(line) for line in lines if _is_item(line)]}
        event |= {"total": _text(_sum(lines, "sales_value")), "discount": _text(_sum(lines, *DISCOUNTS))}
        if _sum(lines, "coupon_disc", "coupon_match_disc"):
            event["coupon"] = coupons.get((household, stamp[:10]), SHOP_COUPON)
        yield event


def _is_item(line: Row) -> bool:
    """Whether something was bought: a line without quantity and value is a coupon of its own."""
    return line["quantity"] != "0" or _amount(line["sales_value"]) != 0


def _item(line: Row) -> Event:
    """One line; its price times its quantity is exactly what was paid.

    Where what was paid cannot be divided by the quantity to four decimals (3 for 8.12, or fuel in fractions of a
    gallon), the line is one unit.
    """
    quantity, paid = max(1, int(line["quantity"])), _amount(line["sales_value"])
    price = (paid / quantity).quantize(EXACT, ROUND_HALF_EVEN)
    if price * quantity != paid:
        quantity, price = 1, paid
    category = {"category": line["product_category"]} if line["product_category"] else {}
    return {"product": line["product_id"], **category, "price": _text(price), "quantity": quantity}


def _mails(links: Iterable[Row], descriptions: Iterable[Row]) -> Iterator[Event]:
    starts = {row["campaign_id"]: row["start_date"] for row in descriptions}
    for row in links:
        campaign, household = row["campaign_id"], row["household_id"]
        yield _email("sent", campaign, household, f"{starts[campaign]}T08:00:00Z", "")


def _clicks(redemptions: Iterable[Row]) -> Iterator[Event]:
    """One click a redeemed coupon; the same message may be clicked again."""
    by = sorted(redemptions, key=lambda row: (row["campaign_id"], row["household_id"], row["redemption_date"]))
    for (campaign, household), rows in groupby(by, key=lambda row: (row["campaign_id"], row["household_id"])):
        for number, row in enumerate(rows):
            yield _email("clicked", campaign, household, f"{row['redemption_date']}T12:00:00Z", f"-{number}")


def _email(action: str, campaign: str, household: str, at: str, suffix: str) -> Event:
    message = f"{campaign}-{household}"
    event = _event(f"{action}-{message}{suffix}", "email", household, at)
    return event | {"action": action, "message": message, "campaign": campaign}


def _profiles(rows: Iterable[Row]) -> Iterator[Event]:
    for row in rows:
        household = row["household_id"]
        known = {name: value for name, value in row.items() if name != "household_id" and value}
        yield _event(f"profile-{household}", "profile", household, "2017-01-01T00:00:00Z") | {"set": known}


def _event(name: str, kind: str, household: str, at: str) -> Event:
    return {"id": name, "type": kind, "user": household, "at": at}


def _amount(text: str) -> Decimal:
    """The amount that is meant by a number that went through floating point: 1.776357e-15 is 0."""
    return Decimal(text).quantize(EXACT, ROUND_HALF_EVEN)


def _sum(lines: Iterable[Row], *columns: str) -> Decimal:
    return sum((_amount(line[column]) for line in lines for column in columns), Decimal(0))


def _text(amount: Decimal) -> str:
    """An amount without trailing zeros."""
    return f"{amount.normalize():f}"
