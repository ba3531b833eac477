"""Addresses of the people behind numbers."""

from collections.abc import Callable

from models.kpi.definitions.kpi import Term
from models.kpi.people.stages import ANY, COLUMNS
from models.tables.kpi import Dimension
from web.reports.query import ReportRequest

AFTER = ("after", "days")
"""Columns of cohorts that leave out who came to the goal before they began."""


def people_of(
    asked: ReportRequest, dimension: Dimension = Dimension.ALL, member: str = "", *, team: str | None = ""
) -> Callable[[Term, str], str]:
    """Term and currency -> the address of those whom it counts: of everybody, or of one member; `team` names another
    team than the one that is asked for. Empty for what is no list of people.
    """
    about: dict[str, str | None] = (
        {} if dimension is Dimension.ALL else {"dimension": dimension.value, "member": member}
    )
    if team != "":
        about["team"] = team

    def address(term: Term, currency: str = "") -> str:
        match term.table:
            case "kpi_daily":
                return asked.people(term.name, **about, currency=currency)
            case "kpi_cohort":
                reading = "cohort" if term.dated == "begin" else "period"
                after = "true" if term.column in AFTER else None
                return asked.people(term.name, goal=term.goal, reading=reading, after=after, **about)
            case "kpi_funnel" if term.column in COLUMNS:
                return asked.people(term.column, stage=ANY, **about)
        return ""

    return address
