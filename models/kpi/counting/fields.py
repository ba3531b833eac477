"""kpi_field: of the leads that came in on each day, how many say what for which field, and how many of them bought."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json
from models.kpi.counting.cells import same_cell
from models.kpi.counting.changed_contacts import OVERLAP
from models.kpi.counting.erased_fields import count_erased_fields
from models.kpi.counting.field_cells import MOST_VALUES, field_cells, grouping_fields
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CHANGED_CONTACTS, CountingWindow
from models.tables.kpi import KpiField
from models.values.custom_field import CustomField

FIELDS_BEFORE = text(
    "SELECT CAST(nullif(settings, '') AS jsonb) ->> 'fields' FROM kpi_run ORDER BY known_at DESC LIMIT 1"
)

CHANGED_DAYS = text(f"""
-- The days of leads that came or are none any more, that may say something else than before, or that are gone.
SELECT day FROM changed_fact WHERE measure = 'lead' AND is_now <> was
UNION SELECT day FROM {CHANGED_CONTACTS} c JOIN contact ON contact.id = c.contact_id
      JOIN kpi_fact f ON f.contact_id = c.contact_id
      WHERE contact.updated_at >= :since AND f.known_until IS NULL AND f.measure = 'lead'
UNION SELECT day FROM erased_contact JOIN kpi_fact f USING (contact_id)
      WHERE f.known_until IS NULL AND f.measure = 'lead'
""")

LEADS = """
SELECT f.day, f.team_id, f.contact_id, b.contact_id IS NOT NULL AS has_bought
FROM kpi_fact f LEFT JOIN (
    SELECT DISTINCT contact_id FROM kpi_fact WHERE measure = 'customer' AND known_until IS NULL
) b ON b.contact_id = f.contact_id
WHERE f.measure = 'lead' AND f.known_until IS NULL AND {days}
"""

CHANGED_BUYERS = """
-- Of other days: who bought and had not, and who had and is a customer no longer.
SELECT f.day, f.team_id, f.contact_id, c.is_now AS has_bought
FROM (
    SELECT contact_id, bool_or(is_now) AS is_now FROM changed_fact WHERE measure = 'customer'
    GROUP BY contact_id HAVING bool_or(is_now) <> bool_or(was)
) AS c JOIN kpi_fact f ON f.contact_id = c.contact_id
WHERE f.known_until IS NULL AND f.measure = 'lead' AND f.day <> ALL(:days)
"""

BOUGHT = f"""
-- What these say is as it was, so the cells are there: of each cell one customer more for each who bought.
CREATE TEMP TABLE field_bought ON COMMIT DROP AS
SELECT old.day, old.team_id, old.field, old.value, old.is_erased, old.leads,
       (old.customers + sum(2 * b.customers - b.leads))::int AS customers
FROM ({field_cells(CHANGED_BUYERS)}) AS b
LEFT JOIN kpi_field many ON many.known_until IS NULL AND NOT many.is_erased AND many.team_id = 0
    AND many.day = b.day AND many.field = b.field AND many.value = ''
JOIN kpi_field old ON old.known_until IS NULL AND NOT old.is_erased AND old.team_id = b.team_id
    AND old.day = b.day AND old.field = b.field AND old.value = coalesce(many.value, b.value)
GROUP BY old.id
"""

IS_BOUGHT = f"EXISTS (SELECT FROM field_bought b WHERE {same_cell(KpiField, 'b', 'old')})"


def count_fields(connection: Connection, window: CountingWindow) -> VersionCount:
    """Count the days of leads that came, that may say something else, or that are gone, and add whoever bought to what
    they say. Of a full count all days are counted, and where the playbook has other fields than at the run before.

    It stands after the stage spells, which find those who are gone.
    """
    fields = sorted(grouping_fields(window.playbook.fields))
    is_all = window.is_full or connection.execute(FIELDS_BEFORE).scalar() != fields_setting(window.playbook.fields)
    values = {"fields": fields, "most": MOST_VALUES}
    counts = [count_erased_fields(connection, window, values)]
    if is_all:
        counts.append(_store(connection, window, field_cells(LEADS.format(days="true")), values))
    else:
        values |= {"days": _changed_days(connection, window)}
        select = field_cells(LEADS.format(days="f.day = ANY(:days)"))
        counts.append(_store(connection, window, select, values, "old.day = ANY(:days)"))
        connection.execute(text("DROP TABLE IF EXISTS field_bought"))
        connection.execute(text(BOUGHT), values)
        counts.append(_store(connection, window, "SELECT * FROM field_bought", {}, IS_BOUGHT))
    return VersionCount(sum(one.closed for one in counts), sum(one.added for one in counts))


def fields_setting(declared: Mapping[str, CustomField]) -> str:
    """What of a playbook decides which fields are counted, as runs keep it."""
    return to_json(sorted(grouping_fields(declared)))


def _store(
    connection: Connection, window: CountingWindow, select: str, values: dict[str, Any], scope: str = "true"
) -> VersionCount:
    scope = f"NOT old.is_erased AND {scope}"
    return store_versions(connection, KpiField, select, values, scope=scope, known_at=window.known_at)


def _changed_days(connection: Connection, window: CountingWindow) -> list[object]:
    since = window.known_before - OVERLAP if window.known_before else None
    return list(connection.execute(CHANGED_DAYS, {"since": since}).scalars())
