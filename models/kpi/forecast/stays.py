"""kpi_stay: the stays of contacts in their states, as counts by days, which the forecast goes by."""

from sqlalchemy import Connection, text

from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CHANGED_CONTACTS, CountingWindow
from models.tables.kpi import KpiStay

STATES = ("lead", "mql", "sql", "sal", "opportunity", "lost")
"""Measures: where somebody stands who has not ordered yet. `lost`: a deal of theirs was lost."""
ORDER = "customer"

CELL = ("day", "state", "days", "next_state", "is_first", "team_id")

NOW = "known_until IS NULL"
BEFORE = "known_from < :known_at AND (known_until IS NULL OR known_until = :known_at)"

CHANGED = text(f"""
-- Whose stays may be others than before. Those who were erased are gone from their team, and from changed_contact.
CREATE TEMP TABLE stay_contact ON COMMIT DROP AS
SELECT contact_id FROM {CHANGED_CONTACTS}
UNION SELECT contact_id FROM kpi_fact WHERE known_until = :known_at
UNION SELECT contact_id FROM kpi_stage_spell WHERE known_until = :known_at
""")


def count_stays(connection: Connection, window: CountingWindow) -> VersionCount:
    """Count the stays of the contacts that changed; of a full count all. The caller commits.

    What the changed contacts were counted for is taken out of its cells, and what they are counted for now is put in.
    """
    values = {"known_at": window.known_at, "measures": [*STATES, ORDER], "zone": window.zone.key}
    if window.is_full:
        select, scope = (
            f"SELECT {', '.join(CELL)}, count(*)::int AS count FROM ({_stays(NOW)}) s GROUP BY {_KEY}",
            "true",
        )
    else:
        connection.execute(text("DROP TABLE IF EXISTS stay_contact, stay_change"))
        connection.execute(CHANGED, values)
        connection.execute(text("ANALYZE stay_contact"))
        connection.execute(text(f"CREATE TEMP TABLE stay_change ON COMMIT DROP AS {_change()}"), values)
        connection.execute(text("ANALYZE stay_change"))
        select, scope = _changed_cells()
    return store_versions(connection, KpiStay, select, values, scope=scope, known_at=window.known_at)


def _change() -> str:
    """What is to be added to cells, or taken out of them."""
    of_changed = "AND contact_id IN (SELECT contact_id FROM stay_contact)"
    return f"""
SELECT {_KEY}, sum(number)::int AS count FROM (
    SELECT 1 AS number, * FROM ({_stays(f"{NOW} {of_changed}")}) AS now
    UNION ALL
    SELECT -1, * FROM ({_stays(f"{BEFORE} {of_changed}")}) AS before
) AS stay GROUP BY {_KEY} HAVING sum(number) <> 0"""


def _changed_cells() -> tuple[str, str]:
    """(SELECT of the changed cells as they are now, scope of them)."""
    select = f"""
SELECT * FROM (
    SELECT {", ".join(f"c.{name}" for name in CELL)}, c.count + coalesce(o.count, 0) AS count
    FROM stay_change c LEFT JOIN kpi_stay o ON o.known_until IS NULL AND {_same_cell("o")}
) AS cells WHERE count <> 0"""
    return select, f"EXISTS (SELECT FROM stay_change c WHERE {_same_cell('old')})"


def _same_cell(alias: str) -> str:
    return " AND ".join(f"{alias}.{name} = c.{name}" for name in CELL)


def _stays(known: str) -> str:
    """SQL: the stays of contacts, by their facts and spells that are known; one row each.

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
    SELECT contact_id, {columns} FROM kpi_fact WHERE {known} AND measure = ANY(:measures) GROUP BY contact_id
) AS milestone
LEFT JOIN (
    -- Whoever is there stands somewhere for good; a customer who has cancelled everything does not.
    SELECT contact_id, max(team_id) FILTER (WHERE until_at IS NULL) AS team_id,
           CASE WHEN bool_and(until_at IS NOT NULL AND stage <> 'customer')
                THEN (max(until_at) AT TIME ZONE :zone)::date END AS gone
    FROM kpi_stage_spell WHERE {known} GROUP BY contact_id
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
