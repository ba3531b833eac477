"""The goals on the first screen: what was to be reached, what was, and how it stands."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, RowMapping, text

from models.kpi.definitions import DEFINITIONS, Better, Unit
from models.kpi.read.written import written_number
from models.kpi.versions import as_known
from models.tables.kpi import KpiName
from models.wording import number
from web.reports.query import ReportRequest

MOST = 8
EVERYBODY = "Everybody"

GOALS = """
-- Of each goal its newest period that had begun by the last day.
SELECT DISTINCT ON (goal.kpi, goal.team_id, goal.rep_id, goal.last_day - goal.first_day > 20)
       goal.*, team.name AS team, rep.name AS person
FROM kpi_goal goal LEFT JOIN team ON team.id = goal.team_id LEFT JOIN rep ON rep.id = goal.rep_id
WHERE goal.first_day <= :last AND goal.last_day >= :first AND {known}
  AND (:team_id = 0 OR goal.team_id = :team_id)
ORDER BY goal.kpi, goal.team_id, goal.rep_id, goal.last_day - goal.first_day > 20, goal.last_day DESC
"""
TONES = {"met": "good", "on track": "good", "missed": "bad", "behind": "warn"}
ORDER = ("missed", "behind", "on track", "met")


@dataclass(frozen=True, kw_only=True)
class GoalLine:
    """One goal in its newest period."""

    kpi: str
    title: str
    whose: str
    first: date
    last: date
    target: str
    reached: str
    of: str
    """What the value is made of: `67 of 100`."""
    status: str
    tone: str
    is_chance: bool
    part: float
    """How far it is reached, from 0 to 1, for a bar."""
    proposed: str
    opens: str


def read_goals(connection: Connection, asked: ReportRequest) -> list[GoalLine]:
    """Those that miss first."""
    statement = text(GOALS.format(known=as_known(asked.known_at, "goal")))
    values = {"first": asked.period.first, "last": asked.period.last, "team_id": asked.team_id}
    if asked.known_at:
        values["known_at"] = asked.known_at
    lines = [_line(asked, row) for row in connection.execute(statement, values).mappings() if row["kpi"] in DEFINITIONS]
    return sorted(lines, key=lambda line: ORDER.index(line.status) if line.status in ORDER else len(ORDER))


def _line(asked: ReportRequest, row: RowMapping) -> GoalLine:
    kpi = DEFINITIONS[KpiName(row["kpi"])]
    currency = asked.playbook.reports.currency or asked.playbook.orders.currency
    days = {"first": row["first_day"].isoformat(), "last": min(row["last_day"], asked.today).isoformat()}
    return GoalLine(
        kpi=kpi.name.value,
        title=kpi.title,
        whose=row["person"] or row["team"] or EVERYBODY,
        first=row["first_day"],
        last=row["last_day"],
        target=written_number(row["target"], kpi.unit, currency),
        reached=written_number(row["reached"], kpi.unit, currency),
        of=f"{row['numerator']:,.0f} of {row['denominator']:,.0f}"
        if kpi.unit == "share" and row["denominator"]
        else "",
        status=row["status"],
        tone=TONES.get(row["status"], ""),
        is_chance=row["is_chance"],
        part=_part(row["reached"], row["target"], kpi.better),
        proposed=written_number(row["proposed"], kpi.unit, currency) if row["proposed"] is not None else "",
        opens=asked.link("/reports/goals", **days),
    )


def _of(row: RowMapping, unit: Unit) -> str:
    if unit is not Unit.SHARE or not row["denominator"]:
        return ""
    return f"{number(row['numerator'])} of {number(row['denominator'])}"


def _part(reached: float | None, target: float, better: Better) -> float:
    if reached is None:
        return 0.0
    if better is Better.LOWER:
        return min(1.0, target / reached) if reached > 0 else 1.0
    return max(0.0, min(1.0, reached / target)) if target > 0 else 1.0
