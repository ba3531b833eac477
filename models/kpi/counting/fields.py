"""kpi_field: of the leads that came in on each day, how many say what for which field, and how many of them bought."""

from collections.abc import Mapping

from sqlalchemy import Connection, text

from models.database import to_json
from models.kpi.counting.changed_contacts import OVERLAP
from models.kpi.versions import VersionCount, store_versions
from models.kpi.window import CHANGED_CONTACTS, CountingWindow
from models.tables.kpi import KpiField
from models.values.custom_field import CustomField, FieldType

CONTACT_COLUMNS = {"industry": "Industry", "country": "Country", "product": "Product they ask about"}
"""Columns of contacts that are fields as well, and what they are called."""
WITHOUT_GROUPS = {
    *(FieldType.EMAIL, FieldType.PHONE, FieldType.SMS_NUMBER, FieldType.ADDRESS),
    *(FieldType.DATE, FieldType.LIST),
}
"""Types of fields that say something of one person alone, or several things at once."""
MOST_VALUES = 50
"""A field for which more is said, on one day or in a period, is a text that everybody fills in anew."""
MOST_CHARACTERS = 100
"""Of a value; the end of a longer one is cut off."""
SHORT_VALUE = f"CASE WHEN length(value) > {MOST_CHARACTERS} THEN left(value, {MOST_CHARACTERS}) || '…' ELSE value END"
"""SQL: a value as it is kept and shown."""


def grouping_fields(declared: Mapping[str, CustomField]) -> dict[str, str]:
    """Of the fields that a playbook declares those by which leads can be grouped: name -> label."""
    return {
        name: one.label or name for name, one in declared.items() if one.type not in WITHOUT_GROUPS and not one.long
    }


FIELDS_BEFORE = text(
    "SELECT CAST(nullif(settings, '') AS jsonb) ->> 'fields' FROM kpi_run ORDER BY known_at DESC LIMIT 1"
)

CHANGED_DAYS = text(f"""
-- The days of leads of whom something is known that was not: that they came or bought, what they say, that they are
-- gone.
WITH changed AS (
    SELECT contact_id FROM kpi_fact WHERE known_until = :known_at AND measure IN ('lead', 'customer')
    UNION SELECT f.contact_id FROM {CHANGED_CONTACTS} c JOIN kpi_fact f ON f.contact_id = c.contact_id
          WHERE f.known_until IS NULL AND f.known_from = :known_at AND f.measure IN ('lead', 'customer')
    UNION SELECT contact.id FROM {CHANGED_CONTACTS} c JOIN contact ON contact.id = c.contact_id
          WHERE contact.updated_at >= :since
    UNION SELECT contact_id FROM erased_contact
)
SELECT day FROM changed JOIN kpi_fact f USING (contact_id) WHERE f.known_until IS NULL AND f.measure = 'lead'
UNION SELECT day FROM kpi_fact WHERE known_until = :known_at AND measure = 'lead'
""")

FIELDS = f"""
-- Columns, in which many say the same, are counted together first.
WITH lead AS MATERIALIZED (
    SELECT f.day, f.team_id, b.contact_id IS NOT NULL AS has_bought, c.custom, c.industry, c.country, c.product
    FROM kpi_fact f JOIN contact c ON c.id = f.contact_id
    LEFT JOIN (
        SELECT DISTINCT contact_id FROM kpi_fact WHERE measure = 'customer' AND known_until IS NULL
    ) b ON b.contact_id = f.contact_id
    WHERE f.measure = 'lead' AND f.known_until IS NULL AND {{days}}
), alike AS (
    SELECT day, team_id, industry, country, product, count(*) AS leads,
           count(*) FILTER (WHERE has_bought) AS customers
    FROM lead GROUP BY day, team_id, industry, country, product
), said AS (
    SELECT day, team_id, given.field, given.value, leads, customers
    FROM alike, LATERAL (VALUES ('industry', industry), ('country', country), ('product', product))
        AS given (field, value)
    UNION ALL
    SELECT day, team_id, own.field, own.value, 1, has_bought::int
    FROM lead, LATERAL jsonb_each_text(custom) AS own (field, value)
    WHERE custom <> '{{{{}}}}' AND own.field = ANY(:fields)
), counted AS (
    SELECT day, CASE WHEN grouping(team_id) = 0 THEN team_id ELSE 0 END AS team_id, field, {SHORT_VALUE} AS value,
           sum(leads) AS leads, sum(customers) AS customers
    FROM said WHERE value <> ''
    GROUP BY GROUPING SETS ((day, field, {SHORT_VALUE}), (day, team_id, field, {SHORT_VALUE}))
    HAVING grouping(team_id) = 1 OR team_id <> 0
), many AS (
    SELECT day, field FROM counted WHERE team_id = 0 GROUP BY day, field HAVING count(*) > :most
)
SELECT day, team_id, field, CASE WHEN many.field IS NULL THEN value ELSE '' END AS value,
       sum(leads)::int AS leads, sum(customers)::int AS customers
FROM counted LEFT JOIN many USING (day, field) GROUP BY 1, 2, 3, 4
"""


def count_fields(connection: Connection, window: CountingWindow) -> VersionCount:
    """Count the days of leads of whom something has changed; all days of a full count, and where the playbook has
    other fields than at the run before. It stands after the stage spells, which find those who are gone.
    """
    fields = sorted(grouping_fields(window.playbook.fields))
    is_all = window.is_full or connection.execute(FIELDS_BEFORE).scalar() != fields_setting(window.playbook.fields)
    return store_versions(
        connection,
        KpiField,
        FIELDS.format(days="true" if is_all else "f.day = ANY(:days)"),
        {"fields": fields, "days": [] if is_all else _changed_days(connection, window), "most": MOST_VALUES},
        scope="true" if is_all else "old.day = ANY(:days)",
        known_at=window.known_at,
    )


def fields_setting(declared: Mapping[str, CustomField]) -> str:
    """What of a playbook decides which fields are counted, as runs keep it."""
    return to_json(sorted(grouping_fields(declared)))


def _changed_days(connection: Connection, window: CountingWindow) -> list[object]:
    since = window.known_before - OVERLAP if window.known_before else None
    values = {"known_at": window.known_at, "since": since}
    return list(connection.execute(CHANGED_DAYS, values).scalars())
