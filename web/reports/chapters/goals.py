"""Goals: what was to be reached, what was, period by period; and stricter ones where they were met."""

from collections.abc import Sequence

from sqlalchemy import Connection

from models.kpi.definitions.kpi import Ratio, Total
from models.kpi.goals.read import GoalPeriod, GoalReading, read_goals
from models.tables.kpi import Dimension
from web.reports.chapters.cells import day_cell, definition_of, text_cell
from web.reports.chapters.chapter import Chapter, DataTable, TableCell, TableColumn
from web.reports.links import people_of
from web.reports.query import ReportRequest

MOST_PAST = 40
LEAD = (
    "Goals stand in the playbook under reports, goals: for all, a team or a person, each week, month or quarter. A "
    "running period is on track or behind by the share of it that is over. Where chance alone may explain the distance "
    "to a target, it says so. A goal that was met twice may be made stricter."
)


def goals(connection: Connection, asked: ReportRequest) -> Chapter:
    """The chapter of an address."""
    found = read_goals(
        connection,
        asked.as_known_on or asked.today,
        currency=asked.currency,
        team_id=asked.team_id or None,
        known_at=asked.known_at,
    )
    return Chapter(
        name="goals",
        title="Goals",
        lead=LEAD,
        parts=[goals_now(asked, found), goals_proposed(found), _past(asked, found)],
    )


def _whose(goal: GoalReading) -> list[TableCell]:
    kpi = text_cell(goal.definition.title, opens=definition_of(goal.kpi))
    return [kpi, text_cell(goal.whose), text_cell(goal.per)]


def _whose_columns() -> list[TableColumn]:
    return [TableColumn(heading=heading, is_number=False) for heading in ("KPI", "Whose", "Each")]


def _value(goal: GoalReading, value: float | None) -> TableCell:
    return TableCell(value=value, says=goal.written(value))


def _reached(asked: ReportRequest, goal: GoalReading, one: GoalPeriod) -> TableCell:
    """What was reached, and the people counted in it: of a share those above the line."""
    of_days = asked.within(one.period)
    if goal.rep_id:
        opens = people_of(of_days, Dimension.PERSON, str(goal.rep_id), team=None)
    else:
        opens = people_of(of_days, team=goal.team or None)
    match goal.definition.readings()[goal.definition.main_reading]:
        case Ratio(numerator=(term,)) | Total(of=(term,)) if one.reached:
            address = opens(term, "")
        case _:
            address = ""
    return TableCell(value=one.reached, says=goal.written(one.reached), opens=address)


def goals_now(asked: ReportRequest, found: Sequence[GoalReading]) -> DataTable:
    """A line for each goal: its newest period, and how it went since the first."""
    rows = [
        [
            *_whose(goal),
            day_cell(goal.now.period.first),
            day_cell(goal.now.period.last),
            _value(goal, goal.now.target),
            _reached(asked, goal, goal.now),
            text_cell(goal.in_words(goal.now)),
            text_cell(goal.trend_in_words()),
        ]
        for goal in found
    ]
    return DataTable(
        name="now",
        title="Goals in their newest period",
        columns=[
            *_whose_columns(),
            TableColumn(heading="From", is_number=False),
            TableColumn(heading="To", is_number=False),
            TableColumn(heading="Target"),
            TableColumn(heading="Reached"),
            TableColumn(heading="How it stands", is_number=False),
            TableColumn(heading="Since the first", is_number=False),
        ],
        rows=rows,
        empty="No goal is set. Goals stand in the playbook under reports, goals.",
    )


def goals_proposed(found: Sequence[GoalReading]) -> DataTable:
    """The goals that may become stricter, with the line for the playbook."""
    rows = [
        [
            *_whose(goal),
            _value(goal, goal.proposed),
            text_cell(goal.proposal_in_words()),
            text_cell(goal.playbook_line()),
        ]
        for goal in found
        if goal.proposed is not None
    ]
    return DataTable(
        name="proposals",
        title="Stricter goals",
        columns=[
            *_whose_columns(),
            TableColumn(heading="Proposed"),
            TableColumn(heading="Why", is_number=False),
            TableColumn(heading="In the playbook", is_number=False),
        ],
        rows=rows,
        empty="No goal was met often enough to make it stricter.",
    )


def _past(asked: ReportRequest, found: list[GoalReading]) -> DataTable:
    rows = [
        [
            *_whose(goal),
            day_cell(one.period.first),
            day_cell(one.period.last),
            _value(goal, one.target),
            _reached(asked, goal, one),
            text_cell(goal.in_words(one)),
        ]
        for goal, one in sorted(
            ((goal, one) for goal in found for one in goal.periods),
            key=lambda each: each[1].period.last,
            reverse=True,
        )
    ]
    return DataTable(
        name="past",
        title="Every period",
        columns=[
            *_whose_columns(),
            TableColumn(heading="From", is_number=False),
            TableColumn(heading="To", is_number=False),
            TableColumn(heading="Target"),
            TableColumn(heading="Reached"),
            TableColumn(heading="How it stood", is_number=False),
        ],
        rows=rows,
        about="The newest first.",
        most=MOST_PAST,
        is_folded=True,
    )
