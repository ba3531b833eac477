"""What a source tells whose leads are orders: a row of a shop's export becomes the event of the order."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from models.orders.read_order import ORDER_PLACED, find_product, read_order
from models.playbook.document import Playbook

ORDER_FIELDS = {
    "order_amount": "amount",
    "order_currency": "currency",
    "order_reference": "reference",
    "order_refunded": "refunded",
    "product": "product",
}
"""Fields of a source -> what the data of an order calls them."""


class OrderRow(NamedTuple):
    """The event that a row of orders is."""

    name: str
    topic: str | None
    """The code of the product; None for one that the playbook does not name."""
    data: dict[str, Any]
    key: str | None
    """What the shop's number makes it known by; a refund is known by its row, as an order may have several."""


def read_order_row(
    event: str,
    given: Callable[[str], Iterator[Any]],
    raw: Mapping[str, Any],
    playbook: Playbook,
    country: str,
    note: Callable[[str, str, str], None],
) -> OrderRow:
    """Read the order in a payload. `given` says what it has for a field of ours; `note` keeps problems by field."""
    found = {name: next(given(field), None) for field, name in ORDER_FIELDS.items()}
    data = {name: value for name, value in found.items() if value is not None}

    def note_field(name: str, value: str, expected: str) -> None:
        note(next(field for field, known in ORDER_FIELDS.items() if known == name), value, expected)

    read = read_order(event, None, data, playbook, country, note_field)
    product, reference = find_product(playbook, read.data.get("product")), read.data.get("reference")
    key = f"order {reference}" if reference and read.name == event == ORDER_PLACED else None
    return OrderRow(read.name, product.code if product else None, {**raw, **read.data}, key)
