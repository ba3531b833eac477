"""kpi_stay: the stays of contacts in their states, as counts by days, which the forecast goes by."""

from sqlalchemy import Connection, text

from models.kpi.versions import VersionCount, add_to_cells, store_versions
from models.kpi.window import CHANGED_CONTACTS, CountingWindow
from models.tables.kpi import KpiStay

STATES = ("lead", "mql", "sql", "sal", "opportunity", "lost")
"""Measures: where somebody stands who has not ordered yet. `lost`: a deal of theirs was lost."""
ORDER = "customer"

CELL = ("day", "state", "days", "next_state", "is_first", "team_id")

ALL = ("kpi_fact WHERE known_until IS NULL", "kpi_stage_spell WHERE known_until IS NULL")
"""SQL: the facts and the spells that stays are counted from."""
CHANGED_NOW = ("stay_fact WHERE is_now", "stay_spell WHERE is_now")
CHANGED_BEFORE = ("stay_fact WHERE was", "stay_spell WHERE was")

CHANGED = f"""
-- Whose stays may be others than before. Those who were erased are gone from their team, and from changed_contact.
CREATE TEMP TABLE stay_contact ON COMMIT DROP AS
SELECT contact_id FROM changed_fact WHERE is_now <> was AND measure = ANY(:measures)
UNION SELECT contact_id FROM kpi_stage_spell WHERE known_until = :known_at AND until_at IS NULL
UNION SELECT s.contact_id FROM {CHANGED_CONTACTS} c JOIN kpi_stage_spell s ON s.contact_id = c.contact_id
      WHERE s.known_until IS NULL AND s.until_at IS NULL AND s.known_from = :known_at
"""

FACTS = """
CREATE TEMP TABLE stay_fact ON COMMIT DROP AS
SELECT contact_id, measure, day, is_now, was FROM changed_fact JOIN stay_contact USING (contact_id)
WHERE measure = ANY(:measures)
UNION ALL
SELECT f.contact_id, f.measure, f.day, true, true FROM stay_contact JOIN kpi_fact f USING (contact_id)
WHERE f.known_until IS NULL AND f.measure = ANY(:measures)
  AND NOT EXISTS (SELECT FROM changed_fact c WHERE c.contact_id = f.contact_id)
"""

SPELLS = """
CREATE TEMP TABLE stay_spell ON COMMIT DROP AS
SELECT s.contact_id, s.stage, s.team_id, s.until_at, true AS is_now, s.known_from < :known_at AS was
FROM stay_contact JOIN kpi_stage_spell s USING (contact_id) WHERE s.known_until IS NULL
UNION ALL
SELECT contact_id, stage, team_id, until_at, false, true FROM kpi_stage_spell
WHERE known_until = :known_at AND known_from < :known_at
"""


def count_stays(connection: Connection, window: CountingWindow) -> VersionCount:
    """Count the stays of the contacts that changed; of a full count all. The caller commits.

    What the changed contacts were counted for is taken out of its cells, and what they are counted for now is put in.
    """
    values = {"known_at": window.known_at, "measures": [*STATES, ORDER], "zone": window.zone.key}
    if window.is_full:
        select = f"SELECT {_KEY}, count(*)::int AS count FROM ({_stays(*ALL)}) s GROUP BY {_KEY}"
        return store_versions(connection, KpiStay, select, values, scope="true", known_at=window.known_at)
    connection.execute(text("DROP TABLE IF EXISTS stay_contact, stay_fact, stay_spell"))
    for statement in (CHANGED, "ANALYZE stay_contact", FACTS, SPELLS, "ANALYZE stay_fact, stay_spell"):
        connection.execute(text(statement), values)
    return add_to_cells(connection, KpiStay, _change(), values, known_at=window.known_at)


def _change() -> str:
    """What is to be added to cells, or taken out of them."""
    return f"""
SELECT {_KEY}, sum(number)::int AS count FROM (
    SELECT 1 AS number, * FROM ({_stays(*CHANGED_NOW)}) AS now
    UNION ALL
    SELECT -1, * FROM ({_stays(*CHANGED_BEFORE)}) AS before
) AS stay GROUP BY {_KEY}"""


def _stays(facts: str, spells: str) -> str:
    """SQL: the stays of contacts, by these facts and spells; one row each.

    A contact is in a state until they come to a later one; a state that was passed over has no stay. Who was erased was
    watched until then: their stay ends, and they came to nothing.
    """
    columns = ", ".join(f"min(day) FILTER (WHERE measure = '{name}') AS {name}" for name in (*STATES, ORDER))
    return f"""
SELECT stay.entered AS day, stay.state,
       CASE WHEN stay.until IS NOT NULL THEN stay.until - stay.entered
            WHEN stands.gone IS NOT NULL THEN greatest(stands.gone - stay.entered, 0) ELSE -1 END AS days,
       coalesce(stay.next_state, '') AS next_state, stay.is_first,
       CASE WHEN stay.until IS NULL AND stands.gone IS NULL THEN coalesce(stands.team_id, 0) ELSE 0 END AS team_id
FROM (
    SELECT contact_id, {columns} FROM {facts} AND measure = ANY(:measures) GROUP BY contact_id
) AS milestone
LEFT JOIN (
    -- Whoever is there stands somewhere for good; a customer who has cancelled everything does not.
    SELECT contact_id, max(team_id) FILTER (WHERE until_at IS NULL) AS team_id,
           CASE WHEN bool_and(until_at IS NOT NULL AND stage <> 'customer')
                THEN (max(until_at) AT TIME ZONE :zone)::date END AS gone
    FROM {spells} GROUP BY contact_id
) AS stands USING (contact_id)
CROSS JOIN LATERAL (VALUES {_values()}) stay (state, entered, until, next_state, is_first)
WHERE stay.entered IS NOT NULL AND (stay.until IS NULL OR stay.until >= stay.entered)"""


def _values() -> str:
    everything = (*STATES, ORDER)
    came = " ".join(f"WHEN {name} THEN '{name}'" for name in everything)
    parts = []
    for place, state in enumerate(STATES):
        later = everything[place + 1 :]
        first = f"least({', '.join(later)})"
        way = " ".join(f"WHEN {name} THEN '{name}'" for name in later)
        parts.append(f"""('{state}', {state}, {first}, CASE {first} {way} END,
            CASE least({", ".join(everything)}) {came} END = '{state}')""")
    return ", ".join(parts)


_KEY = ", ".join(CELL)
