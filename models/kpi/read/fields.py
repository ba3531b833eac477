"""Conversion by any field: how many of the leads that say one thing have bought, beside those that say another."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, text

from models.kpi.counting.field_cells import CONTACT_COLUMNS, MOST_VALUES, SHORT_VALUE, grouping_fields
from models.kpi.definitions.kpi import counted
from models.kpi.read.question import Question
from models.kpi.read.sums import Cut, read_sums
from models.kpi.versions import as_known
from models.values.custom_field import CustomField

KEPT = """
-- A field for which so much is said that it groups nobody has an empty value on some day, or too many values together.
SELECT name, value, leads, customers FROM (
    SELECT field AS name, value, sum(leads) AS leads, sum(customers) AS customers,
           count(*) OVER of_field AS value_count, bool_or(value = '') OVER of_field AS is_text
    FROM kpi_field WHERE team_id = :team AND day BETWEEN :first AND :last AND {known}
    GROUP BY field, value WINDOW of_field AS (PARTITION BY field)
) AS summed WHERE value_count <= :most AND NOT is_text
"""

READ = """
-- Of reports from before there was kpi_field: the leads that came in on these days, by what they say; of those who are
-- erased nobody knows it. Columns, in which many say the same, are counted together first.
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
SELECT name, {short} AS value, sum(leads) AS leads, sum(customers) AS customers FROM (
    SELECT given.name, given.value, leads, customers
    FROM alike, LATERAL (VALUES ('industry', industry), ('country', country), ('product', product))
        AS given (name, value)
    UNION ALL
    SELECT own.name, own.value, 1, has_bought::int
    FROM said, LATERAL jsonb_each_text(custom) AS own (name, value)
    WHERE custom <> '{{}}' AND own.name = ANY(:fields)
) AS given
WHERE value <> '' GROUP BY name, {short}
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

    `fields` are those that the playbook declares. What was reported before there was kpi_field is told in the words of
    today.
    """
    own = grouping_fields(fields)
    labels = {**own, **CONTACT_COLUMNS}
    found = _read_kept(connection, question) if question.totals_through else _read_leads(connection, question, own)
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
        if 0 < len(found.get(name, ())) <= MOST_VALUES
    ]


def _read_kept(connection: Connection, question: Question) -> dict[str, list[FieldValue]]:
    return _values(connection, KEPT.format(known=as_known(question.known_at)), question, most=MOST_VALUES)


def _read_leads(connection: Connection, question: Question, own: Collection[str]) -> dict[str, list[FieldValue]]:
    known = {"known": as_known(question.known_at, "f"), "bought": as_known(question.known_at, "b")}
    return _values(connection, READ.format(short=SHORT_VALUE, **known), question, fields=list(own))


def _values(connection: Connection, query: str, question: Question, **more: Any) -> dict[str, list[FieldValue]]:
    about = {"first": question.period.first, "last": question.period.last, "team": question.team_id}
    found: defaultdict[str, list[FieldValue]] = defaultdict(list)
    for row in connection.execute(text(query), about | {"known_at": question.known_at} | more):
        found[row.name].append(FieldValue(row.value, int(row.leads), int(row.customers)))
    return found
