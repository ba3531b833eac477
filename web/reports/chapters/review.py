"""The review of a month: what its mail says, with the tables behind it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from models.kpi.diagnosis.read import Finding
from models.kpi.goals.periods import period_of
from models.kpi.mails.review import Review, read_review
from models.kpi.period import Period
from models.wording import month as month_name
from web.reports.chapters.cells import text_cell
from web.reports.chapters.chapter import Chapter, DataTable, Note, Part, TableColumn
from web.reports.chapters.forecast import forecast
from web.reports.chapters.goals import goals_now, goals_proposed
from web.reports.query import ReportRequest

LEAD = (
    "What is looked at once a month: which goals were met, which may become stricter, how the numbers went beside the "
    "month before and since the beginning, what the figures say about causes, and what is expected. Managers get it by "
    "mail on the first working day of the month after."
)


def review(connection: Connection, asked: ReportRequest) -> Chapter:
    """The chapter of an address: of the newest month that was over by the last day that is asked for."""
    found = read_review(connection, asked.playbook, month_to_review(asked.period), asked.team_id, asked.known_at)
    name = month_name(found.period.first)
    parts: list[Part] = [goals_now(asked, found.goals), goals_proposed(found.goals)]
    parts.append(_numbers("before", f"{name} beside the month before", "Month before", found.beside_before))
    if found.baseline:
        first = month_name(found.baseline.first)
        parts.append(
            _numbers("baseline", f"{name} beside {first}, the first whole month", first, found.beside_baseline)
        )
    parts.append(_causes(found))
    parts += [part for part in forecast(connection, asked).parts if isinstance(part, DataTable | Note)]
    return Chapter(name="review", title=f"Review of {name}", lead=LEAD, parts=parts)


def month_to_review(period: Period) -> Period:
    """The newest whole month that ends with the period, or before."""
    month = period_of(period.last, "month")
    return month if month.last <= period.last else period_of(month.first - timedelta(days=1), "month")


def _numbers(name: str, title: str, beside: str, lines: Sequence[Mapping[str, Any]]) -> DataTable:
    rows = [[text_cell(line[part]) for part in ("title", "value", "of", "before", "change")] for line in lines]
    headings = ("KPI", "Value", "Of", beside, "Change")
    columns = [TableColumn(heading=heading, is_number=False) for heading in headings]
    return DataTable(name=name, title=title, columns=columns, rows=rows)


def _causes(found: Review) -> DataTable:
    return DataTable(
        name="causes",
        title="What to do",
        columns=[
            TableColumn(heading=heading, is_number=False) for heading in ("Cause", "What shows it", "What to try")
        ],
        rows=[_cause(one) for one in found.findings],
        empty="No KPI is off its target by more than chance makes.",
    )


def _cause(one: Finding) -> list[Any]:
    return [text_cell(one.title, opens=one.link), text_cell(one.sentence), text_cell(one.advice)]
