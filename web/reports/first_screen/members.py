"""People and sources on the first screen: a line for each, the same KPIs beside each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from models.kpi.definitions import DEFINITIONS, Reading
from models.kpi.read import KpiValue, member_names, name_of, read_values
from models.tables.kpi import Dimension, KpiName
from web.reports.numbers import ShownNumber, shown_number
from web.reports.query import ReportRequest

MOST_PEOPLE = 10
MOST_SOURCES = 8

PEOPLE_KPIS = (
    (KpiName.LEADS, Reading.PERIOD),
    (KpiName.FOLLOW_UP_SHARE, Reading.COHORT),
    (KpiName.CONNECTION_RATE, Reading.PERIOD),
    (KpiName.CLOSING_RATE, Reading.PERIOD),
    (KpiName.ORDERS, Reading.PERIOD),
    (KpiName.REVENUE, Reading.PERIOD),
)
SOURCE_KPIS = (
    (KpiName.LEADS, Reading.PERIOD),
    (KpiName.QUALIFIED_SHARE, Reading.COHORT),
    (KpiName.ORDER_SHARE, Reading.COHORT),
    (KpiName.ORDERS, Reading.PERIOD),
    (KpiName.REVENUE, Reading.PERIOD),
)
Columns = Sequence[tuple[KpiName, Reading]]


@dataclass(frozen=True)
class MemberColumn:
    """One KPI of the table."""

    name: str
    title: str
    reading: Reading


@dataclass(frozen=True)
class MemberLine:
    """One person or source; in each column as many numbers as there are currencies."""

    member: str
    name: str
    numbers: Sequence[Sequence[ShownNumber]]


@dataclass(frozen=True)
class MemberTable:
    """The first lines, and how many there are in all."""

    columns: Sequence[MemberColumn]
    lines: Sequence[MemberLine]
    count: int


def read_people(connection: Connection, asked: ReportRequest) -> MemberTable:
    """Whoever sold most comes first; who has nothing to show is in it as well."""
    return _read(connection, asked, Dimension.PERSON, PEOPLE_KPIS, _orders_then_leads, MOST_PEOPLE)


def read_sources(connection: Connection, asked: ReportRequest) -> MemberTable:
    """Those that brought most leads."""
    return _read(connection, asked, Dimension.SOURCE, SOURCE_KPIS, _leads, MOST_SOURCES)


Values = dict[KpiName, list[KpiValue]]


def _read(
    connection: Connection,
    asked: ReportRequest,
    dimension: Dimension,
    columns: Columns,
    order: Callable[[Values], tuple[float, ...]],
    most: int,
) -> MemberTable:
    by_member: dict[str, Values] = {}
    wanted = dict(columns)
    for value in read_values(connection, asked.question, dimension, kpis=tuple(wanted)):
        if wanted[value.kpi] is value.reading:
            by_member.setdefault(value.member, {}).setdefault(value.kpi, []).append(value)
    names = member_names(connection, dimension, asked.playbook)
    # Whatever belongs to nobody stands below those who are somebody, unless there is nothing of it at all.
    somebody = [member for member in by_member if member not in ("", "0")]
    nobody = [member for member in by_member if member in ("", "0") and any(order(by_member[member]))]
    ranked = sorted(somebody, key=lambda member: (*(-n for n in order(by_member[member])), member)) + nobody
    lines = [
        MemberLine(
            member,
            name_of(member, dimension, names),
            [[shown_number(asked, value, dimension) for value in by_member[member].get(kpi, [])] for kpi, _ in columns],
        )
        for member in ranked[:most]
    ]
    heads = [MemberColumn(kpi.value, DEFINITIONS[kpi].title, reading) for kpi, reading in columns]
    return MemberTable(heads, lines, len(ranked))


def _orders_then_leads(values: Values) -> tuple[float, ...]:
    return (*_sum(values, KpiName.ORDERS), *_sum(values, KpiName.LEADS))


def _leads(values: Values) -> tuple[float, ...]:
    return (*_sum(values, KpiName.LEADS), *_sum(values, KpiName.ORDERS))


def _sum(values: Values, kpi: KpiName) -> tuple[float]:
    return (sum(value.value or 0 for value in values.get(kpi, [])),)
