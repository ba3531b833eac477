"""What the morning and weekly mails show: goals, trends, funnel, people, sources, what to do; all of it as it reads."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Connection, text

from models.kpi.definitions import DEFINITIONS, Reading, Unit
from models.kpi.diagnosis.read import Finding, read_findings
from models.kpi.goals import GoalReading, Status, read_goals
from models.kpi.goals.periods import period_name
from models.kpi.period import Period
from models.kpi.read import KpiValue, Question, member_names, name_of, question_of, read_series, read_values
from models.kpi.read.change import change
from models.kpi.read.written import written, written_money
from models.playbook import Playbook
from models.tables.kpi import Dimension, KpiName
from models.wording import DASH, full_date, number

HEADLINES = (
    KpiName.LEADS,
    KpiName.FOLLOW_UP_SHARE,
    KpiName.RESPONSE_TIME,
    KpiName.CONNECTION_RATE,
    KpiName.CLOSING_RATE,
    KpiName.ORDERS,
    KpiName.REVENUE,
)
FUNNEL = (KpiName.MQL_SHARE, KpiName.QUALIFIED_SHARE, KpiName.ORDER_SHARE)
OF_PEOPLE = (KpiName.LEADS, KpiName.FOLLOW_UP_SHARE, KpiName.CONNECTIONS, KpiName.ORDERS)
OF_SOURCES = (KpiName.LEADS, KpiName.QUALIFIED_SHARE, KpiName.ORDERS)
WEEKS_OF_CHARTS = 10
MOST_LINES = 10
MOST_FINDINGS = 3
TONES = {Status.MET: "good", Status.ON_TRACK: "good", Status.MISSED: "late", Status.BEHIND: "warn"}
Data = dict[str, Any]


@dataclass(frozen=True)
class Scope:
    """Whose numbers a mail shows, and who gets it."""

    team_id: int
    """0: everybody's."""
    team: str
    """Empty: everybody's."""
    address: str

    def path(self, page: str, period: Period) -> str:
        """The address of a page of the reports about the same."""
        about = {"from": period.first.isoformat(), "to": period.last.isoformat()}
        return f"{page}?{urlencode(about | ({'team': self.team} if self.team else {}))}"


FIRST_COUNTED = text("""
-- The first day of which anything is known: weeks before it say nothing, not zero.
SELECT min(day) FROM kpi_daily WHERE dimension = 'all' AND team_id = 0
""")


def numbers_data(connection: Connection, playbook: Playbook, scope: Scope, period: Period) -> Data:
    """The data of the template team/numbers."""
    question = question_of(connection, period, scope.team_id)
    today = period.last + timedelta(days=1)
    goals = read_goals(connection, today, currency=playbook.report_currency, team_id=scope.team_id or None)
    return {
        "whose": scope.team or "all teams",
        "period": str(period),
        "path": scope.path("/reports", period),
        "numbers": headline_lines(connection, playbook, question, question.period.before),
        "goals": [_goal_line(until) for goal in goals if (until := goal.until(period.last))],
        "goals_path": scope.path("/reports/goals", period),
        "charts": _charts(connection, question),
        "funnel": _funnel(connection, question),
        "people": _lines(connection, playbook, question, Dimension.PERSON, OF_PEOPLE),
        "people_columns": [DEFINITIONS[kpi].title for kpi in OF_PEOPLE],
        "people_path": scope.path("/reports/people", period),
        "sources": _lines(connection, playbook, question, Dimension.SOURCE, OF_SOURCES),
        "source_columns": [DEFINITIONS[kpi].title for kpi in OF_SOURCES],
        "sources_path": scope.path("/reports/sources", period),
        "findings": finding_lines(read_findings(connection, question)),
    }


def headline_lines(connection: Connection, playbook: Playbook, question: Question, before: Period) -> list[Data]:
    """The main KPIs in their main reading, each beside another period."""
    beside = replace(question, period=before)
    now = _main(read_values(connection, question, kpis=HEADLINES), playbook.report_currency)
    earlier = _main(read_values(connection, beside, kpis=HEADLINES), playbook.report_currency)
    lines = []
    for value in now.values():
        same = earlier.get((value.kpi, value.currency))
        differs = change(value, same) if same else None
        lines.append(
            {
                "title": value.definition.title,
                "value": written(value),
                "of": _of(value),
                "change": differs.says if differs else "",
                "before": written(same) if same else DASH,
                "tone": {"good": "good", "bad": "late"}.get(differs.tone, "") if differs else "",
                "is_small": value.is_small,
            }
        )
    return lines


def finding_lines(findings: Iterable[Finding]) -> list[Data]:
    """What to do: the causes that cost most."""
    return [
        {
            "title": found.title,
            "sentence": found.sentence,
            "advice": found.advice,
            "path": found.link,
            "worth": _worth(found),
        }
        for found in list(findings)[:MOST_FINDINGS]
    ]


