"""The funnel of the first screen: what became of the leads of these days, beside what happened in them."""

from dataclasses import dataclass

from sqlalchemy import Connection

from models.kpi.definitions.kpi import Term, counted, reached
from models.kpi.read import Question
from models.kpi.read.sums import Cut, read_sums
from models.kpi.read.written import written_share
from models.wording import number
from web.charts import ChartCell, ChartTable, Figure, FunnelChart, FunnelStage, funnel_chart
from web.reports.links import people_of
from web.reports.query import ReportRequest

STAGES = (
    ("lead", "Leads", "came in"),
    ("mql", "Marketing qualified", "became marketing qualified"),
    ("sql", "Sales qualified", "became sales qualified"),
    ("opportunity", "Opportunities", "became opportunities"),
    ("connected", "Talked with us", "talked with us"),
    ("customer", "Customers", "bought"),
)
"""Measure, what the stage is called, and what happened."""


@dataclass(frozen=True)
class FunnelCounts:
    """By measure: of the leads that came in these days how many came so far, and how many came so far in these days."""

    cohort: dict[str, int]
    period: dict[str, int]


def read_counts(connection: Connection, question: Question) -> FunnelCounts:
    """Both readings of every stage."""
    terms = [term for measure, _, _ in STAGES for term in (counted(measure), cohort_term(measure))]
    sums: dict[Term, int] = {}
    for found in read_sums(connection, question, terms, Cut()).values():
        for term, count in found.items():
            sums[term] = sums.get(term, 0) + int(count)
    return FunnelCounts(
        cohort={measure: sums.get(cohort_term(measure), 0) for measure, _, _ in STAGES},
        period={measure: sums.get(counted(measure), 0) for measure, _, _ in STAGES},
    )


def cohort_term(measure: str) -> Term:
    """Of the leads of these days, those who came so far."""
    return counted("lead") if measure == "lead" else reached("lead", measure)


def draw_funnel(asked: ReportRequest, counts: FunnelCounts) -> FunnelChart | None:
    """The cohort as a picture, both readings as its table."""
    leads = counts.cohort["lead"]
    stages = [
        FunnelStage(
            name,
            counts.cohort[measure],
            number(counts.cohort[measure]),
            f"{written_share(counts.cohort[measure] / leads)} of leads" if leads and measure != "lead" else "",
        )
        for measure, name, _ in STAGES
    ]
    people = people_of(asked)
    rows = [
        [
            ChartCell(name, is_number=False),
            ChartCell(number(counts.cohort[measure]), people(cohort_term(measure), "")),
            ChartCell(number(counts.period[measure]), people(counted(measure), "")),
        ]
        for measure, name, _ in STAGES
    ]
    became = ", ".join(f"{number(counts.cohort[measure])} {what}" for measure, _, what in STAGES)
    figure = Figure(
        title="What became of the leads of these days",
        description=f"Of the leads that came in these days: {became}, so far.",
        table=ChartTable(["Stage", "Of these leads, so far", "In these days, of all"], rows),
        note="By cohort: leads that came in these days, wherever they stand now. The table has both readings.",
    )
    return funnel_chart(figure, stages)
