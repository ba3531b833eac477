"""A table of KPIs: a row for each team, person, source, product or journey, a column for each KPI in one reading."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from models.kpi.definitions import DEFINITIONS, Reading, Unit
from models.kpi.definitions.kpi import Term
from models.kpi.read import KpiValue
from models.tables.kpi import KpiName
from models.wording import DASH
from web.frame.xlsx_response import ColumnKind
from web.reports.chapters.cells import KINDS, kpi_cell
from web.reports.chapters.chapter import DataTable, TableCell, TableColumn

MONEY = (Unit.MONEY, Unit.MONEY_PER_DAY)


@dataclass(frozen=True, kw_only=True)
class TableMember:
    """Whom a row is about."""

    key: str
    """As in the KPI tables."""
    cells: Sequence[TableCell]
    """What stands first in the row: the name, and what else is known."""
    opens: Callable[[Term, str], str]
    """The address of the people behind a term, in a currency."""


@dataclass(frozen=True)
class _Column:
    """A KPI in one reading, and of money in one currency."""

    kpi: KpiName
    reading: Reading
    currency: str

    def heading(self, readings: int) -> TableColumn:
        definition = DEFINITIONS[self.kpi]
        reading = f", by {self.reading}" if readings > 1 else ""
        currency = f", {self.currency}" if self.currency else ""
        return TableColumn(
            heading=f"{definition.title}{currency}{reading}",
            kind=KINDS.get(definition.unit, ColumnKind.PLAIN),
            defined=self.kpi.value,
            has_interval=definition.unit is Unit.SHARE,
        )


def kpi_table(
    table: DataTable,
    members: Iterable[TableMember],
    values: Iterable[KpiValue],
    kpis: Sequence[KpiName],
    reading: Reading | None = None,
) -> DataTable:
    """The table with these KPIs behind the columns that it has: each in one reading, or in all that it has.

    Money has a column for each currency that anybody has.
    """
    found = {(value.member, _Column(value.kpi, value.reading, value.currency)): value for value in values}
    columns = [column for kpi in kpis for column in _columns(kpi, reading, found)]
    readings = len({column.reading for column in columns})
    rows = [
        [*member.cells, *(_cell(found.get((member.key, column)), member) for column in columns)] for member in members
    ]
    return DataTable(
        **vars(table) | {"columns": [*table.columns, *(one.heading(readings) for one in columns)], "rows": rows}
    )


def _columns(kpi: KpiName, reading: Reading | None, found: dict[tuple[str, _Column], KpiValue]) -> Iterable[_Column]:
    wanted = [one for one in DEFINITIONS[kpi].readings() if reading in (None, one)]
    if DEFINITIONS[kpi].unit not in MONEY:
        return [_Column(kpi, one, "") for one in wanted]
    currencies = sorted({column.currency for _, column in found if column.kpi is kpi and column.currency})
    return [_Column(kpi, one, currency) for one in wanted for currency in currencies or [""]]


def _cell(value: KpiValue | None, member: TableMember) -> TableCell:
    return kpi_cell(value, member.opens) if value else TableCell(value=None, says=DASH, about="Nothing was counted.")
