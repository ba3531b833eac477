"""Reads what another system tells of deals: opened, changed, won, lost. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from models.orders.read_order import Note, OrderReader, as_json_number
from models.playbook.document import Playbook
from models.values.readers.bad_value import quote_value
from models.values.readers.moment import EARLIEST

OPENED, CHANGED, WON, LOST = "opportunity_opened", "opportunity_changed", "opportunity_won", "opportunity_lost"
OPPORTUNITY_EVENTS = (OPENED, CHANGED, WON, LOST)
LONGEST_WORD = 200
"""Characters of a product, a salesperson or a stage."""


def read_opportunity(
    name: str, topic: str | None, data: Mapping[str, Any], playbook: Playbook, country: str, at: datetime, note: Note
) -> dict[str, Any]:
    """The data of one of OPPORTUNITY_EVENTS that happened at `at`; what cannot be used is noted as a problem.

    `amount` becomes a number, `currency` a code, `opened_at` a moment in ISO format. The other system's own number of
    the deal, `reference`, is needed: by it what is told later is about the same one.
    """
    read = dict(data)
    reader = OrderReader(data, playbook, country, note)
    reader.reference(read)
    if not read.get("reference") and data.get("reference") in (None, ""):
        note("reference", "nothing", "the other system's number of the deal")
    amount = reader.amount("amount", read)
    if amount is not None:
        read["amount"] = as_json_number(amount)
        if amount < 0:
            note("amount", quote_value(data.get("amount")), "what the deal brings, which is not below zero,")
    reader.currency(read)
    for field in ("product", "rep", "detail"):
        _word(field, data, read, note)
    if "product" not in read and topic:
        read["product"] = topic
    _opened_at(name, data, read, at, note)
    return read


def _word(field: str, data: Mapping[str, Any], read: dict[str, Any], note: Note) -> None:
    value = data.get(field)
    read.pop(field, None)
    if value is None or (isinstance(value, str) and not value.strip()):
        return
    if not isinstance(value, str) or len(value) > LONGEST_WORD:
        note(field, quote_value(value), f"a text of at most {LONGEST_WORD} characters")
    else:
        read[field] = " ".join(value.split())


def _opened_at(name: str, data: Mapping[str, Any], read: dict[str, Any], at: datetime, note: Note) -> None:
    """When it was opened, where the sender says so beside what happened; None in the data: nobody knows."""
    value = data.get("opened_at")
    if value is None:
        return
    expected = f"a moment between {EARLIEST.year} and now, such as 2026-03-31T14:30:00Z"
    try:
        opened_at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        note("opened_at", quote_value(value), expected)
        return
    opened_at = opened_at if opened_at.tzinfo else opened_at.replace(tzinfo=UTC)
    if opened_at < EARLIEST:
        note("opened_at", quote_value(value), expected)
    elif name in (WON, LOST) and opened_at > at:
        word = name.removeprefix("opportunity_")
        note("opened_at", quote_value(value), f"a moment before {at:%Y-%m-%d %H:%M}, when it was {word},")
    else:
        read["opened_at"] = opened_at.isoformat()


def stored_amount(value: Any) -> Decimal | None:
    """The amount in the data of a stored event; None for what is no amount."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        amount = Decimal(str(value))
    except ArithmeticError:
        return None
    return amount.quantize(Decimal("0.01")) if amount.is_finite() and 0 <= amount < 10**12 else None
