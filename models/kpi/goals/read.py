"""Reading the goals: how each stands, its past, and the stricter one that is proposed."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from models.kpi.definitions import DEFINITIONS, Kpi
from models.kpi.goals.periods import Per, per_of
from models.kpi.goals.proposal import PERIODS
from models.kpi.goals.status import Status
from models.kpi.period import Period
from models.kpi.read import written_number
from models.kpi.versions import as_known
from models.playbook.goal_target import write_target
from models.tables.kpi import KpiName
from models.wording import counted, percent

PLURAL = {"week": "weeks", "month": "months", "quarter": "quarters"}


@dataclass(frozen=True, kw_only=True)
class GoalPeriod:
    """One goal in one period."""

    period: Period
    target: float
    reached: float | None
    numerator: float | None
    denominator: float | None
    status: Status
    is_chance: bool
    proposed: float | None


@dataclass(frozen=True, kw_only=True)
class GoalReading:
    """One goal with all its periods, the oldest first; the last one is running, unless nothing was counted since."""

    kpi: KpiName
    per: Per
    team_id: int
    rep_id: int
    whose: str
    """A team, a person, or Everybody."""
    team: str
    email: str
    currency: str
    periods: Sequence[GoalPeriod]
    is_running: bool
    """Whether the last period is not over."""

    @property
    def definition(self) -> Kpi:
        """What its KPI means."""
        return DEFINITIONS[self.kpi]

    @property
    def now(self) -> GoalPeriod:
        """The newest period."""
        return self.periods[-1]

    @property
    def over(self) -> Sequence[GoalPeriod]:
        """The periods that are over, the oldest first."""
        return self.periods[:-1] if self.is_running else self.periods

    @property
    def last(self) -> GoalPeriod | None:
        """The newest period that is over."""
        return self.over[-1] if self.over else None

    @property
    def baseline(self) -> GoalPeriod | None:
        """The first period that has a value: what the trend is measured from."""
        return next((one for one in self.over if one.reached is not None), None)

    def until(self, day: date) -> "GoalReading | None":
        """As it stood when this day was over, as far as is known now; None if no period had begun."""
        periods = [one for one in self.periods if one.period.first <= day]
        return replace(self, periods=periods, is_running=periods[-1].period.last > day) if periods else None

    def over_by(self, day: date) -> "GoalReading | None":
        """In the periods that were over at the end of this day, as far as is known now; None if there were none."""
        periods = [one for one in self.over if one.period.last <= day]
        return replace(self, periods=periods, is_running=False) if periods else None

    @property
    def proposed(self) -> float | None:
        """A stricter target, after the newest period that is over; None when the goal is as strict already."""
        if self.last is None or self.last.proposed is None:
            return None
        sign = 1 if self.definition.better == "higher" else -1
        return self.last.proposed if sign * self.last.proposed > sign * self.now.target else None

    def written(self, value: float | None) -> str:
        """A value or a target of this goal, as people read it."""
        return written_number(value, self.definition.unit, self.currency)

    def in_words(self, one: GoalPeriod) -> str:
        """How the goal stands in a period, such as `behind, within chance`: chance alone brings as much."""
        if one.is_chance and one.reached != one.target:
            return f"{one.status}, within chance"
        return f"{one.status}"

    def proposal_in_words(self) -> str:
        """How much stricter, and why, in a sentence; empty without a proposal."""
        if self.proposed is None:
            return ""
        newest = [one for one in self.over[-PERIODS:] if one.reached is not None]
        reached = ", ".join(self.written(one.reached) for one in newest[-3:])
        more = sum(self._is_at_least(one, self.proposed) for one in newest)
        return (
            f"Met in the last two {PLURAL[self.per]} (the last ones reached {reached}). {self.written(self.proposed)} "
            f"was reached in {more} of the last {counted(len(newest), self.per)}: make it the goal."
        )

    def playbook_line(self) -> str:
        """The proposed goal as it stands in the playbook under reports, goals; empty without one."""
        if self.proposed is None:
            return ""
        target = write_target(self.proposed, self.definition.unit, self.currency)
        whose = f", person: {self.email}" if self.email else f", team: {self.team}" if self.team else ""
        return f"- {{kpi: {self.kpi}, target: {target}, per: {self.per}{whose}}}"

    def trend_in_words(self) -> str:
        """What the newest period that is over reached beside the first one; empty with fewer than two."""
        if self.baseline is None or self.last is None or self.last is self.baseline or self.last.reached is None:
            return ""
        first, last = self.baseline.reached or 0.0, self.last.reached
        if last == first:
            return f"{self.written(first)} in the first {self.per}, the same in the last"
        change = f" ({percent((last - first) / abs(first))} {'more' if last > first else 'less'})" if first else ""
        change = change.replace("-", "")
        return f"{self.written(first)} in the first {self.per}, {self.written(last)} in the last{change}"

    def _is_at_least(self, one: GoalPeriod, target: float) -> bool:
        reached = one.reached or 0.0
        return reached >= target if self.definition.better == "higher" else reached <= target


GOALS = """
SELECT g.*, coalesce(team.name, '') AS team, coalesce(rep.name, '') AS person, coalesce(rep.email, '') AS email
FROM kpi_goal g LEFT JOIN team ON team.id = g.team_id LEFT JOIN rep ON rep.id = g.rep_id
WHERE {known}
  AND (CAST(:team AS bigint) IS NULL OR (g.rep_id = 0 AND g.team_id = :team) OR rep.team_id = :team)
