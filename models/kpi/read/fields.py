"""Conversion by any field: how many of the leads that say one thing have bought, beside those that say another."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, text

from models.kpi.definitions.kpi import counted
from models.kpi.read.question import Question
from models.kpi.read.sums import Cut, read_sums
from models.kpi.versions import as_known
from models.values.custom_field import CustomField, FieldType

CONTACT_COLUMNS = {"industry": "Industry", "country": "Country", "product": "Product they ask about"}
"""Columns of contacts that are fields as well, and what they are called."""
MOST_VALUES = 50
"""A field with more of them is a text that everybody fills in anew."""
WITHOUT_GROUPS = {FieldType.EMAIL, FieldType.PHONE, FieldType.SMS_NUMBER, FieldType.DATE, FieldType.LIST}
"""Types of fields that say something of one person alone, or several things at once."""

READ = """
-- The leads that came in on these days, by what they say; of those who are erased nobody knows it. Columns, in which
-- many say the same, are counted together first.
WITH lead AS MATERIALIZED (
    SELECT f.contact_id, b.contact_id IS NOT NULL AS has_bought
    FROM kpi_fact f LEFT JOIN (
        SELECT DISTINCT contact_id FROM kpi_fact b WHERE b.measure = 'customer' AND {bought}) b USING (contact_id)
    WHERE f.measure = 'lead' AND f.day BETWEEN :first AND :last AND (:team = 0 OR f.team_id = :team) AND {known}
), said AS MATERIALIZED (
    SELECT lead.has_bought, c.custom, c.industry, c.country, c.product
    FROM lead JOIN contact c ON c.id = lead.contact_id
), alike AS (
    SELECT industry, country, product, count(*) AS leads, count(*) FILTER (WHERE has_bought) AS customers
    FROM said GROUP BY industry, country, product
)
SELECT name, value, sum(leads)::bigint AS leads, sum(customers)::bigint AS customers FROM (
    SELECT given.name, given.value, leads, customers
    FROM alike, LATERAL (VALUES ('industry', industry), ('country', country), ('product', product))
        AS given (name, value)
    UNION ALL
    SELECT own.name, own.value, 1, has_bought::int
    FROM said, LATERAL jsonb_each_text(custom) AS own (name, value)
    WHERE custom <> '{{}}' AND own.name = ANY(:fields)
) AS given
WHERE value <> '' GROUP BY name, value
"""

LEADS = counted("lead")


@dataclass(frozen=True)
class FieldValue:
    """What some leads say for a field."""

    value: str
    leads: int
    customers: int
    """Of these leads: who has bought since, whenever (by cohort)."""


@dataclass
class FieldConversion:
    """One field, with what is said for it."""

    name: str
    label: str
    values: list[FieldValue] = field(default_factory=list)
    """The most frequent first."""
    silent: int = 0
    """Leads of these days that say nothing for it."""


def read_conversion_by_field(
    connection: Connection, question: Question, fields: dict[str, CustomField]
) -> Sequence[FieldConversion]:
    """Conversion of the leads of these days, by each field that groups them; fields that nobody fills in are missing.

    `fields` are those that the playbook declares. The words of a field are those of today.
    """
    own = {name: one.label or name for name, one in fields.items() if one.type not in WITHOUT_GROUPS}
    labels = {**own, **CONTACT_COLUMNS}
    values = {
        "first": question.period.first,
        "last": question.period.last,
        "team": question.team_id,
        "fields": list(own),
        "known_at": question.known_at,
    }
    known = {"known": as_known(question.known_at, "f"), "bought": as_known(question.known_at, "b")}
    found: defaultdict[str, list[FieldValue]] = defaultdict(list)
    for row in connection.execute(text(READ.format(**known)), values):
        found[row.name].append(FieldValue(row.value, row.leads, row.customers))
    sums = read_sums(connection, question, [LEADS], Cut()).values()
    total = sum(int(of_currency.get(LEADS, 0)) for of_currency in sums)
    return [
        FieldConversion(
            name,
            label,
            sorted(found[name], key=lambda one: (-one.leads, one.value)),
            total - sum(one.leads for one in found[name]),
        )
        for name, label in labels.items()
        if 0 < len(found[name]) <= MOST_VALUES
    ]
