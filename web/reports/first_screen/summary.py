"""The first screen of the reports, to be read in a minute: how it goes, who and what it comes from, what to do."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from models.database import engine
from models.kpi.definitions import DEFINITIONS
from models.kpi.diagnosis.read import Finding, read_findings
from models.kpi.period import Period
from web.charts import FunnelChart, TrendChart
from web.frame.login import require_ops
from web.reports.first_screen.forecast import ForecastInShort, read_forecast_in_short
from web.reports.first_screen.funnel import draw_funnel, read_counts
from web.reports.first_screen.goals import MOST as MOST_GOALS
from web.reports.first_screen.goals import GoalLine, goal_lines
from web.reports.first_screen.headlines import Headline, period_before, read_headlines
from web.reports.first_screen.members import MemberTable, read_people, read_sources
from web.reports.first_screen.sales_maths import MathsLine, maths_lines
from web.reports.first_screen.trends import read_trends
from web.reports.frame import report_page
from web.reports.query import ReportAddress, ReportRequest, read_request

MOST_FINDINGS = 5

router = APIRouter(dependencies=[Depends(require_ops)])


@dataclass(frozen=True, kw_only=True)
class Summary:
    """All that stands on the first screen."""

    before: Period | None
    """What is compared with; None where not all of it was counted."""
    goals: list[GoalLine]
    headlines: list[Headline]
    trends: list[TrendChart]
    funnel: FunnelChart | None
    findings: list[Finding]
    """Those worth most."""
    maths: list[MathsLine]
    people: MemberTable
    sources: MemberTable
    forecast: ForecastInShort


@router.get("/reports")
def show_summary(request: Request, address: Annotated[ReportAddress, Query()]) -> Response:
    """The numbers of the last 30 days, or of those that are asked for."""
    with engine().connect() as connection:
        asked = read_request(connection, address, datetime.now(UTC))
        summary = read_summary(connection, asked) if asked.run else None
    return report_page(
        request, "reports/summary.html", asked, summary=summary, most_goals=MOST_GOALS, defined=DEFINITIONS
    )


def read_summary(connection: Connection, asked: ReportRequest) -> Summary:
    """Read the whole of it from the KPI tables."""
    return Summary(
        before=period_before(asked),
        goals=goal_lines(connection, asked),
        headlines=read_headlines(connection, asked),
        trends=read_trends(connection, asked),
        funnel=draw_funnel(asked, read_counts(connection, asked.question)),
        findings=read_findings(connection, asked.question)[:MOST_FINDINGS],
        maths=maths_lines(connection, asked),
        people=read_people(connection, asked),
        sources=read_sources(connection, asked),
        forecast=read_forecast_in_short(connection, asked),
    )
