"""What leads say for the fields that group them, counted by day, team, field and value. SQL."""

from collections.abc import Mapping

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


def field_cells(leads: str) -> str:
    """SQL: rows of kpi_field, of the leads that `leads` yields: day, team_id, contact_id, has_bought.

    It binds `:fields`, the custom ones that are counted, and `:most`, MOST_VALUES. Who is gone says nothing.
    """
    return f"""
-- Columns, in which many say the same, are counted together first.
WITH lead AS MATERIALIZED (
    SELECT came.day, came.team_id, came.has_bought, c.custom, c.industry, c.country, c.product
    FROM ({leads}) AS came JOIN contact c ON c.id = came.contact_id
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
    WHERE custom <> '{{}}' AND own.field = ANY(:fields)
), counted AS (
    SELECT day, CASE WHEN grouping(team_id) = 0 THEN team_id ELSE 0 END AS team_id, field, {SHORT_VALUE} AS value,
           sum(leads) AS leads, sum(customers) AS customers
    FROM said WHERE value <> ''
    GROUP BY GROUPING SETS ((day, field, {SHORT_VALUE}), (day, team_id, field, {SHORT_VALUE}))
    HAVING grouping(team_id) = 1 OR team_id <> 0
), many AS (
    SELECT day, field FROM counted WHERE team_id = 0 GROUP BY day, field HAVING count(*) > :most
)
SELECT day, team_id, field, CASE WHEN many.field IS NULL THEN value ELSE '' END AS value, false AS is_erased,
       sum(leads)::int AS leads, sum(customers)::int AS customers
FROM counted LEFT JOIN many USING (day, field) GROUP BY 1, 2, 3, 4
"""
