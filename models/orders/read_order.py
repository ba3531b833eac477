"""Reads what a shop tells of orders: amounts as people and programs write them, currencies, refunds. Pure."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from babel.numbers import list_currencies

from models.playbook.document import Playbook, ProductEntry
from models.values.readers.amount import read_amount
from models.values.readers.bad_value import BadValue, quote_value

ORDER_PLACED, ORDER_REFUNDED, ORDER_CANCELLED = "order_placed", "order_refunded", "order_cancelled"
ORDER_EVENTS = (ORDER_PLACED, ORDER_REFUNDED, ORDER_CANCELLED)
LONGEST_REFERENCE = 200

Note = Callable[[str, str, str], None]
"""Notes a problem: which part of the data, what was found, what was expected."""


class ReadOrder(NamedTuple):
    """An event about an order, with data that needs no more reading."""

    name: str
    """`order_refunded` for an order below zero."""
    data: dict[str, Any]
    """What was sent, with `amount` and `refunded` as numbers, `currency` as a code and `reference` as text.
    `amount_from` is `list price` where the shop named no amount; `amount_sent` is what was read otherwise."""


def read_order(
    name: str, topic: str | None, data: Mapping[str, Any], playbook: Playbook, country: str, note: Note
) -> ReadOrder:
    """Read the data of one of ORDER_EVENTS; what cannot be used is noted as a problem.

    An amount below zero is a refund, never a sale. A missing amount of an order is the list price of its product.
    """
    reading = OrderReader(data, playbook, country, note)
    read = dict(data)
    reading.reference(read)
    amount = reading.amount("amount", read)
    currency = reading.currency(read)
    if name == ORDER_PLACED:
        reading.amount("refunded", read)
        if amount is None and "amount" not in read:
            read |= _list_price(find_product(playbook, data.get("product") or topic), currency)
    if name == ORDER_PLACED and amount is not None and amount < 0:
        name = ORDER_REFUNDED
    if name == ORDER_REFUNDED and amount is not None:
        if amount == 0:
            note("amount", quote_value(data.get("amount")), "what was paid back; leave it out when it is all")
        read["amount"] = as_json_number(abs(amount))
    return ReadOrder(name, read)


class OrderReader:
    """The data of one event, on its way."""

    def __init__(self, data: Mapping[str, Any], playbook: Playbook, country: str, note: Note) -> None:
        self.data = data
        self.largest = playbook.orders.largest
        self.country = country
        self.note = note
        self.meant: str | None = None
        """The currency that stands beside an amount."""

    def amount(self, field: str, read: dict[str, Any]) -> Decimal | None:
        """The amount in a field; an empty one is taken out."""
        value = self.data.get(field)
        if value is None or (isinstance(value, str) and not value.strip()):
            read.pop(field, None)
            return None
        try:
            amount, currency = read_amount(value, self.country)
        except BadValue as error:
            self.note(field, error.found, error.expected)
            return None
        if abs(amount) > self.largest:
            self.note(field, quote_value(value), f"an amount of at most {self.largest:,}")
            return None
        self.meant = currency or self.meant
        read[field] = as_json_number(amount)
        if isinstance(value, str):
            read[f"{field}_sent"] = value
        return amount

    def currency(self, read: dict[str, Any]) -> str | None:
        """The code of the currency, from its own field or from beside the amount."""
        value = self.data.get("currency")
        given = value.strip().upper() if isinstance(value, str) else value
        if given in (None, ""):
            given = self.meant
        elif given not in list_currencies():
            self.note("currency", quote_value(value), "the code of a currency such as USD")
            return None
        elif self.meant and self.meant != given:
            self.note("currency", quote_value(value), f"{self.meant}, as the amount says")
        read.pop("currency", None)
        if given:
            read["currency"] = given
        return given

    def reference(self, read: dict[str, Any]) -> None:
        """The shop's own number of the order, as text."""
        value = self.data.get("reference")
        text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else None
        read.pop("reference", None)
        if value is None or text == "":
            return
        if text is None or len(text) > LONGEST_REFERENCE:
            self.note(
                "reference", quote_value(value), f"the number of an order, at most {LONGEST_REFERENCE} characters,"
            )
        else:
            read["reference"] = text


def find_product(playbook: Playbook, name: Any) -> ProductEntry | None:
    """The product of that code, else of that name, in any case; None without one."""
    wanted = str(name).strip().casefold() if name else ""
    by_code = {product.code.casefold(): product for product in reversed(playbook.products)}
    by_name = {product.name.casefold(): product for product in reversed(playbook.products)}
    return by_code.get(wanted) or by_name.get(wanted)


def _list_price(product: ProductEntry | None, currency: str | None) -> dict[str, Any]:
    if product is None or currency not in (None, product.currency):
        return {}
    return {"amount": as_json_number(product.price), "currency": product.currency, "amount_from": "list price"}


def as_json_number(amount: Decimal) -> int | float:
    """As JSON has it; two decimals are exact in it up to the largest amount that an order can have."""
    return int(amount) if amount == amount.to_integral_value() else float(amount)
