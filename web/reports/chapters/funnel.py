"""The funnel: who comes to each stage, how many go on and how long it takes, and where leads are stalled."""

from sqlalchemy import Connection

from models.kpi.definitions import DEFINITIONS, Reading
from models.kpi.definitions.kpi import reached
from models.kpi.people.lines import counted_lines
from models.kpi.people.stages import ANY, StageAsked
from models.kpi.read import KpiValue, StageValue, read_funnel, read_values, source_name
from models.kpi.read.sums import Cell, Cut, read_sums
from models.tables.kpi import KpiName
from models.wording import duration, number
from web.charts.figure import ChartCell, ChartTable, Figure
from web.charts.funnel import FunnelStage, funnel_chart
from web.frame.xlsx_response import ColumnKind
from web.reports.chapters.cells import (
    count_cell,
    day_cell,
    definition_of,
    kpi_cell,
    number_cell,
    share_cell,
    text_cell,
)
from web.reports.chapters.chapter import Chapter, Charts, DataTable, LinkedWords, TableCell, TableColumn
from web.reports.links import people_of
from web.reports.query import ReportRequest

STAGE_NAMES = {
    "mgl": "Lead",
    "mql": "Marketing qualified",
    "sql": "Sales qualified",
    "sal": "Sales accepted",
    "opportunity": "Opportunity",
    "customer": "Customer",
}
CAME_FROM_LEAD = ("engaged", "contacted", "connected", "mql", "sql", "opportunity", "customer")
MILESTONES = {
    "engaged": "Did something of their own",
    "contacted": "Somebody tried to reach them",
    "connected": "Talked with a person",
    "mql": "Marketing qualified",
    "sql": "Sales qualified",
    "opportunity": "Opportunity",
    "customer": "Bought, and the order stands",
}
RATES = (
    KpiName.QUALIFIED_SHARE,
    KpiName.CONNECTION_RATE,
    KpiName.CLOSING_RATE,
    KpiName.WIN_RATE,
    KpiName.ORDER_SHARE,
    KpiName.ENGAGEMENT_RATE,
)
MOST_STALLED = 20

LEAD = (
    "How far leads come. By period: what happened in these days, whenever the lead came in. By cohort: what has become "
    "so far of the leads that came in on these days. A lead counts once, however often it changed hands."
)


def funnel(connection: Connection, asked: ReportRequest) -> Chapter:
    """The chapter of an address."""
    stages = read_funnel(connection, asked.question)
    cohort = _cohort(connection, asked)
    return Chapter(
        name="funnel",
        title="Funnel",
        lead=LEAD,
        parts=[
            Charts([chart for chart in (_by_cohort_chart(asked, cohort),) if chart]),
            _cohort_table(asked, cohort),
            _stage_table(asked, stages),
            _rate_table(asked, read_values(connection, asked.question, kpis=RATES)),
            _stalled_table(connection, asked, sum(stage.stalled for stage in stages)),
        ],
    )


def _cohort(connection: Connection, asked: ReportRequest) -> dict[str, int]:
    """Milestone -> how many of the leads of these days have come to it so far; `lead` for all of them."""
    terms = {goal: reached("lead", goal) for goal in CAME_FROM_LEAD}
    found = read_sums(connection, asked.question, terms.values(), Cut())
    sums = found.get(Cell("", "", None), {})
    [leads] = read_values(connection, asked.question, kpis=[KpiName.LEADS])
    return {"lead": int(leads.value or 0)} | {goal: int(sums.get(term, 0)) for goal, term in terms.items()}


def _by_cohort_chart(asked: ReportRequest, cohort: dict[str, int]) -> Figure | None:
    leads = cohort["lead"]
    opens = people_of(asked)
    names = (
        {"lead": "Leads"}
        | {goal: MILESTONES[goal] for goal in ("mql", "sql", "opportunity")}
        | {"customer": "Customers"}
    )
    stages, rows = [], []
    for goal, name in names.items():
        share = share_cell(cohort[goal], leads)
        of_leads = "" if goal == "lead" else f"{share.says} of leads"
        address = opens(reached("lead", goal), "") if of_leads else asked.people("lead")
        stages.append(FunnelStage(name, cohort[goal], number(cohort[goal]), of_leads))
        count = ChartCell(number(cohort[goal]), address if cohort[goal] else "")
        rows.append([ChartCell(name, is_number=False), count, ChartCell(share.says)])
    customers = share_cell(cohort["customer"], leads).says
    figure = Figure(
        title="What has become of the leads of these days (cohort)",
        description=f"Of {number(leads)} leads, {number(cohort['customer'])} have bought so far, {customers}.",
        table=ChartTable(["Stage", "Have come to it", "Of the leads"], rows),
        note="So far: those who came in last have had the least time.",
    )
    return funnel_chart(figure, stages)


