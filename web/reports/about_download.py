"""What a download says about itself: what was asked for, how old its numbers are, and what they mean."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from models.kpi.measures import MEASURES
from web.frame.xlsx_response import Sheet, SheetColumn
from web.reports.query import ReportRequest

NOT_TO_BE_ADDED = (
    "A table of the report holds each thing several times: once for everybody (team_id 0), once for its team, and once "
    "for each dimension. Add up only rows of one dimension and one team_id."
)


def about_sheet(table: str, asked: ReportRequest, made_at: datetime, meanings: Iterable[tuple[str, str]]) -> Sheet:
    """The sheet that says what was asked for; below it what each number means."""
    columns = [SheetColumn("About these numbers", width=28), SheetColumn("", width=100)]
    return Sheet("About", columns, [*_asked(table, asked, made_at), ("", ""), *meanings])


def _asked(table: str, asked: ReportRequest, made_at: datetime) -> Iterator[tuple[str, Any]]:
    yield "Table", table
    yield "First day", asked.period.first
    yield "Last day", asked.period.last
    yield "Team", asked.team.name if asked.team else "all teams"
    yield "As known on", asked.as_known_on or "now"
    yield "Run of the report", asked.run.known_at if asked.run else "none yet"
    yield "Made", made_at
    yield "Time zone of days and moments", asked.playbook.company.time_zone


def measure_meanings() -> Iterator[tuple[str, str]]:
    """What each measure counts, for downloads of whole tables."""
    yield "How to add up", NOT_TO_BE_ADDED
    for measure in MEASURES:
        value = f" Its value: {measure.value}." if measure.value else ""
        yield measure.name, f"{measure.about}{value}"
