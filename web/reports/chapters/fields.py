"""Conversion by field: which of the leads bought, by what they said of themselves."""

from sqlalchemy import Connection

from models.kpi.read.fields import FieldConversion, read_conversion_by_field
from web.frame.xlsx_response import ColumnKind
from web.reports.chapters.cells import count_cell, share_cell, text_cell
from web.reports.chapters.chapter import Chapter, DataTable, TableColumn
from web.reports.query import ReportRequest

MOST_VALUES = 10
LEAD = (
    "The leads that came in on these days, by what is known of them, and how many of them have bought since (by "
    "cohort). Each field of the playbook that groups leads is here, with industry, country and product. A difference "
    "that fits into both intervals may be chance."
)


def fields(connection: Connection, asked: ReportRequest) -> Chapter:
    """The chapter of an address."""
    found = read_conversion_by_field(connection, asked.question, asked.playbook.fields)
    tables = [_table(one) for one in found] or [_table(FieldConversion("industry", "Industry"))]
    return Chapter(name="fields", title="Conversion by field", lead=LEAD, parts=tables)


def _table(one: FieldConversion) -> DataTable:
    silent = f"Of the leads of these days {one.silent:,} say nothing for it." if one.silent else ""
    return DataTable(
        name=one.name.replace("_", "-"),
        title=one.label,
        columns=[
            TableColumn(heading=one.label, is_number=False),
            TableColumn(heading="Leads"),
            TableColumn(heading="Have bought"),
            TableColumn(heading="Share", kind=ColumnKind.SHARE, has_interval=True),
        ],
        rows=[
            [
                text_cell(each.value),
                count_cell(each.leads),
                count_cell(each.customers),
                share_cell(each.customers, each.leads),
            ]
            for each in one.values
        ],
        note=silent,
        most=MOST_VALUES,
        empty="None of the leads of these days says anything for a field that groups them.",
    )
