"""The review of a month: goals and stricter ones, trends since the beginning, causes, and what is expected."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.kpi.diagnosis.read import Finding, read_findings
from models.kpi.forecast import Forecast, ForecastMonth, read_forecast
from models.kpi.forecast.rows import months_from
from models.kpi.goals import GoalReading, read_goals
from models.kpi.goals.periods import period_name
from models.kpi.mails.numbers import TONES, Scope, finding_lines, headline_lines
from models.kpi.period import Period, first_whole_month
from models.kpi.read import Question, question_of, read_series, written_number
from models.kpi.versions import as_known
from models.playbook import Playbook
from models.tables.kpi import KpiName, Unit
from models.wording import month as month_name
from models.wording import number

FIRST_DAY = "SELECT min(day) FROM kpi_daily WHERE dimension = 'all' AND team_id = :team AND {known}"

MONTHS_BACK, MONTHS_AHEAD = 6, 3
Data = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Review:
    """One month, looked back at. The page and the mail show the same."""

    period: Period
    goals: Sequence[GoalReading]
    """Each in the periods that were over when the month was: a week that goes on into the next month is not in it."""
    baseline: Period | None
    """The first whole month of which there are data; None where that is this one or later."""
    beside_before: Sequence[Data]
    """The main KPIs beside the month before, a line each: title, value, of, change, before, tone, is_small."""
    beside_baseline: Sequence[Data]
    findings: Sequence[Finding]
    forecasts: Sequence[Forecast]

    @property
    def proposals(self) -> list[GoalReading]:
        """The goals of which a stricter one is proposed."""
        return [goal for goal in self.goals if goal.proposed is not None]


def read_review(
    connection: Connection, playbook: Playbook, period: Period, team_id: int = 0, known_at: datetime | None = None
) -> Review:
    """The review of a whole month, of everybody or one team; as known at a moment in the past, or now."""
    question = question_of(connection, period, team_id, known_at)
    currency = playbook.report_currency
    after = period.last + timedelta(days=1)
    goals = read_goals(connection, after, currency=currency, team_id=team_id or None, known_at=known_at)
    baseline = _baseline(connection, question)
    return Review(
        period=period,
        goals=[over for goal in goals if (over := goal.over_by(period.last))],
        baseline=baseline,
        beside_before=headline_lines(connection, playbook, question, period.before),
        beside_baseline=headline_lines(connection, playbook, question, baseline) if baseline else [],
        findings=read_findings(connection, question),
        forecasts=read_forecast(connection, team_id, known_at),
    )


def review_data(connection: Connection, playbook: Playbook, scope: Scope, period: Period) -> Data:
    """The data of the template team/review."""
    found = read_review(connection, playbook, period, scope.team_id)
    forecast = found.forecasts[0] if found.forecasts else None
    return {
        "whose": scope.team or "all teams",
        "month": month_name(period.first),
        "path": scope.path("/reports/review", period),
        "goals_path": scope.path("/reports/goals", period),
        "goals": [_goal_data(goal) for goal in found.goals],
        "met": sum(goal.now.status == "met" for goal in found.goals),
        "proposals": [_proposal_data(goal) for goal in found.proposals],
        "numbers": list(found.beside_before),
        "baseline": month_name(found.baseline.first) if found.baseline else "",
        "trends": list(found.beside_baseline),
        "findings": finding_lines(found.findings),
        "forecast": _forecast_data(connection, scope, period, forecast) if forecast else {},
        "forecast_path": scope.path("/reports/forecast", period),
    }


def _baseline(connection: Connection, question: Question) -> Period | None:
    statement = text(FIRST_DAY.format(known=as_known(question.known_at)))
    first = connection.execute(statement, {"team": question.team_id, "known_at": question.known_at}).scalar()
    if first is None:
        return None
    month = first_whole_month(first)
    return month if month.last < question.period.first else None


def _goal_data(goal: GoalReading) -> Data:
    last = goal.now
    return {
        "title": goal.definition.title,
        "whose": goal.whose,
        "period": period_name(last.period),
        "target": goal.written(last.target),
        "reached": goal.written(last.reached),
        "status": goal.in_words(last),
        "tone": TONES.get(last.status, ""),
        "trend": goal.trend_in_words(),
    }


def _proposal_data(goal: GoalReading) -> Data:
    return {
        "title": f"{goal.definition.title}, {goal.whose}",
        "target": goal.written(goal.proposed),
        "says": goal.proposal_in_words(),
        "line": goal.playbook_line(),
    }


def _forecast_data(connection: Connection, scope: Scope, period: Period, forecast: Forecast) -> Data:
    ahead = [month for month in forecast.months if month.orders is not None][:MONTHS_AHEAD]
    if not ahead:
        return {"reason": next((month.reason for month in forecast.months), ""), "months": [], "points": {}}
    return {
        "reason": "",
        "months": [_month_data(month, forecast.currency) for month in ahead],
        "accuracy": forecast.accuracy_in_words() if forecast.tested else "",
        "points": _points(connection, scope, period, ahead),
    }


def _month_data(month: ForecastMonth, currency: str) -> Data:
    money = "" if month.revenue is None else written_number(float(month.revenue), Unit.MONEY, currency)
    return {
        "month": month_name(month.month),
        "orders": number(round(month.orders or 0, 1)),
        "range": f"{number(round(month.orders_low or 0))} to {number(round(month.orders_high or 0))}",
        "revenue": money,
    }


def _points(connection: Connection, scope: Scope, period: Period, ahead: Sequence[ForecastMonth]) -> Data:
    """The months that came, and those that are expected with their ranges."""
    first = months_from(period.last + timedelta(days=1), -MONTHS_BACK)[0].begin
    question = question_of(connection, Period(first, period.last), scope.team_id)
    came = [value for value in read_series(connection, question, KpiName.ORDERS, "month") if value.begin]
    while came and not came[0].value:
        came.pop(0)
    begins = [value.begin for value in came] + [month.month for month in ahead]
    return {
        "labels": [month_name(begin)[:3] for begin in begins if begin],
        "values": [value.value or 0 for value in came] + [month.orders for month in ahead],
        "low": [None] * len(came) + [month.orders_low for month in ahead],
        "high": [None] * len(came) + [month.orders_high for month in ahead],
        "expected": len(ahead),
    }