def _cohort_table(asked: ReportRequest, cohort: dict[str, int]) -> DataTable:
    leads, opens, everybody = cohort["lead"], people_of(asked), asked.people("lead")
    rows = []
    for goal, name in MILESTONES.items():
        came = opens(reached("lead", goal), "")
        missing = asked.people("lead", goal=goal, reading="cohort", missing="true")
        share = share_cell(cohort[goal], leads, opens=came, opens_whole=everybody)
        rows.append([text_cell(name), count_cell(cohort[goal], came), share, count_cell(leads - cohort[goal], missing)])
    return DataTable(
        name="cohort",
        title="Leads of these days, by cohort",
        about=f"Of the {number(leads)} leads that came in on these days: how many have come so far, on whatever day.",
        columns=[
            TableColumn(heading="What has happened", is_number=False),
            TableColumn(heading="So far"),
            TableColumn(heading="Of the leads", kind=ColumnKind.SHARE, has_interval=True),
            TableColumn(heading="Not yet"),
        ],
        rows=rows if leads else [],
        empty="No lead came in on these days.",
    )


def _stage_table(asked: ReportRequest, stages: list[StageValue]) -> DataTable:
    def opens(column: str, stage: str) -> str:
        return asked.people(column, stage=stage)

    rows = [
        [
            text_cell(STAGE_NAMES[one.stage]),
            count_cell(one.entered, opens("entered", one.stage)),
            count_cell(one.moved_on, opens("moved_on", one.stage)),
            number_cell(one.mean_days, about="Nobody went on in these days."),
            count_cell(one.standing, opens("standing", one.stage)),
            number_cell(one.mean_standing_days, about="Nobody stands here."),
            count_cell(one.stalled, opens("stalled", one.stage)),
        ]
        for one in stages
    ]
    return DataTable(
        name="stages",
        title="Time in stage, by period",
        about="Who came to a stage and who went on to a higher one in these days. Who skips a stage is not in it.",
        columns=[
            TableColumn(heading="Stage", is_number=False),
            TableColumn(heading="Came"),
            TableColumn(heading="Went on"),
            TableColumn(heading="Days until then", kind=ColumnKind.NUMBER, defined=KpiName.TIME_IN_STAGE),
            TableColumn(heading="Stand there at the end"),
            TableColumn(heading="For so many days", kind=ColumnKind.NUMBER),
            TableColumn(heading="Stalled of them", defined=KpiName.STALLED_LEADS),
        ],
        rows=rows if any(one.entered or one.standing for one in stages) else [],
        note=f"Days are means. Stalled: nothing has happened for {duration(asked.playbook.reports.stalled_after)}.",
    )


def _rate_table(asked: ReportRequest, values: list[KpiValue]) -> DataTable:
    found = {(value.kpi, value.reading): value for value in values}
    opens = people_of(asked)

    def cell(kpi: KpiName, reading: Reading) -> TableCell:
        value = found.get((kpi, reading))
        return kpi_cell(value, opens) if value else TableCell(value=None, says="", about="It has no such reading.")

    rows = [
        [
            text_cell(DEFINITIONS[kpi].title, opens=definition_of(kpi)),
            cell(kpi, Reading.PERIOD),
            cell(kpi, Reading.COHORT),
        ]
        for kpi in RATES
    ]
    return DataTable(
        name="rates",
        title="Rates, in both readings",
        about="By period both numbers are of these days. By cohort: what has become so far of those who began in them.",
        columns=[
            TableColumn(heading="Rate", is_number=False),
            TableColumn(heading="By period", kind=ColumnKind.SHARE, has_interval=True),
            TableColumn(heading="By cohort", kind=ColumnKind.SHARE, has_interval=True),
        ],
        rows=rows,
    )


def _stalled_table(connection: Connection, asked: ReportRequest, count: int) -> DataTable:
    number_asked = StageAsked(
        column="stalled",
        stage=ANY,
        zone=asked.zone.key,
        first=asked.period.first,
        last=asked.period.last,
        team_id=asked.team_id,
        known_at=asked.known_at,
    )
    rows = [
        [
            text_cell(
                line.who or "erased",
                opens=f"/contacts/{line.contact_id}" if line.who else "",
                beside=line.company or "",
            ),
            text_cell(line.owner or "nobody"),
            text_cell(source_name(line.source, asked.playbook)),
            day_cell(line.day),
            number_cell(line.value),
        ]
        for line in counted_lines(connection, number_asked, most=MOST_STALLED, skip=0)
    ]
    return DataTable(
        name="stalled",
        title="Stalled leads",
        about=f"The {MOST_STALLED} that came to their stage last." if count > MOST_STALLED else "",
        more=LinkedWords(f"All {number(count)}", asked.people("stalled", stage=ANY)) if count > MOST_STALLED else None,
        columns=[
            TableColumn(heading="Who", is_number=False),
            TableColumn(heading="Owner", is_number=False),
            TableColumn(heading="Source", is_number=False),
            TableColumn(heading="In the stage since", is_number=False),
            TableColumn(heading="Days", kind=ColumnKind.NUMBER),
        ],
        rows=rows,
        empty="No lead is stalled.",
    )
