"""Runs: when the report was counted, and what each run found different of days that had been reported."""

from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Connection

from models.kpi.measures import BY_NAME
from models.kpi.run.history import PastChange, read_changes
from models.kpi.run.history import runs as read_runs
from models.tables.kpi import KpiRun
from models.wording import counted, day_of, short
from web.frame.xlsx_response import ColumnKind
from web.reports.chapters.cells import count_cell, day_cell, moment_cell, number_cell, text_cell
from web.reports.chapters.chapter import Chapter, DataTable, TableCell, TableColumn
from web.reports.query import ReportRequest

MOST_RUNS = 60
MOST_CHANGES = 200
MOST_SHOWN = 15
LEAD = (
    "What comes late changes days of the past: a report that is handed in days after the call, an order that is "
    "cancelled, two contacts that turn out to be one. Each run says what it found different. Nothing that was reported "
    "is lost: open the reports as they were known on the day of a run."
)


def runs(connection: Connection, asked: ReportRequest) -> Chapter:
    """The chapter of an address."""
    found = read_runs(connection, MOST_RUNS)
    if asked.known_at:
        found = [run for run in found if run.known_at <= asked.known_at]
    return Chapter(name="runs", title="Runs", lead=LEAD, parts=[_run_table(asked, found), _change_table(asked, found)])


def _run_table(asked: ReportRequest, found: Sequence[KpiRun]) -> DataTable:
    zone = asked.zone.key
    rows = []
    for run in found:
        day = day_of(run.known_at, zone)
        rows.append(
            [
                moment_cell(run.known_at, asked.zone, opens=asked.link("/reports", as_known_on=day.isoformat())),
                text_cell(
                    "everything" if run.is_full else f"{counted((run.last_day - run.first_day).days + 1, 'day')}"
                ),
                count_cell(run.changed_count),
                count_cell(sum(run.rows.values())),
                number_cell(run.seconds),
            ]
        )
    return DataTable(
        name="runs",
        title="Runs of the report",
        about="Each opens the reports as they were known at the end of its day.",
        columns=[
            TableColumn(heading="Run", is_number=False),
            TableColumn(heading="Counted anew", is_number=False),
            TableColumn(heading="Numbers of the past that changed"),
            TableColumn(heading="Rows written"),
            TableColumn(heading="Seconds", kind=ColumnKind.NUMBER),
        ],
        rows=rows,
        empty="The report has not run yet.",
        most=MOST_SHOWN,
    )


def _change_table(asked: ReportRequest, found: Sequence[KpiRun]) -> DataTable:
    changes = [(run, change) for run in found for change in read_changes(run)][:MOST_CHANGES]
    rows = [
        [
            day_cell(change.day),
            text_cell(_measure(change), beside=_what(change)),
            _number(change, change.before),
            _number(change, change.after, asked),
            moment_cell(run.known_at, asked.zone),
        ]
        for run, change in changes
    ]
    return DataTable(
        name="changes",
        title="What changed of the past",
        about=f"The newest {MOST_CHANGES}." if len(changes) == MOST_CHANGES else "",
        columns=[
            TableColumn(heading="Day", is_number=False),
            TableColumn(heading="What was counted", is_number=False),
            TableColumn(heading="Was"),
            TableColumn(heading="Is"),
            TableColumn(heading="Found by the run of", is_number=False),
        ],
        rows=rows,
        empty="No run has found anything different of the past.",
        most=MOST_SHOWN,
    )


def _measure(change: PastChange) -> str:
    return BY_NAME[change.measure].about if change.measure in BY_NAME else change.measure


def _what(change: PastChange) -> str:
    if change.what == "value":
        known = BY_NAME.get(change.measure)
        return f"{known.value}, all together" if known and known.value else "its value"
    return f"amount, {change.currency}" if change.what == "amount" else ""


def _is_in_seconds(change: PastChange) -> bool:
    known = BY_NAME.get(change.measure)
    return known is not None and known.value.startswith("seconds")


def _number(change: PastChange, value: float | None, asked: ReportRequest | None = None) -> TableCell:
    if change.what == "value" and _is_in_seconds(change) and value is not None:
        return TableCell(value=timedelta(seconds=value), says=short(timedelta(seconds=round(value))))
    if change.what != "count":
        return number_cell(value)
    day = change.day.isoformat()
    opens = asked.people(change.measure, first=day, last=day, team=None, currency=change.currency) if asked else ""
    return count_cell(int(value or 0), opens)