ORDER BY g.first_day
"""


def read_goals(
    connection: Connection,
    today: date,
    *,
    currency: str,
    team_id: int | None = None,
    known_at: datetime | None = None,
) -> list[GoalReading]:
    """Every goal that is in force, as known at a moment in the past or now: those of everybody first.

    `team_id`: only those of this team and its people; None: all. `currency` is that of the reports.
    """
    values = {"team": team_id, "known_at": known_at}
    by_goal: dict[tuple[KpiName, Per, int, int], list[Row[Any]]] = defaultdict(list)
    for row in connection.execute(text(GOALS.format(known=as_known(known_at, "g"))), values):
        per = per_of(Period(row.first_day, row.last_day))
        by_goal[KpiName(row.kpi), per, row.team_id, row.rep_id].append(row)
    newest: dict[Per, date] = {}
    for (_, per, _, _), rows in by_goal.items():
        newest[per] = max(newest.get(per, date.min), rows[-1].first_day)
    # A goal that was taken out of the playbook has no new periods.
    found = [
        _goal(rows, per, today, currency)
        for (_, per, _, _), rows in by_goal.items()
        if rows[-1].first_day == newest[per]
    ]
    order = list(KpiName)
    return sorted(found, key=lambda one: (one.rep_id > 0, one.team_id > 0, one.whose, order.index(one.kpi), one.per))


def _goal(rows: Sequence[Row[Any]], per: Per, today: date, currency: str) -> GoalReading:
    row = rows[-1]
    return GoalReading(
        kpi=KpiName(row.kpi),
        per=per,
        team_id=row.team_id,
        rep_id=row.rep_id,
        whose=row.person or row.team or "Everybody",
        team=row.team,
        email=row.email,
        currency=currency,
        periods=[_period(one) for one in rows],
        is_running=row.last_day >= today or row.status in (Status.ON_TRACK, Status.BEHIND),
    )


def _period(row: Row[Any]) -> GoalPeriod:
    return GoalPeriod(
        period=Period(row.first_day, row.last_day),
        target=row.target,
        reached=row.reached,
        numerator=row.numerator,
        denominator=row.denominator,
        status=Status(row.status),
        is_chance=row.is_chance,
        proposed=row.proposed,
    )
