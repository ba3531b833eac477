"""Opportunities, made from events: what was told of each deal says how it stands. A won one is an order as well."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import id_list, to_json
from models.events.emit import NewEvent, emit, emit_from
from models.orders.opportunity_state import OpportunityEvent, OpportunityState, opportunity_state
from models.orders.read_opportunity import OPPORTUNITY_EVENTS
from models.orders.read_order import ORDER_CANCELLED, ORDER_PLACED
from models.orders.record_orders import record_orders
from models.tables.event import ABOUT_OPPORTUNITIES
from models.tables.sales import DealStage

SOURCE = "opportunities"
"""Who emits the orders of deals."""

LOCK = text("SELECT pg_advisory_xact_lock(hashtext('tend opportunities'))")

REFERENCES = text("""
SELECT DISTINCT data ->> 'reference' FROM event
WHERE id = ANY(CAST(:events AS bigint[])) AND name = ANY(:names) AND coalesce(data ->> 'reference', '') <> ''
""")

TOLD = text(f"""
SELECT data ->> 'reference' AS reference, id, contact_id, name, at, data FROM event
WHERE {ABOUT_OPPORTUNITIES} AND data ->> 'reference' = ANY(:references)
""")

ROWS = """
SELECT n.*, coalesce(known.id, addressed.id, named.id) AS found_rep, p.id AS product_id, p.currency AS list_currency
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
     AS n (reference text, contact_id bigint, stage text, detail text, opened_at timestamptz, closed_at timestamptz,
           amount numeric, currency text, product text, rep text, rep_id bigint, event_id bigint)
LEFT JOIN rep known ON known.id = n.rep_id
LEFT JOIN rep addressed ON lower(addressed.email) = lower(n.rep)
LEFT JOIN LATERAL (
    SELECT CASE WHEN count(*) FILTER (WHERE active) = 1 THEN min(id) FILTER (WHERE active)
                WHEN count(*) = 1 THEN min(id) END AS id
    FROM rep WHERE lower(rep.name) = lower(n.rep)
) named ON true
LEFT JOIN LATERAL (
    SELECT id, currency FROM product WHERE lower(n.product) IN (lower(code), lower(name))
    ORDER BY lower(code) = lower(n.product) DESC, id LIMIT 1
) p ON true
"""
"""SQL: the deals. Who is meant is told by the address, else by a name that one person alone has, or one of those who
are there.
"""

STORE = text(f"""
WITH told AS ({ROWS})
INSERT INTO opportunity AS o (reference, contact_id, rep_id, product_id, stage, detail, opened_at, closed_at, amount,
                              currency, event_id)
SELECT reference, contact_id, found_rep, product_id, stage, detail, opened_at, closed_at, amount,
       coalesce(currency, list_currency, CAST(:currency AS text)), event_id
FROM told ORDER BY reference
ON CONFLICT (reference) DO UPDATE SET
    contact_id = excluded.contact_id, rep_id = excluded.rep_id, product_id = excluded.product_id,
    stage = excluded.stage, detail = excluded.detail, opened_at = excluded.opened_at,
    closed_at = excluded.closed_at, amount = excluded.amount, currency = excluded.currency,
    event_id = excluded.event_id
WHERE (o.contact_id, o.rep_id, o.product_id, o.stage, o.detail, o.opened_at, o.closed_at, o.amount, o.currency,
       o.event_id)
      IS DISTINCT FROM
      (excluded.contact_id, excluded.rep_id, excluded.product_id, excluded.stage, excluded.detail,
       excluded.opened_at, excluded.closed_at, excluded.amount, excluded.currency, excluded.event_id)
RETURNING reference, contact_id
""")

STORE_UNREAD = text(f"""
-- Nothing of it is dropped: a person looks at it on /unread, once.
WITH told AS ({ROWS}), not_known AS (
    SELECT contact_id, event_id, 'salesperson of the deal' AS field, rep AS found,
           'the address or the name of one of us' AS expected
    FROM told WHERE rep IS NOT NULL AND found_rep IS NULL
    UNION ALL
    SELECT contact_id, event_id, 'product of the deal', product, 'the code or the name of a product'
    FROM told WHERE product IS NOT NULL AND product_id IS NULL
)
INSERT INTO unread_value (contact_id, event_id, field, found, expected, received_at)
SELECT n.contact_id, n.event_id, n.field, n.found, n.expected, :now FROM not_known n
WHERE NOT EXISTS (SELECT FROM unread_value u WHERE u.contact_id = n.contact_id AND u.field = n.field
                  AND u.found = n.found)
