"""kpi_source: what each source and form brought in a month, in both readings, and what the source cost."""

from sqlalchemy import Connection, text

from models.database import to_json
from models.kpi.contribution.spend import spend_by_month
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.tables.kpi import KpiSource

MEASURES = ("lead", "sql", "opportunity", "connected", "customer", "sale")

COUNTS = "leads, qualified, opportunities, connected, customers, orders, revenue"

ALL_SOURCES = "SELECT DISTINCT source FROM kpi_fact WHERE known_until IS NULL AND measure = 'lead'"

CHANGED_SOURCES = """
SELECT source FROM kpi_source WHERE known_until IS NULL AND leads > 0
UNION SELECT source FROM changed_fact WHERE is_now AND measure = 'lead'
"""
"""What leads have come from."""

ALL_FACTS = """
SELECT 1 AS sign, contact_id, measure, ref, day, source, amount, currency
FROM kpi_fact WHERE known_until IS NULL AND measure = ANY(CAST(:measures AS text[]))
"""

CHANGED_FACTS = """
-- What the changed contacts were counted for is taken out, and what they are counted for now is put in.
SELECT v.sign, f.contact_id, f.measure, f.ref, f.day, f.source, f.amount, f.currency
FROM changed_fact f, LATERAL (VALUES (1, f.is_now), (-1, f.was)) AS v (sign, counts)
WHERE v.counts AND f.measure = ANY(CAST(:measures AS text[]))
"""

CELLS = """
SELECT r.reading, date_trunc('month', r.day)::date AS month, r.source, coalesce(substr(lead.ref, 6), '') AS form,
       m.currency,
       sum(f.sign) FILTER (WHERE m.counts AND f.measure = 'lead') AS leads,
       sum(f.sign) FILTER (WHERE m.counts AND f.measure = 'sql') AS qualified,
       sum(f.sign) FILTER (WHERE m.counts AND f.measure = 'opportunity') AS opportunities,
       sum(f.sign) FILTER (WHERE m.counts AND f.measure = 'connected') AS connected,
       sum(f.sign) FILTER (WHERE m.counts AND f.measure = 'customer') AS customers,
       sum(f.sign) FILTER (WHERE m.counts AND f.measure = 'sale') AS orders,
       sum(f.sign * f.amount) FILTER (WHERE f.measure = 'sale' AND f.currency = m.currency) AS revenue
FROM fact f
LEFT JOIN fact lead ON lead.contact_id = f.contact_id AND lead.measure = 'lead' AND lead.sign = f.sign,
-- Counts stand in the row of the reports' currency, money of another one in a row beside it.
LATERAL (SELECT :currency AS currency, true AS counts
         UNION ALL SELECT f.currency, false
         WHERE f.measure = 'sale' AND f.currency NOT IN ('', :currency)) AS m,
LATERAL (VALUES ('cohort', lead.day, lead.source), ('period', f.day, f.source)) AS r (reading, day, source)
WHERE r.day IS NOT NULL
GROUP BY 1, 2, 3, 4, 5
"""

BEFORE = f"""
SELECT reading, month, source, form, currency, {COUNTS} FROM kpi_source WHERE known_until IS NULL
UNION ALL
"""


def count_sources(connection: Connection, window: CountingWindow) -> VersionCount:
    """Count every source, form and month. Only what changed contacts change is looked at; of a full count all facts."""
    is_full = window.is_full or window.known_before is None
    sources = connection.execute(text(ALL_SOURCES if is_full else CHANGED_SOURCES)).scalars().all()
    values = {
        "measures": list(MEASURES),
        "currency": window.currency,
        "spend": to_json(spend_by_month(connection, window.playbook, sources)),
    }
    select = _select(ALL_FACTS, "") if is_full else _select(CHANGED_FACTS, BEFORE)
    return store_versions(connection, KpiSource, select, values, scope="true", known_at=window.known_at)


def _select(facts: str, before: str) -> str:
    sums = ", ".join(f"coalesce(sum({name}), 0)::int AS {name}" for name in COUNTS.split(", ")[:-1])
    return f"""
WITH fact AS MATERIALIZED ({facts}
), cell AS ({before} {CELLS}
), counted AS (
    SELECT reading, month, source, form, currency, {sums}, round(coalesce(sum(revenue), 0), 2) AS revenue
    FROM cell GROUP BY reading, month, source, form, currency
), spent AS (
    -- Nobody says which form it was for.
    SELECT r.reading, s.month, s.source, '' AS form, s.currency, s.amount
    FROM jsonb_to_recordset(CAST(:spend AS jsonb)) AS s (source text, month date, currency text, amount numeric),
    (VALUES ('cohort'), ('period')) AS r (reading)
)
SELECT reading, month, source, form, currency, {_or_none(COUNTS)}, spent.amount AS spend
FROM counted FULL JOIN spent USING (reading, month, source, form, currency)
WHERE spent.amount IS NOT NULL
   OR leads <> 0 OR qualified <> 0 OR opportunities <> 0 OR connected <> 0 OR customers <> 0 OR orders <> 0
   OR revenue <> 0
"""


def _or_none(names: str) -> str:
    return ", ".join(f"coalesce({name}, 0) AS {name}" for name in names.split(", "))
