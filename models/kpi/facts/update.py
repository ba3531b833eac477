"""Counts the facts of the contacts that changed, beside those that are there: what is no longer so is closed."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json
from models.kpi.facts.changed import make_changed_facts
from models.kpi.facts.deals import DEAL_FACTS, DEALS
from models.kpi.facts.milestones import COLUMNS, ENGAGED, MILESTONES, TOUCHES
from models.kpi.facts.orders import CUSTOMERS, FIND_ORDERS, ORDERS, PLACED_ORDERS, REVERSALS
from models.kpi.facts.responses import OFFERS, REQUESTS, make_working_times
from models.kpi.facts.spans import make_spans
from models.kpi.team_history import make_team_spans
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CHANGED_CONTACTS, CountingWindow
from models.tables.kpi import KpiFact

RAW_FACT = text("""
CREATE TEMP TABLE raw_fact (
    contact_id bigint, measure text, ref text, at timestamptz, counts_at timestamptz, rep_id bigint, product text,
    amount numeric, currency text, value float) ON COMMIT DROP
""")

SELECTS = (MILESTONES, ENGAGED, TOUCHES, ORDERS, REVERSALS, CUSTOMERS, DEAL_FACTS, REQUESTS, OFFERS)

FACTS = """
-- What somebody asks about counts as a product where it is one of ours. Money is that of the day on which it came.
WITH product_name AS (
    SELECT DISTINCT ON (key) key, code FROM (
        SELECT lower(code) AS key, code, 0 AS place, id FROM product
        UNION ALL SELECT lower(name), code, 1, id FROM product) named ORDER BY key, place, id
), rate AS MATERIALIZED (
    SELECT currency, since, rate, coalesce(lead(since) OVER (PARTITION BY currency ORDER BY since), 'infinity') AS until
    FROM jsonb_to_recordset(CAST(:rates AS jsonb)) AS r (currency text, since date, rate numeric)
), dated AS (
    SELECT raw_fact.*, coalesce(counts_at, at) AS moment,
           (coalesce(counts_at, at) AT TIME ZONE :zone)::date AS day FROM raw_fact
)
SELECT f.contact_id, f.measure, f.ref, f.at, f.day, coalesce(f.rep_id, o.rep_id, c.owner_id, 0) AS rep_id,
       coalesce(t.team_id, rep.team_id, 0) AS team_id,
       coalesce(c.source, '') AS source, coalesce(f.product, p.code, '') AS product, coalesce(j.journey, '') AS journey,
       round(CASE WHEN f.currency = :currency THEN f.amount ELSE f.amount * coalesce(r.rate, 1) END, 2) AS amount,
       CASE WHEN f.amount IS NULL THEN '' WHEN r.rate IS NOT NULL THEN :currency ELSE f.currency END AS currency,
       round(f.value::numeric, 6)::float AS value
FROM dated f
JOIN contact c ON c.id = f.contact_id
LEFT JOIN owner_span o ON o.contact_id = f.contact_id AND f.moment >= o.begins AND f.moment < o.ends
LEFT JOIN rep ON rep.id = coalesce(f.rep_id, o.rep_id, c.owner_id)
LEFT JOIN team_span t ON t.rep_id = rep.id AND f.moment >= t.begins AND f.moment < t.ends
LEFT JOIN journey_span j ON j.contact_id = f.contact_id AND f.moment >= j.begins AND f.moment < j.ends
LEFT JOIN product_name p ON p.key = lower(c.product)
LEFT JOIN rate r ON r.currency = f.currency AND f.currency <> :currency AND f.day >= r.since AND f.day < r.until
"""

TOUCHED_DAYS = text("SELECT DISTINCT day FROM changed_fact WHERE is_now <> was")


@dataclass(frozen=True)
class FactChanges:
    """What counting changed."""

    rows: VersionCount
    days: tuple[date, ...]
    """The days on which facts were added or closed, in order; of a full count none, for it counts all of them."""


def update_facts(connection: Connection, window: CountingWindow) -> FactChanges:
    """Count the facts of all contacts in the temporary table changed_contact, and make the temporary table changed_fact
    of them; the caller commits.

    A contact that is gone loses its facts only if it stands in that table: a merged one does, an erased one does not.
    Doing it again changes nothing.
    """
    values = _values(window)
    _make_raw_facts(connection, window, values)
    scope = f"old.contact_id IN (SELECT contact_id FROM {CHANGED_CONTACTS})"
    rows = store_versions(connection, KpiFact, FACTS, values, scope=scope, known_at=window.known_at)
    make_changed_facts(connection, window)
    if window.is_full:
        return FactChanges(rows, ())
    return FactChanges(rows, tuple(sorted(connection.execute(TOUCHED_DAYS).scalars())))


def _make_raw_facts(connection: Connection, window: CountingWindow, values: dict[str, Any]) -> None:
    for statement in _statements(connection, window):
        connection.execute(text(statement), values)


def _statements(connection: Connection, window: CountingWindow) -> Iterator[str]:
    """The statements that fill raw_fact, each after what it reads was made."""
    make_spans(connection)
    make_team_spans(connection, window.playbook)
    make_working_times(connection, window.playbook)
    yield "DROP TABLE IF EXISTS placed_order, deal, raw_fact"
    yield PLACED_ORDERS
    yield FIND_ORDERS
    yield DEALS
    yield str(RAW_FACT)
    for select in SELECTS:
        yield f"INSERT INTO raw_fact ({COLUMNS}) {select}"


def _values(window: CountingWindow) -> dict[str, Any]:
    """What the statements go by."""
    reports = window.playbook.reports
    full = next((one for one in window.playbook.products if one.code == reports.full_customer), None)
    rates = [{"currency": one.currency, "since": one.since, "rate": str(one.rate)} for one in reports.rates]
    return {
        "zone": window.zone.key,
        "currency": window.currency,
        "rates": to_json(rates),
        "full_price": full.price if full and full.price else None,
        "full_currency": full.currency if full else "",
    }
