"""Journeys and their steps: who came to them, and what they did after; what a journey brings beside its holdout."""

from collections.abc import Callable

from sqlalchemy import Connection

from models.kpi.contribution.read import JourneyLine, JourneysReading, StepLine, Touched, read_journeys, read_steps
from models.wording import duration
from web.frame.xlsx_response import ColumnKind
from web.reports.chapters.cells import count_cell, name_cell, share_cell, text_cell
from web.reports.chapters.chapter import Chapter, DataTable, TableCell, TableColumn
from web.reports.query import ReportRequest

MOST_STEPS = 150
LEAD = (
    "Who came onto a journey or took a step in these days, and how many of them talked with us for the first time or "
    "ordered within {within} after, for all teams together. That is touched, not caused: some would have done so "
    "anyway. What a journey brings is known only beside a holdout, people kept off it by chance."
)
NO_HOLDOUT = "No journey has a holdout, so nobody knows what they bring. A holdout is one word in the journey's file."


def journeys(connection: Connection, asked: ReportRequest) -> Chapter:
    """The chapter of an address."""
    found = read_journeys(connection, asked.question)
    steps = read_steps(connection, asked.question)
    return Chapter(
        name="journeys",
        title="Journeys",
        lead=LEAD.format(within=duration(asked.playbook.reports.touched_within)),
        parts=[_journey_table(asked, found), _effect_table(found), _step_table(asked, steps)],
    )


def _opens(asked: ReportRequest, journey: str, step: str, verb: str) -> Callable[[str], str]:
    if asked.known_at:
        return lambda _: ""
    return lambda column: asked.people(column, of="steps", journey=journey, step=step, verb=verb)


def _touched_columns() -> list[TableColumn]:
    return [
        TableColumn(heading="Came"),
        TableColumn(heading="Talked after it (touched)", kind=ColumnKind.SHARE, has_interval=True),
        TableColumn(heading="Ordered after it (touched)", kind=ColumnKind.SHARE, has_interval=True),
    ]


def _touched_cells(touched: Touched, opens: Callable[[str], str]) -> list[TableCell]:
    everybody = opens("contacts")
    return [
        count_cell(touched.contacts, everybody),
        share_cell(touched.connected, touched.contacts, opens=opens("connected"), opens_whole=everybody),
        share_cell(touched.ordered, touched.contacts, opens=opens("ordered"), opens_whole=everybody),
    ]


def _journey_table(asked: ReportRequest, found: JourneysReading) -> DataTable:
    rows = [
        [
            name_cell(line.journey),
            *_touched_cells(line.now, _opens(asked, line.journey, "", "start")),
            count_cell(line.before.contacts),
            share_cell(line.before.ordered, line.before.contacts),
        ]
        for line in found.lines
    ]
    return DataTable(
        name="journeys",
        title="Journeys",
        columns=[
            TableColumn(heading="Journey", is_number=False),
            *_touched_columns(),
            TableColumn(heading="Came, the days before"),
            TableColumn(heading="Ordered, the days before", kind=ColumnKind.SHARE, has_interval=True),
        ],
        rows=rows,
        empty="Nobody came onto a journey in these days.",
    )


def _effect_table(found: JourneysReading) -> DataTable:
    rows = [row for line in found.lines for row in _effects(line)]
    return DataTable(
        name="holdouts",
        title="What journeys bring, beside their holdouts",
        about="Of all who were drawn so far and whose time is over, whatever days are chosen above.",
        note="What a journey without a holdout brings, nobody knows." if rows else "",
        columns=[
            TableColumn(heading="Journey", is_number=False),
            TableColumn(heading="Goal", is_number=False),
            TableColumn(heading="What it says", is_number=False),
            TableColumn(heading="On the journey", kind=ColumnKind.SHARE, has_interval=True),
            TableColumn(heading="Held out", kind=ColumnKind.SHARE, has_interval=True),
        ],
        rows=rows,
        empty=NO_HOLDOUT,
    )


def _effects(line: JourneyLine) -> list[list[TableCell]]:
    return [
        [
            name_cell(line.journey),
            text_cell(goal),
            text_cell(effect.sentence()),
            share_cell(effect.on_the_journey.successes, effect.on_the_journey.contacts),
            share_cell(effect.held_out.successes, effect.held_out.contacts),
        ]
        for goal, effect in line.effects.items()
    ]


def _step_table(asked: ReportRequest, steps: list[StepLine]) -> DataTable:
    rows = [
        [
            text_cell(line.step),
            name_cell(line.journey),
            name_cell(line.verb),
            *_touched_cells(line.now, _opens(asked, line.journey, line.step, line.verb)),
        ]
        for line in steps
    ]
    return DataTable(
        name="steps",
        title="Steps",
        columns=[
            TableColumn(heading="Step", is_number=False),
            TableColumn(heading="Journey", is_number=False),
            TableColumn(heading="Kind", is_number=False),
            *_touched_columns(),
        ],
        rows=rows,
        empty="Nobody took a step in these days.",
        most=MOST_STEPS,
        is_folded=True,
    )
