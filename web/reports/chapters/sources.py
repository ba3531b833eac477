"""Sources: what the leads of each become, what they cost, and whether to keep the source."""

from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from models.kpi.contribution.read import RULE, SourceMetrics, SourcesReading, read_sources
from models.kpi.definitions import Reading
from models.kpi.period import Period
from models.kpi.read import read_values, source_name
from models.tables.kpi import Dimension, KpiName
from web.frame.xlsx_response import ColumnKind
from web.reports.chapters.cells import count_cell, money_cell, number_cell, share_cell, text_cell
from web.reports.chapters.chapter import Chapter, DataTable, Note, Part, TableCell, TableColumn
from web.reports.chapters.kpi_table import TableMember, kpi_table
from web.reports.links import people_of
from web.reports.query import ReportRequest

LEAD = (
    "Quality and cost go by whole months, as sources are paid, for all teams together. By cohort: what has become so "
    "far of the leads that came in these months. By period: what happened in these months, whenever the lead came. "
    "What a source cost stands in the playbook under reports, spend, or is imported by ./tend import FILE --kind spend."
)
MOST_FORMS = 20
RATES = (KpiName.LEADS, KpiName.QUALIFIED_SHARE, KpiName.CONNECTION_RATE, KpiName.ORDER_SHARE, KpiName.ENGAGEMENT_RATE)


def sources(connection: Connection, asked: ReportRequest) -> Chapter:
    """The chapter of an address."""
    found = read_sources(connection, asked.question)
    parts: list[Part] = [
        _advice(asked, found),
        _of_months(asked, found, Reading.COHORT),
        _of_months(asked, found, Reading.PERIOD),
        _forms(asked, found),
        _of_days(connection, asked),
    ]
    return Chapter(
        name="sources", title="Sources", lead=LEAD, parts=[*(Note(remark, "warn") for remark in found.remarks), *parts]
    )


def _advice(asked: ReportRequest, found: SourcesReading) -> DataTable:
    rows = [
        [
            text_cell(source_name(line.source, asked.playbook)),
            text_cell(line.advice.action.value),
            text_cell(line.advice.reason),
            share_cell(line.cohort.customers, line.cohort.leads),
            money_cell(line.period.cost_per_order, found.currency),
        ]
        for line in found.lines
    ]
    return DataTable(
        name="advice",
        title="Keep or cut",
        about=f"{found.months}. {RULE}",
        columns=[
            TableColumn(heading="Source", is_number=False),
            TableColumn(heading="What to do", is_number=False),
            TableColumn(heading="Why", is_number=False),
            TableColumn(heading="Leads that became customers, by cohort", kind=ColumnKind.SHARE, has_interval=True),
            TableColumn(heading=f"Cost per order, by period, {found.currency}", kind=ColumnKind.MONEY),
        ],
        rows=rows,
        empty="No lead came in these months, and nothing was spent.",
    )


def _nobody(_: str) -> str:
    return ""


def _opens(asked: ReportRequest, months: Period, reading: Reading, source: str | None) -> Callable[[str], str]:
    """Measure -> the people behind it, in whole months and whatever their team; further orders have no cohort."""
    about: dict[str, str | None] = {"first": months.first.isoformat(), "last": months.last.isoformat(), "team": None}
    if source is not None:
        about |= {"dimension": "source", "member": source}

    def address(measure: str) -> str:
        if reading is Reading.PERIOD or measure == "lead":
            return asked.people(measure, **about)
        return "" if measure == "sale" else asked.people("lead", goal=measure, reading="cohort", **about)

    return address


def _of_months(asked: ReportRequest, found: SourcesReading, reading: Reading) -> DataTable:
    def metrics(one: object) -> SourceMetrics:
        chosen: SourceMetrics = getattr(one, reading.value)
        return chosen

    rows = [
        [
            text_cell(source_name(line.source, asked.playbook)),
            *_metric_cells(metrics(line), found.currency, _opens(asked, found.months, reading, line.source)),
        ]
        for line in found.lines
    ]
    everybody = _opens(asked, found.months, reading, None)
    total = [text_cell("All sources"), *_metric_cells(metrics(found), found.currency, everybody)]
    words = {
        Reading.COHORT: "What has become so far of the leads that came in",
        Reading.PERIOD: "What happened, whenever the lead came, in",
    }
    return DataTable(
        name=reading.value,
        title=f"Sources, by {reading.value}",
        about=f"{words[reading]} {found.months}.",
        columns=[TableColumn(heading="Source", is_number=False), *_metric_columns(found.currency)],
        rows=[*rows, total] if rows else [],
        is_folded=reading is Reading.PERIOD,
    )


def _forms(asked: ReportRequest, found: SourcesReading) -> DataTable:
    rows = [
        [
            text_cell(form.form or "no form"),
            text_cell(source_name(line.source, asked.playbook)),
            *_metric_cells(form.cohort, found.currency),
        ]
        for line in found.lines
        for form in line.forms
    ]
    return DataTable(
        name="forms",
        title="Forms, by cohort",
        about=f"By which form the leads of {found.months} came in, and what has become of them so far.",
        columns=[
            TableColumn(heading="Form", is_number=False),
            TableColumn(heading="Source", is_number=False),
            *_metric_columns(found.currency),
        ],
        rows=rows,
        most=MOST_FORMS,
        is_folded=True,
    )


def _metric_columns(currency: str) -> Sequence[TableColumn]:
    money = f", {currency}" if currency else ""
    return [
        TableColumn(heading="Leads"),
        *(
            TableColumn(heading=heading, kind=ColumnKind.SHARE, has_interval=True)
            for heading in ("Sales qualified", "Talked", "Customers")
        ),
        TableColumn(heading="Orders"),
        *(
            TableColumn(heading=f"{heading}{money}", kind=ColumnKind.MONEY)
            for heading in ("Revenue", "Spend", "Per lead", "Per qualified lead", "Per order")
        ),
        TableColumn(heading="Revenue by spend", kind=ColumnKind.NUMBER),
    ]


def _metric_cells(one: SourceMetrics, currency: str, opens: Callable[[str], str] = _nobody) -> list[TableCell]:
    costs = (one.spend, one.cost_per_lead, one.cost_per_qualified, one.cost_per_order)
    brought = one.return_on_spend
    shares = (("sql", one.qualified_share), ("connected", one.connected_share), ("customer", one.customer_share))
    return [
        count_cell(one.leads, opens("lead")),
        *(
            share_cell(share.count, share.of, opens=opens(measure), opens_whole=opens("lead"))
            for measure, share in shares
        ),
        count_cell(one.orders, opens("sale")),
        money_cell(one.revenue, currency),
        *(money_cell(cost, currency) for cost in costs),
        number_cell(None if brought is None else float(brought), about="Nobody said what it cost."),
    ]


def _of_days(connection: Connection, asked: ReportRequest) -> DataTable:
    values = read_values(connection, asked.question, Dimension.SOURCE, kpis=RATES)
    members = [
        TableMember(
            key=source,
            cells=[text_cell(source_name(source, asked.playbook))],
            opens=people_of(asked, Dimension.SOURCE, source),
        )
        for source in sorted({value.member for value in values})
    ]
    table = DataTable(
        name="days",
        title="Sources in these days",
        about="Of the team and the days that are chosen above.",
        columns=[TableColumn(heading="Source", is_number=False)],
        rows=[],
        is_folded=True,
    )
    return kpi_table(table, members, values, RATES)
