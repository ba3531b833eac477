"""Orders, written down from events: order_placed makes one, order_cancelled takes it back."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

ORDER_EVENTS = ("order_placed", "order_cancelled")

INSERT_ORDERS = text(r"""
-- The product's price stands in for an amount that is missing or is no number. A reference seen before is no new order.
INSERT INTO "order" (contact_id, product_id, event_id, reference, amount, currency, placed_at)
SELECT e.contact_id, p.id, e.id, e.data ->> 'reference',
       CASE WHEN e.data ->> 'amount' ~ '^\d{1,11}(\.\d+)?$' THEN (e.data ->> 'amount')::numeric
            ELSE coalesce(p.price, 0) END,
       coalesce(e.data ->> 'currency', p.currency, 'USD'), e.at
FROM event e LEFT JOIN product p ON p.code = coalesce(e.data ->> 'product', e.topic)
WHERE e.id = ANY(:events) AND e.name = 'order_placed'
ON CONFLICT DO NOTHING
""")

CANCEL_ORDERS = text("""
-- By the shop's order number; without one, the contact's newest order.
UPDATE "order" o SET cancelled_at = e.at
FROM event e
WHERE e.id = ANY(:events) AND e.name = 'order_cancelled' AND o.contact_id = e.contact_id AND o.cancelled_at IS NULL
  AND CASE WHEN e.data ? 'reference' THEN o.reference = e.data ->> 'reference'
           ELSE o.id = (SELECT max(id) FROM "order" WHERE contact_id = e.contact_id AND cancelled_at IS NULL) END
""")


def record_orders(connection: Connection, events: Sequence[int]) -> None:
    """Store the orders in these events."""
    connection.execute(INSERT_ORDERS, {"events": events})
    connection.execute(CANCEL_ORDERS, {"events": events})
