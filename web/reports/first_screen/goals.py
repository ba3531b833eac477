"""The goals on the first screen: what was to be reached, what was, and how it stands."""

from dataclasses import dataclass

from sqlalchemy import Connection

from models.kpi.definitions import Better, Unit
from models.kpi.definitions.recording import needs
from models.kpi.goals.read import GoalPeriod, GoalReading, read_goals
from models.kpi.goals.status import Status
from models.kpi.period import Period
from models.wording import number
from web.reports.query import ReportRequest

MOST = 8
BEGUN = 0.25
"""A period of which less is gone says nothing yet: the one before is shown."""
TONES = {Status.MET: "good", Status.ON_TRACK: "good", Status.MISSED: "bad", Status.BEHIND: "warn"}
ORDER = (Status.MISSED, Status.BEHIND, Status.ON_TRACK, Status.MET, Status.NO_DATA, Status.NOT_MEASURED)


@dataclass(frozen=True, kw_only=True)
class GoalLine:
    """One goal in its newest period that says something."""

    kpi: str
    title: str
    whose: str
    period: Period
    target: str
    reached: str
    of: str
    """What the value is made of: `67 of 100`."""
    status: Status
    tone: str
    in_words: str
    """What is to be said beside the status: that chance alone may explain it, or what could be the next goal."""
    part: float
    """How far it is reached, from 0 to 1, for a bar."""
    opens: str


def goal_lines(connection: Connection, asked: ReportRequest) -> list[GoalLine]:
    """Those that are missed first."""
    found = read_goals(
        connection,
        asked.today,
        currency=asked.currency,
        team_id=asked.team_id or None,
        known_at=asked.known_at,
    )
    lines = [_line(asked, goal, one) for goal in found if (one := _newest(goal, asked))]
    return sorted(lines, key=lambda line: ORDER.index(line.status))


def _newest(goal: GoalReading, asked: ReportRequest) -> GoalPeriod | None:
    """The newest period that had begun by the last day, and long enough ago to say something."""
    periods = [one for one in goal.periods if one.period.first <= asked.period.last]
    if len(periods) < 2:
        return periods[0] if periods else None
    newest = periods[-1]
    gone = (asked.today - newest.period.first).days / newest.period.days
    return newest if gone >= BEGUN else periods[-2]


def _line(asked: ReportRequest, goal: GoalReading, one: GoalPeriod) -> GoalLine:
    kpi = goal.definition
    days = {"first": one.period.first.isoformat(), "last": min(one.period.last, asked.today).isoformat()}
    return GoalLine(
        kpi=kpi.name.value,
        title=kpi.title,
        whose=goal.whose,
        period=one.period,
        target=goal.written(one.target),
        reached=goal.written(one.reached),
        of=f"{number(one.numerator or 0)} of {number(one.denominator)}"
        if kpi.unit is Unit.SHARE and one.denominator
        else "",
        status=one.status,
        tone=TONES.get(one.status, ""),
        in_words=_in_words(goal, one),
        part=_part(one.reached, one.target, kpi.better),
        opens=asked.link("/reports/goals", **days),
    )


def _in_words(goal: GoalReading, one: GoalPeriod) -> str:
    if one.status is Status.NOT_MEASURED:
        return needs(goal.definition)
    if one.is_chance and one.status in (Status.MISSED, Status.BEHIND):
        return "by no more than chance makes"
    return f"the next goal could be {goal.written(goal.proposed)}" if goal.proposed is not None else ""


def _part(reached: float | None, target: float, better: Better) -> float:
    if reached is None:
        return 0.0
    if better is Better.LOWER:
        return min(1.0, target / reached) if reached > 0 else 1.0
    return max(0.0, min(1.0, reached / target)) if target > 0 else 1.0
