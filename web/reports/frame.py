"""What all pages of the reports have in common: the chapters, the days and teams to choose, how old the numbers are."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse

from models.kpi.period import presets
from web.frame.pages import page
from web.reports.query import ReportRequest

CHAPTERS = (
    ("/reports", "Summary"),
    ("/reports/funnel", "Funnel"),
    ("/reports/people", "People"),
    ("/reports/response", "Response"),
    ("/follow-up", "Follow-up"),
    ("/reports/time-to-buy", "Time to buy"),
    ("/reports/mails", "Mails"),
    ("/reports/journeys", "Journeys"),
    ("/reports/sources", "Sources"),
    ("/reports/fields", "Fields"),
    ("/reports/forecast", "Forecast"),
    ("/reports/goals", "Goals"),
    ("/reports/review", "Review"),
    ("/reports/definitions", "Definitions"),
    ("/reports/runs", "Runs"),
)
"""Path -> what it is called."""
NOTHING: Mapping[str, str] = MappingProxyType({})
PERIODS_IN_SIGHT = 5
"""So many are offered at once, the others below the form with dates."""


@dataclass(frozen=True)
class Choice:
    """A link to the same page with something else chosen."""

    says: str
    address: str
    is_chosen: bool


def report_page(
    request: Request, template: str, asked: ReportRequest, *, kept: Mapping[str, str] = NOTHING, **context: Any
) -> HTMLResponse:
    """A page of the reports; its template extends reports/base.html and fills the blocks title and chapter.

    `kept` is what its address says beside the days, the team and the day as known on: links to other ones of these keep
    it. Where no run of the report was done yet, the page says so in place of the chapter.
    """
    path = request.url.path
    periods = _periods(asked, path, kept)
    return page(
        request,
        template,
        asked=asked,
        chapters=chapter_choices(path, asked.link),
        period_choices=periods[:PERIODS_IN_SIGHT],
        other_period_choices=periods[PERIODS_IN_SIGHT:],
        team_choices=_teams(asked, path, kept),
        path=path,
        kept=kept,
        zone=asked.playbook.company.time_zone,
        **context,
    )


def chapter_choices(path: str, link: Callable[[str], str]) -> list[Choice]:
    """The chapters, as links from the page at `path`; `link` makes the address of each."""
    return [Choice(says, link(chapter), chapter == path) for chapter, says in CHAPTERS]


def _periods(asked: ReportRequest, path: str, kept: Mapping[str, str]) -> list[Choice]:
    offered = presets(asked.today).items()
    return [Choice(name, asked.within(period).link(path, **kept), period == asked.period) for name, period in offered]


def _teams(asked: ReportRequest, path: str, kept: Mapping[str, str]) -> list[Choice]:
    everybody = Choice("All teams", asked.link(path, **kept, team=None), asked.team is None)
    return [
        everybody,
        *(Choice(team.name, asked.link(path, **kept, team=team.name), team == asked.team) for team in asked.teams),
    ]
