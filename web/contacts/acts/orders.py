"""Orders and refunds that people record on a contact's page, where no shop has told of them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import text

from models.database import lock_contacts
from models.orders.read_order import ORDER_PLACED, ORDER_REFUNDED, read_order
from models.wording import money
from web.contacts.acts.act import Act
from web.frame.typed_text import UnreadableText

LEFT = """o.amount - o.refunded - coalesce((
    SELECT sum(coalesce((e.data ->> 'amount')::numeric, o.amount)) FROM event e
    WHERE e.contact_id = o.contact_id AND e.name = 'order_refunded' AND e.source = 'ops' AND e.reacted_at IS NULL
      AND e.data ->> 'reference' IS NOT DISTINCT FROM o.reference), 0)"""
"""SQL over the table order as `o`: what is left to pay back, also after refunds that nothing has reacted to yet."""

ORDER = text(f"""
SELECT o.reference, o.currency, o.amount, o.amount_from <> 'not known' AS is_known, {LEFT} AS left_to_refund
FROM "order" o WHERE o.id = :order AND o.contact_id = :contact AND o.cancelled_at IS NULL
""")
TOLD = text("SELECT EXISTS (SELECT FROM event WHERE key = :key)")


def add_order(act: Act) -> bool:
    """Record an order that no shop has told of; what follows from orders follows from it."""
    product = act.given.get("product", "")
    sent = {name: act.typed(name, "The fields") for name in ("amount", "currency", "reference")}
    return _tell_order(act, ORDER_PLACED, product or None, {name: value for name, value in sent.items() if value})


def refund_order(act: Act) -> bool:
    """Record that an order was paid back, wholly or in part; never more of it than it brought."""
    lock_contacts(act.connection, [act.contact_id])
    if act.connection.execute(TOLD, {"key": act.key("order")}).scalar_one():
        return False
    order = act.connection.execute(ORDER, {"order": act.number("order"), "contact": act.contact_id}).one_or_none()
    if order is None:
        raise UnreadableText("There is no such order of this contact. Choose one of the list.")
    if order.is_known and order.left_to_refund <= 0:
        raise UnreadableText("All of this order has been paid back already. Nothing was changed.")
    # Without an amount it is all that is left.
    data = {"reference": order.reference, "currency": order.currency, "amount": act.typed("amount", "The fields")}
    most = order.left_to_refund if order.is_known else None
    return _tell_order(act, ORDER_REFUNDED, None, {name: value for name, value in data.items() if value}, most)


def _tell_order(act: Act, name: str, topic: str | None, data: Mapping[str, Any], most: Decimal | None = None) -> bool:
    problems: list[str] = []

    def note(part: str, found: str, expected: str) -> None:
        problems.append(f"{part.capitalize()}: found {found}, expected {expected}.")

    read = read_order(name, topic, data, act.playbook, act.playbook.company.country, note)
    if problems:
        raise UnreadableText(" ".join(problems))
    if most is not None and Decimal(str(read.data.get("amount", 0))) > most:
        raise UnreadableText(
            f"At most {money(most, str(data['currency']))} can be paid back: more was not paid. Nothing was changed."
        )
    return act.tell(read.name, "order", read.data, topic)
