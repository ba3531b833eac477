"""Runs: when the report was counted, and what each run found different of days that had been reported."""

from collections.abc import Sequence

from sqlalchemy import Connection

from models.kpi.measures import BY_NAME
from models.kpi.run.history import PastChange, read_changes
from models.kpi.run.history import runs as read_runs
from models.tables.kpi import KpiRun
from models.wording import counted, day_of
from web.frame.xlsx_response import ColumnKind
from web.reports.chapters.cells import count_cell, day_cell, moment_cell, number_cell, text_cell
from web.reports.chapters.chapter import Chapter, DataTable, TableCell, TableColumn
from web.reports.query import ReportRequest

MOST_RUNS = 60
MOST_CHANGES = 200
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
    )


def _measure(change: PastChange) -> str:
    return BY_NAME[change.measure].about if change.measure in BY_NAME else change.measure


def _what(change: PastChange) -> str:
    return {"amount": f"amount, {change.currency}", "value": "its value"}.get(change.what, "")


def _number(change: PastChange, value: float | None, asked: ReportRequest | None = None) -> TableCell:
    if change.what != "count":
        return number_cell(value)
    day = change.day.isoformat()
    opens = asked.people(change.measure, first=day, last=day, team=None, currency=change.currency) if asked else ""
    return count_cell(int(value or 0), opens)
