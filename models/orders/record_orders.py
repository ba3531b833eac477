"""Orders, made from events: order_placed makes one, order_refunded reduces it, order_cancelled takes it back."""

from collections.abc import Sequence
from decimal import Decimal

from sqlalchemy import Connection, text

from models.database import id_list, to_json
from models.orders.read_order import ORDER_EVENTS, ORDER_REFUNDED
from models.orders.standing import OrderReversal, PlacedOrder, order_standings

NUMBER = r"'^\d{1,11}(\.\d+)?$'"

INSERT_ORDERS = text(rf"""
-- The product's price stands in for an amount that is missing or is no number, and the order says so. A reference seen
-- before is no new order, and an amount below zero none at all.
INSERT INTO "order" (contact_id, product_id, event_id, reference, amount, amount_from, currency, placed_at)
SELECT e.contact_id, p.id, e.id, e.data ->> 'reference',
       CASE WHEN e.data ->> 'amount' ~ {NUMBER} THEN (e.data ->> 'amount')::numeric ELSE coalesce(p.price, 0) END,
       CASE WHEN e.data ->> 'amount' ~ {NUMBER} THEN coalesce(e.data ->> 'amount_from', 'the order')
            WHEN p.price IS NOT NULL THEN 'list price' ELSE 'not known' END,
       coalesce(e.data ->> 'currency', p.currency, CAST(:currency AS text)), e.at
FROM event e LEFT JOIN LATERAL (
    SELECT * FROM product WHERE lower(coalesce(e.data ->> 'product', e.topic)) IN (lower(code), lower(name))
    ORDER BY lower(code) = lower(coalesce(e.data ->> 'product', e.topic)) DESC, id LIMIT 1
) p ON true
WHERE e.id = ANY(CAST(:events AS bigint[])) AND e.name = 'order_placed'
  AND NOT starts_with(coalesce(e.data ->> 'amount', ''), '-')
ON CONFLICT DO NOTHING
""")

CONTACTS = text("""
-- Whose orders these events are about: those of their contacts, and those that they name by the shop's number.
SELECT contact_id FROM event WHERE id = ANY(CAST(:events AS bigint[])) AND name = ANY(:names)
UNION
SELECT o.contact_id FROM event e JOIN "order" o ON o.reference = e.data ->> 'reference'
WHERE e.id = ANY(CAST(:events AS bigint[])) AND e.name = ANY(:names)
""")

PLACED = text(rf"""
SELECT o.id, o.contact_id, o.reference, o.amount,
       CASE WHEN e.data ->> 'refunded' ~ {NUMBER} THEN (e.data ->> 'refunded')::numeric ELSE 0 END AS refunded,
       o.placed_at
FROM "order" o JOIN event e ON e.id = o.event_id AND e.name = 'order_placed'
WHERE o.contact_id = ANY(CAST(:contacts AS bigint[]))
""")

REVERSALS = text(rf"""
SELECT id, contact_id, nullif(data ->> 'reference', '') AS reference, name = '{ORDER_REFUNDED}' AS is_refund,
       CASE WHEN data ->> 'amount' ~ {NUMBER} THEN (data ->> 'amount')::numeric END AS amount, at
FROM event
WHERE name IN ('order_cancelled', 'order_refunded')
  AND (contact_id = ANY(CAST(:contacts AS bigint[])) AND coalesce(data ->> 'reference', '') = ''
       OR data ->> 'reference' = ANY(:references))
  -- A deal that was not won for a while, and is won now.
  AND NOT (data ? 'opportunity' AND EXISTS (
      SELECT FROM opportunity p WHERE p.reference = event.data ->> 'opportunity' AND p.stage = 'won'))
""")

STORE = text("""
UPDATE "order" o SET refunded = n.refunded, cancelled_at = n.cancelled_at
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (id bigint, refunded numeric, cancelled_at timestamptz)
WHERE o.id = n.id AND (o.refunded, o.cancelled_at) IS DISTINCT FROM (n.refunded, n.cancelled_at)
""")


def record_orders(connection: Connection, events: Sequence[int], currency: str = "USD") -> None:
    """Store the orders in these events, and what they tell of orders; doing it again changes nothing.

    `currency` is that of orders that say none and have no product.
    """
    connection.execute(INSERT_ORDERS, {"events": id_list(events), "currency": currency})
    about = {"events": id_list(events), "names": list(ORDER_EVENTS)}
    contacts = id_list(connection.execute(CONTACTS, about).scalars().all())
    orders = [PlacedOrder(*row) for row in connection.execute(PLACED, {"contacts": contacts})]
    references = [order.reference for order in orders if order.reference is not None]
    reversals = [
        OrderReversal(*row) for row in connection.execute(REVERSALS, {"contacts": contacts, "references": references})
    ]
    standings = order_standings(orders, reversals)
    rows = [
        {"id": order, "refunded": Decimal(became.refunded), "cancelled_at": became.cancelled_at}
        for order, became in standings.items()
    ]
    connection.execute(STORE, {"rows": to_json(rows)})