""")

STORE_TOO_LATE = text("""
INSERT INTO unread_value (contact_id, event_id, field, found, expected, received_at)
SELECT n.contact_id, n.event_id, 'day on which the deal was opened', n.found, n.expected, :now
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (contact_id bigint, event_id bigint, found text, expected text)
WHERE NOT EXISTS (SELECT FROM unread_value u WHERE u.contact_id = n.contact_id AND u.found = n.found
                  AND u.field = 'day on which the deal was opened' AND u.expected = n.expected)
""")

MOVED = text("""
-- The deal was another contact's before.
SELECT o.contact_id, o.reference, n.contact_id AS new_contact
FROM opportunity o JOIN jsonb_to_recordset(CAST(:rows AS jsonb)) AS n (reference text, contact_id bigint)
  ON n.reference = o.reference
WHERE o.contact_id <> n.contact_id ORDER BY o.contact_id, o.reference
""")

EMIT_ORDERS = text(
    emit_from(
        f"""
SELECT '{ORDER_PLACED}', p.code, o.contact_id, '{SOURCE}', '{SOURCE}:' || o.reference,
       jsonb_strip_nulls(jsonb_build_object('reference', o.reference, 'opportunity', o.reference, 'amount', o.amount,
                                            'currency', o.currency, 'product', p.code)),
       o.closed_at, e.is_history
FROM opportunity o JOIN event e ON e.id = o.event_id LEFT JOIN product p ON p.id = o.product_id
WHERE o.reference = ANY(:references) AND o.stage = '{DealStage.WON}'
  -- A shop may have told of the same order.
  AND NOT EXISTS (SELECT FROM "order" WHERE "order".reference = o.reference)
ORDER BY o.closed_at, o.id
""",
        "name, topic, contact_id, source, key, data, at, is_history",
    )
    + " RETURNING id"
)

EMIT_CANCELLATIONS = text(
    emit_from(
        f"""
SELECT '{ORDER_CANCELLED}', NULL, ordered.contact_id, '{SOURCE}',
       '{SOURCE}:' || o.reference || ' not won after ' || o.event_id,
       jsonb_build_object('reference', o.reference, 'opportunity', o.reference),
       greatest(e.at, ordered.placed_at), e.is_history
FROM opportunity o JOIN event e ON e.id = o.event_id
JOIN "order" ordered ON ordered.reference = o.reference AND ordered.cancelled_at IS NULL
JOIN event placed ON placed.id = ordered.event_id AND placed.data ->> 'opportunity' = o.reference
WHERE o.reference = ANY(:references) AND o.stage <> '{DealStage.WON}'
""",
        "name, topic, contact_id, source, key, data, at, is_history",
    )
    + " RETURNING id"
)

CORRECT_ORDERS = text(f"""
-- The order of a deal says what the deal says, also when that is corrected; what a shop told of stays.
UPDATE "order" ordered SET contact_id = o.contact_id, product_id = o.product_id,
       amount = coalesce(o.amount, ordered.amount),
       amount_from = CASE WHEN o.amount IS NULL THEN ordered.amount_from ELSE 'the order' END, currency = o.currency,
       placed_at = o.closed_at
FROM opportunity o, event placed
WHERE o.reference = ANY(:references) AND o.stage = '{DealStage.WON}' AND ordered.reference = o.reference
  AND placed.id = ordered.event_id AND placed.data ->> 'opportunity' = o.reference
  AND (ordered.contact_id, ordered.product_id, ordered.amount, ordered.currency, ordered.placed_at)
      IS DISTINCT FROM (o.contact_id, o.product_id, coalesce(o.amount, ordered.amount), o.currency, o.closed_at)
