"""What a contact has bought, as their page shows it: what was paid, who says so, what was paid back."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from babel.numbers import get_currency_name
from sqlalchemy import Connection, text

from models.wording import money

ORDERS = text("""
    SELECT coalesce(product.name, e.data ->> 'product', e.topic) AS product, o.reference, o.placed_at, o.amount,
           o.amount_from, o.refunded, o.currency, o.cancelled_at
    FROM "order" o LEFT JOIN product ON product.id = o.product_id LEFT JOIN event e ON e.id = o.event_id
    WHERE o.contact_id = :contact ORDER BY o.placed_at DESC, o.id DESC
""")


@dataclass(frozen=True)
class OrderLine:
    """One order."""

    product: str | None
    reference: str | None
    placed_at: datetime
    amount: Decimal
    amount_from: str
    refunded: Decimal
    currency: str
    cancelled_at: datetime | None

    @property
    def price(self) -> str:
        """What was paid, and who says so where the shop did not."""
        if self.amount_from == "not known":
            return f"amount not known, in {get_currency_name(self.currency, locale='en')}"
        paid = money(self.amount, self.currency)
        return paid if self.amount_from == "the order" else f"{paid} by the {self.amount_from}"

    @property
    def taken_back(self) -> str | None:
        """What became of it since; None while all of it stands."""
        if self.cancelled_at:
            return "cancelled"
        if not self.refunded:
            return None
        return "paid back" if self.refunded >= self.amount else f"{money(self.refunded, self.currency)} paid back"


def contact_orders(connection: Connection, contact: int) -> list[OrderLine]:
    """All orders of a contact, the newest first."""
    return [OrderLine(**row) for row in connection.execute(ORDERS, {"contact": contact}).mappings()]