def _worth(found: Finding) -> str:
    parts = [] if found.orders_a_month is None else [f"about {number(round(found.orders_a_month, 1))} orders a month"]
    if found.revenue_a_month is not None:
        parts.append(written_money(float(found.revenue_a_month), found.currency))
    return ", ".join(parts)


def _main(values: Iterable[KpiValue], currency: str) -> dict[tuple[KpiName, str], KpiValue]:
    """By KPI and currency, the main reading; that of the reports' currency first."""
    main = [value for value in values if value.reading is value.definition.main_reading]
    main.sort(key=lambda value: (HEADLINES.index(value.kpi), value.currency != currency))
    return {(value.kpi, value.currency): value for value in main}


def _of(value: KpiValue) -> str:
    if value.unit is not Unit.SHARE or not value.denominator:
        return ""
    return f"{number(value.numerator or 0)} of {number(value.denominator)}"


def _goal_line(goal: GoalReading) -> Data:
    one = goal.now
    return {
        "title": goal.definition.title,
        "whose": goal.whose,
        "period": period_name(one.period),
        "target": goal.written(one.target),
        "reached": goal.written(one.reached),
        "status": goal.in_words(one),
        "tone": TONES.get(one.status, ""),
    }


def _charts(connection: Connection, question: Question) -> list[Data]:
    """Leads and orders by week, up to the end of the period."""
    last = question.period.last
    begun = connection.execute(FIRST_COUNTED).scalar_one() or last
    if begun > last:
        return []
    earliest = last - timedelta(days=last.weekday(), weeks=WEEKS_OF_CHARTS - 1)
    first = max(earliest, begun - timedelta(days=begun.weekday()))
    weeks = replace(question, period=Period(first, last))
    charts = []
    for kpi in (KpiName.LEADS, KpiName.ORDERS):
        series = [value for value in read_series(connection, weeks, kpi, "week") if value.reading is Reading.PERIOD]
        values = [round(value.value or 0) for value in series]
        if any(values):
            charts.append(_chart(DEFINITIONS[kpi].title, [value.begin for value in series], values, last))
    return charts


def _chart(title: str, begins: Sequence[date | None], values: Sequence[int], last: date) -> Data:
    # Without the year.
    labels = [full_date(begin)[:-5] if begin else "" for begin in begins]
    newest = begins[-1]
    is_over = newest is not None and newest + timedelta(days=6) <= last
    return {
        "title": f"{title} by week",
        "words": (
            f"{number(values[-1])} in the week of {full_date(newest) if newest else ''}"
            f"{'' if is_over else ' so far'}{_before(values[:-1])}."
        ),
        "points": {"labels": labels, "values": list(values), "expected": 0 if is_over else 1},
    }


def _before(values: Sequence[int]) -> str:
    if not values:
        return ", the first one"
    mean = number(round(sum(values) / len(values), 1))
    return f"; {mean} a week in the {len(values)} before: {', '.join(number(value) for value in values)}"


def _funnel(connection: Connection, question: Question) -> Data:
    """What has become so far of the leads of the period."""
    values = read_values(connection, question, kpis=(KpiName.LEADS, *FUNNEL))
    cohort = {value.kpi: value for value in values if value.reading is Reading.COHORT}
    leads = next((value.value or 0 for value in values if value.kpi is KpiName.LEADS), 0)
    stages = {
        KpiName.MQL_SHARE: "became marketing qualified",
        KpiName.QUALIFIED_SHARE: "became sales qualified",
        KpiName.ORDER_SHARE: "ordered",
    }
    return {
        "leads": number(leads),
        "stages": [
            {"count": number(cohort[kpi].numerator or 0), "says": says, "share": written(cohort[kpi])}
            for kpi, says in stages.items()
            if kpi in cohort and leads
        ],
    }


def _lines(
    connection: Connection, playbook: Playbook, question: Question, dimension: Dimension, kpis: Sequence[KpiName]
) -> list[Data]:
    """A line for each member with anything in the period: the one with the most orders first, then leads."""
    names = member_names(connection, dimension, playbook)
    found: dict[str, dict[KpiName, KpiValue]] = defaultdict(dict)
    for value in read_values(connection, question, dimension, kpis=kpis):
        if value.reading is value.definition.main_reading:
            found[value.member][value.kpi] = value
    members = [member for member, values in found.items() if any(value.numerator for value in values.values())]
    members.sort(key=lambda member: [-(found[member][kpi].value or 0) for kpi in (kpis[-1], kpis[0])])
    return [
        {
            "name": name_of(member, dimension, names),
            "values": [written(found[member][kpi]) if kpi in found[member] else DASH for kpi in kpis],
        }
        for member in members[:MOST_LINES]
    ]
