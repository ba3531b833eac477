"""Definitions: what each KPI means, how it is counted, and what its measures are."""

from collections.abc import Sequence

from sqlalchemy import Connection

from models.kpi.definitions import CHAPTERS, KPIS, Kpi
from models.kpi.definitions.recording import needs
from models.kpi.measures import MEASURES
from web.reports.chapters.cells import text_cell
from web.reports.chapters.chapter import Chapter, DataTable, Definitions, TableColumn
from web.reports.query import ReportRequest

LEAD = (
    "Each KPI is defined once; pages, mails, downloads and views take its words and numbers from here. By period: what "
    "happened in the days. By cohort: what has become so far of those who began in the days."
)
HEADINGS = ("KPI", "Name", "Definition", "Formula", "Unit", "Date basis", "Example", "Edge cases", "Source")


def definitions(_connection: Connection, _asked: ReportRequest) -> Chapter:
    """The chapter of an address."""
    parts = [Definitions(name, kpis) for name, kpis in CHAPTERS.items()]
    return Chapter(
        name="definitions",
        title="Definitions",
        lead=LEAD,
        parts=[*parts, _measures(), _kpis(KPIS)],
    )


def _measures() -> DataTable:
    rows = [[text_cell(one.name), text_cell(one.about), text_cell(one.value)] for one in MEASURES]
    return DataTable(
        name="measures",
        title="Measures",
        about="What is counted each day, in the table kpi_daily; KPIs are made of these.",
        columns=_columns("Measure", "One of it", "Its value"),
        rows=rows,
        is_folded=True,
    )


def _kpis(kpis: Sequence[Kpi]) -> DataTable:
    rows = [
        [
            *map(text_cell, (kpi.title, kpi.name.value, kpi.definition, kpi.formula, kpi.unit.value)),
            text_cell(" ".join(f"{reading}: {how.basis}." for reading, how in kpi.readings().items())),
            *map(text_cell, (kpi.example.words, " ".join((*kpi.edge_cases, needs(kpi))).strip(), kpi.source)),
        ]
        for kpi in kpis
    ]
    return DataTable(
        name="kpis",
        title="KPIs",
        columns=_columns(
            "KPI", "Name", "Definition", "Formula", "Unit", "Date basis", "Example", "Edge cases", "Source"
        ),
        rows=rows,
        is_download=True,
    )


def _columns(*headings: str) -> list[TableColumn]:
    return [TableColumn(heading=heading, is_number=False) for heading in headings]
