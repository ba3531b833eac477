"""Facts of orders: placed, taken back, standing; new and lost customers. SQL."""

from models.kpi.window import CHANGED_CONTACTS
from models.tables.sales import NET, STANDS

PLACED_ORDERS = f"""
-- How many whole customers an order is: its product's list price beside that of the product that makes one, else its
-- own amount. `:full_price` is null where each order counts as one.
CREATE TEMP TABLE placed_order ON COMMIT DROP AS
SELECT o.id, o.contact_id, o.placed_at, o.cancelled_at, o.amount, o.refunded, o.currency, p.code AS product,
       d.rep_id,
       {STANDS} AS stands, {NET} AS net,
       CASE WHEN CAST(:full_price AS numeric) IS NULL THEN 1.0
            WHEN p.currency = :full_currency THEN p.price / CAST(:full_price AS numeric)
            WHEN o.currency = :full_currency THEN o.amount / CAST(:full_price AS numeric)
            ELSE 1.0 END AS equivalents,
       CASE WHEN o.amount > 0 THEN o.refunded / o.amount ELSE 0 END AS refunded_share,
       refund.at AS refunded_at
FROM "order" o JOIN {CHANGED_CONTACTS} c ON c.contact_id = o.contact_id
LEFT JOIN product p ON p.id = o.product_id
-- The order of a deal that was won is of whoever won it, whoever owns the contact.
LEFT JOIN opportunity d ON d.reference = o.reference
LEFT JOIN LATERAL (
    SELECT max(e.at) AS at FROM event e
    WHERE o.refunded > 0 AND e.name = 'order_refunded'
      AND (o.reference IS NOT NULL AND e.data ->> 'reference' = o.reference
           OR coalesce(e.data ->> 'reference', '') = '' AND e.contact_id = o.contact_id)
) refund ON true
"""

FIND_ORDERS = "CREATE INDEX ON placed_order (contact_id, placed_at, id); ANALYZE placed_order"
"""Deals look for the orders of one contact after the other."""

ORDERS = """
SELECT contact_id, 'order', 'order:' || id, placed_at, NULL::timestamptz, rep_id, coalesce(product, ''),
       amount, currency, equivalents::float
FROM placed_order
UNION ALL
SELECT contact_id, 'sale', 'order:' || id, placed_at, NULL::timestamptz, rep_id, coalesce(product, ''),
       net, currency, (equivalents * (1 - refunded_share))::float
FROM placed_order WHERE stands
"""

REVERSALS = """
-- What was paid back counts when the last part of it was; a shop that told of it with the order says no moment.
SELECT contact_id, 'reversal', 'refund:' || id, coalesce(refunded_at, placed_at), NULL::timestamptz, rep_id,
       coalesce(product, ''), refunded, currency, (equivalents * refunded_share)::float
FROM placed_order WHERE refunded > 0
UNION ALL
SELECT contact_id, 'reversal', 'cancelled:' || id, cancelled_at, NULL::timestamptz, rep_id,
       coalesce(product, ''), amount - refunded, currency, (equivalents * (1 - refunded_share))::float
FROM placed_order WHERE cancelled_at IS NOT NULL AND (amount > refunded OR amount = 0)
"""

CUSTOMERS = """
WITH first_order AS (
    SELECT DISTINCT ON (contact_id) * FROM placed_order ORDER BY contact_id, placed_at, id
), standing AS (
    SELECT *, row_number() OVER (PARTITION BY contact_id ORDER BY placed_at, id) AS place FROM placed_order WHERE stands
), first_of_product AS (
    SELECT DISTINCT ON (contact_id, product) * FROM standing WHERE product IS NOT NULL
    ORDER BY contact_id, product, placed_at, id
)
SELECT contact_id, 'new_customer', '', placed_at, NULL::timestamptz, rep_id, coalesce(product, ''),
       NULL::numeric, NULL::text, NULL::float
FROM first_order
UNION ALL
SELECT contact_id, CASE place WHEN 1 THEN 'customer' ELSE 'reordered' END, '', placed_at, NULL::timestamptz,
       rep_id, coalesce(product, ''), CASE place WHEN 1 THEN net END, CASE place WHEN 1 THEN currency END, NULL
FROM standing WHERE place <= 2
UNION ALL
SELECT contact_id, 'bought', product, placed_at, NULL::timestamptz, rep_id, product, NULL, NULL, NULL
FROM first_of_product
UNION ALL
SELECT contact_id, 'lost_customer', '', max(coalesce(cancelled_at, refunded_at, placed_at)), NULL::timestamptz,
       NULL::bigint, '', NULL, NULL, NULL
FROM placed_order GROUP BY contact_id HAVING NOT bool_or(stands)
"""
