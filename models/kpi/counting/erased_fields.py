"""What erased leads had said stays counted in kpi_field, in rows that no lead who is there is counted in."""

from typing import Any

from sqlalchemy import Connection, text

from models.kpi.counting.cells import same_cell
from models.kpi.counting.field_cells import field_cells
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CountingWindow
from models.tables.kpi import KpiField

GONE = text("""
CREATE TEMP TABLE gone_lead ON COMMIT DROP AS
SELECT f.day, f.team_id FROM erased_contact JOIN kpi_fact f USING (contact_id)
WHERE f.measure = 'lead' AND f.known_until IS NULL
""")


def _reported(columns: str, where: str) -> str:
    """SQL: facts as the run before reported them; two parts, for each has its index."""
    select = f"SELECT {columns} FROM kpi_fact WHERE known_from < :known_at AND {where} AND known_until"
    return f"{select} IS NULL UNION ALL {select} = :known_at"


REPORTED_LEADS = f"""
SELECT f.day, f.team_id, f.contact_id,
       f.contact_id IN ({_reported("contact_id", "measure = 'customer'")}) AS has_bought
FROM ({_reported("contact_id, day, team_id", "measure = 'lead' AND day IN (SELECT day FROM gone_lead)")}) AS f
"""

ERASED = f"""
-- What was counted of the days of those who are gone, and is not what the others say: no more than they could say.
CREATE TEMP TABLE field_erased ON COMMIT DROP AS
WITH gone AS (
    SELECT day, CASE WHEN grouping(team_id) = 0 THEN team_id ELSE 0 END AS team_id, count(*) AS leads
    FROM gone_lead GROUP BY GROUPING SETS ((day), (day, team_id)) HAVING grouping(team_id) = 1 OR team_id <> 0
), unexplained AS (
    SELECT old.day, old.team_id, old.field, old.value, old.leads - coalesce(others.leads, 0) AS leads,
           greatest(old.customers - coalesce(others.customers, 0), 0) AS customers,
           sum(old.leads - coalesce(others.leads, 0)) OVER (
               PARTITION BY old.day, old.team_id, old.field ORDER BY old.value ROWS UNBOUNDED PRECEDING) AS until
    FROM kpi_field old JOIN gone USING (day, team_id)
    LEFT JOIN ({field_cells(REPORTED_LEADS)}) AS others USING (day, team_id, field, value)
    WHERE old.known_until IS NULL AND NOT old.is_erased AND old.leads > coalesce(others.leads, 0)
), said AS (
    SELECT u.day, u.team_id, u.field, u.value, u.customers, least(u.leads, gone.leads - (u.until - u.leads)) AS leads
    FROM unexplained u JOIN gone USING (day, team_id)
)
SELECT s.day, s.team_id, s.field, s.value, true AS is_erased, (s.leads + coalesce(old.leads, 0))::int AS leads,
       (least(s.customers, s.leads) + coalesce(old.customers, 0))::int AS customers
FROM said s LEFT JOIN kpi_field old ON old.known_until IS NULL AND old.is_erased
    AND old.day = s.day AND old.team_id = s.team_id AND old.field = s.field AND old.value = s.value
WHERE s.leads > 0
"""

IS_ERASED = f"old.is_erased AND EXISTS (SELECT FROM field_erased e WHERE {same_cell(KpiField, 'e', 'old')})"


def count_erased_fields(connection: Connection, window: CountingWindow, values: dict[str, Any]) -> VersionCount:
    """Add what those in the temporary table erased_contact had said to the cells of the erased. Nobody knows any more
    what each of them had said: it is what was counted of their day before, and what the others of that day do not
    say. Where another one of that day says something else since the same run, it may be that one's old word.

    `values` are those of `field_cells`. It stands before these days are counted anew.
    """
    connection.execute(text("DROP TABLE IF EXISTS gone_lead, field_erased"))
    connection.execute(GONE)
    if not connection.execute(text("SELECT count(*) FROM gone_lead")).scalar():
        return VersionCount(0, 0)
    connection.execute(text(ERASED), values | {"known_at": window.known_at})
    select = "SELECT * FROM field_erased"
    return store_versions(connection, KpiField, select, {}, scope=IS_ERASED, known_at=window.known_at)
