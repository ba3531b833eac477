"""Downloads of the reports: every KPI table, and every table of a chapter, as CSV and as workbooks."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException, Query
from fastapi.responses import Response
from sqlalchemy import Connection, TextClause

from models.database import engine
from models.kpi.definitions import DEFINITIONS
from models.tables.kpi import KpiName
from web.frame.csv_response import csv_of_query, csv_response, rows_of_query
from web.frame.login import require_ops
from web.frame.xlsx_response import MOST_ROWS, Sheet, SheetColumn, xlsx_response
from web.reports.about_download import about_sheet, measure_meanings
from web.reports.chapters.chapter import Chapter, DataTable
from web.reports.chapters.index import CHAPTER_READERS
from web.reports.downloads.kpi_tables import KPI_TABLES, KpiTable
from web.reports.query import ReportAddress, ReportRequest, read_request

router = APIRouter(prefix="/reports", dependencies=[Depends(require_ops)])

NO_DOWNLOAD = "There is no table or chapter of this name. Tables are: {tables}. Chapters are: {chapters}."
NO_TABLE = "This chapter has no table of this name. It has: {tables}."
TOO_MANY = (
    "The table {name} has {most:,} rows or more in these days, more than a sheet can hold. "
    "Take a shorter period or one team, or the same as CSV, which has no such end."
)


class DownloadAddress(ReportAddress):
    """The query of a download."""

    table: str = ""
    """Of a chapter: which of its tables; empty: in a workbook all, as CSV the first."""


GivenAddress = Annotated[DownloadAddress, Query()]


@router.get("/{name}.csv")
def download_csv(name: str, address: GivenAddress) -> Response:
    """A KPI table as it is stored, read as it is sent; or a table of a chapter."""
    with engine().connect() as connection:
        asked = read_request(connection, address, datetime.now(UTC))
        if name in CHAPTER_READERS:
            [first, *_] = _chosen(CHAPTER_READERS[name](connection, asked), address.table)
            return csv_response(f"{name}-{first.name}", first.headings, iter(first.values()))
    table = _kpi_table(name)
    return csv_of_query(name, *_query(table, asked), {heading: heading for heading in table.headings})


@router.get("/{name}.xlsx")
def download_xlsx(name: str, address: GivenAddress) -> Response:
    """The same as a workbook, with a sheet that says what was asked for and what the numbers mean."""
    now = datetime.now(UTC)
    with engine().connect() as connection:
        asked = read_request(connection, address, now)
        if name in CHAPTER_READERS:
            return _chapter_workbook(CHAPTER_READERS[name](connection, asked), address.table, asked, now)
        table = _kpi_table(name)
        _check_size(connection, table, asked)
    columns = [SheetColumn(heading) for heading in table.headings]
    rows = rows_of_query(*_query(table, asked), table.headings)
    return _workbook(name, [Sheet(name, columns, rows)], asked, now, measure_meanings())


def _kpi_table(name: str) -> KpiTable:
    if name not in KPI_TABLES:
        raise HTTPException(404, NO_DOWNLOAD.format(tables=", ".join(KPI_TABLES), chapters=", ".join(CHAPTER_READERS)))
    return KPI_TABLES[name]


def _query(table: KpiTable, asked: ReportRequest) -> tuple[TextClause, dict[str, Any]]:
    return table.statement(team_id=asked.team_id, known_at=asked.known_at), _values(asked)


def _values(asked: ReportRequest) -> dict[str, Any]:
    return {
        "first": asked.period.first,
        "last": asked.period.last,
        "team": asked.team_id,
        "known_at": asked.known_at,
    }


def _check_size(connection: Connection, table: KpiTable, asked: ReportRequest) -> None:
    """422 for what no sheet can hold, before any of it is written."""
    count = table.count(team_id=asked.team_id, known_at=asked.known_at)
    if connection.scalar(count, _values(asked) | {"most": MOST_ROWS}) >= MOST_ROWS:
        raise HTTPException(422, TOO_MANY.format(name=table.name, most=MOST_ROWS))


def _chosen(chapter: Chapter, table: str) -> Sequence[DataTable]:
    """The tables of a chapter, or the one that is named; 404 for one that it has not."""
    chosen = [one for one in chapter.tables if table in ("", one.name)]
    if not chosen:
        raise HTTPException(404, NO_TABLE.format(tables=", ".join(one.name for one in chapter.tables) or "none"))
    return chosen


def _chapter_workbook(chapter: Chapter, table: str, asked: ReportRequest, now: datetime) -> Response:
    tables = _chosen(chapter, table)
    name = f"{chapter.name}-{table}" if table else chapter.name
    return _workbook(name, [one.sheet() for one in tables], asked, now, _kpi_meanings(tables))


def _kpi_meanings(tables: Iterable[DataTable]) -> Iterator[tuple[str, str]]:
    """What the tables say about themselves, and the definition of each KPI in them."""
    for table in tables:
        if table.about:
            yield table.title, table.about
    for name in dict.fromkeys(column.defined for table in tables for column in table.columns if column.defined):
        kpi = DEFINITIONS[KpiName(name)]
        yield kpi.title, f"{kpi.definition} {kpi.formula[:1].upper()}{kpi.formula[1:]}."


def _workbook(
    name: str, sheets: Sequence[Sheet], asked: ReportRequest, now: datetime, meanings: Iterable[tuple[str, str]]
) -> Response:
    about = about_sheet(name, asked, now, meanings)
    return xlsx_response(name.replace("_", "-"), [*sheets, about], asked.playbook.company.time_zone)