""")


ORDERS_TOLD = text("""
-- The events of the orders that these deals have: whether they stand may have changed.
SELECT e.id FROM "order" o JOIN event e ON e.id = o.event_id AND e.data ->> 'opportunity' = o.reference
WHERE o.reference = ANY(:references)
""")


def lock_opportunities(connection: Connection) -> None:
    """Let nobody else write deals until the commit; after the locks of contacts."""
    connection.execute(LOCK)


def record_opportunities(connection: Connection, events: Sequence[int], currency: str, now: datetime) -> set[int]:
    """Store the deals that these events tell of, as all that was told of them says; doing it again changes nothing.

    Gives the contacts with a deal that is new or not as it was. The contacts of the events are locked already. A deal
    that is won emits `order_placed`, once, and its order follows what is corrected later; one that is lost or opened
    again after that emits `order_cancelled`. What cannot be so, or names nobody, is kept as an unread value. `currency`
    is that of deals that say none and have no product.
    """
    about = {"events": id_list(events), "names": list(OPPORTUNITY_EVENTS)}
    told = list(connection.execute(REFERENCES, about).scalars())
    if not told:
        return set()
    lock_opportunities(connection)
    states = _states(connection, told)
    _note_moves(connection, _rows(states), now)
    stored = connection.execute(STORE, {"rows": _rows(states), "currency": currency}).all()
    if stored:
        changed = {row.reference: states[row.reference] for row in stored}
        connection.execute(STORE_UNREAD, {"rows": _rows(changed), "now": now})
        _note_too_late(connection, changed, now)
        _follow_with_orders(connection, list(changed), currency, now)
    return {row.contact_id for row in stored}


def _follow_with_orders(connection: Connection, references: Sequence[str], currency: str, now: datetime) -> None:
    about = {"references": list(references)}
    emitted = [
        *connection.execute(EMIT_ORDERS, about | {"now": now}).scalars(),
        *connection.execute(EMIT_CANCELLATIONS, about | {"now": now}).scalars(),
    ]
    connection.execute(CORRECT_ORDERS, about)
    # At once, not only when they are reacted to: whoever reads the deal as won finds its order.
    told = connection.execute(ORDERS_TOLD, about).scalars()
    record_orders(connection, [*emitted, *told], currency)


def _states(connection: Connection, references: Sequence[str]) -> dict[str, OpportunityState]:
    told: defaultdict[str, list[OpportunityEvent]] = defaultdict(list)
    for reference, *event in connection.execute(TOLD, {"references": list(references)}):
        told[reference].append(OpportunityEvent(*event))
    return {reference: opportunity_state(events) for reference, events in sorted(told.items())}


def _rows(states: dict[str, OpportunityState]) -> str:
    return to_json([{"reference": reference, **_columns(state)} for reference, state in states.items()])


def _columns(state: OpportunityState) -> dict[str, Any]:
    names = ("contact_id", "stage", "detail", "opened_at", "closed_at", "amount", "currency", "product", "rep")
    return {name: getattr(state, name) for name in (*names, "rep_id", "event_id")}


def _note_moves(connection: Connection, rows: str, now: datetime) -> None:
    """Tell the contacts who had a deal that is another's now: their numbers are counted anew by that, too."""
    notes = [
        NewEvent(
            name="note_added",
            contact_id=row.contact_id,
            source=SOURCE,
            data={"text": f"The opportunity {row.reference} belongs to contact {row.new_contact} now."},
        )
        for row in connection.execute(MOVED, {"rows": rows})
    ]
    emit(connection, notes, now)


def _note_too_late(connection: Connection, states: dict[str, OpportunityState], now: datetime) -> None:
    rows = [
        {
            "contact_id": state.contact_id,
            "event_id": state.event_id,
            "found": f"{state.too_late:%Y-%m-%d}",
            "expected": f"a day before {state.closed_at:%Y-%m-%d}, on which {reference} was {state.stage}",
        }
        for reference, state in states.items()
        if state.too_late and state.closed_at
    ]
    if rows:
        connection.execute(STORE_TOO_LATE, {"rows": to_json(rows), "now": now})
