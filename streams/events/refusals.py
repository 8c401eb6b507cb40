"""The few classes of reasons for refusing a record, for counting: the reasons themselves quote what was sent."""

from __future__ import annotations

#: not JSON; too large or nested; an unknown type; a field that is missing or ill-typed; a stamp; a stamp ahead of the
#: clock; an amount; no user; a currency without a rate
JSON, SIZE, TYPE, FIELD, STAMP, EARLY, AMOUNT, USER, CURRENCY = CLASSES = (
    *("json", "size", "type", "field", "stamp", "early", "amount", "user", "currency"),
)
_OF_FIELD = {
    "at": STAMP,
    "user": USER,
    "currency": CURRENCY,
    "price": AMOUNT,
    "total": AMOUNT,
    "discount": AMOUNT,
    "quantity": AMOUNT,
}
_JSON_SIGNS = ("JSON is malformed", "Input data was truncated", "Invalid UTF-8", "'utf-8' codec")
_TYPE_SIGNS = ("`$.type`", "missing required field `type`")
_SIZE_SIGNS = ("the value is ", "nested too deeply")


def class_of(reason: str) -> str:
    """One of CLASSES, of a reason as ``decode_event`` gives it."""
    if reason.startswith(_JSON_SIGNS):
        return JSON
    if reason.startswith(_SIZE_SIGNS):
        return SIZE
    if reason.endswith(_TYPE_SIGNS):
        return TYPE
    field, colon, _ = reason.partition(":")
    return _OF_FIELD.get(field.rpartition(".")[2], FIELD) if colon else FIELD
