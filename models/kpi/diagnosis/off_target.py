"""Which KPIs are looked into: those that miss their goal, or fall behind their own past, by more than chance."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, text

from models.kpi.diagnosis.populations import Cycle, spans
from models.kpi.diagnosis.rules import Population
from models.kpi.diagnosis.stratified import ERROR, SMALLEST_GROUP
from models.splits.statistics.comparison import pooled_z_p
from models.splits.statistics.interval import Counts
from models.tables.kpi import KpiName

RECENT = timedelta(days=92)
"""A goal of longer ago says nothing of today."""

GOALS = text("""
-- The newest word on each goal. A period that has just begun has none yet.
SELECT DISTINCT ON (kpi, team_id) kpi, team_id, status IN ('missed', 'behind') AND NOT is_chance AS is_missed
FROM kpi_goal
WHERE known_until IS NULL AND rep_id = 0 AND status IN ('met', 'missed', 'behind') AND last_day >= :since
ORDER BY kpi, team_id, last_day DESC, first_day DESC
""")

CAME_TO = """
-- Of those who came to a first milestone, who came to a second one so many days later at the latest.
WITH begun AS (
    SELECT day >= :now AS is_now, sum(count) AS number FROM kpi_daily
    WHERE known_until IS NULL AND dimension = 'all' AND team_id = 0 AND measure = :begin
      AND day BETWEEN :before AND :until GROUP BY 1
), came AS (
    SELECT day >= :now AS is_now, sum(count) AS number FROM kpi_cohort
    WHERE known_until IS NULL AND dimension = 'all' AND team_id = 0 AND begin = :begin AND goal = :goal
      AND days <= :days AND day BETWEEN :before AND :until GROUP BY 1
)
SELECT is_now, begun.number, coalesce(came.number, 0) FROM begun LEFT JOIN came USING (is_now)
"""

IN_TIME = """
SELECT day >= :now, sum(count) FILTER (WHERE measure = 'request'),
       coalesce(sum(count) FILTER (WHERE measure = 'in_sla'), 0)
FROM kpi_daily
WHERE known_until IS NULL AND dimension = 'all' AND team_id = 0 AND measure IN ('request', 'in_sla')
  AND day BETWEEN :before AND :until
GROUP BY 1
"""

OPENED = """
SELECT day >= :now, sum(reached), sum(opened) FROM kpi_message
WHERE known_until IS NULL AND day BETWEEN :before AND :until GROUP BY 1
"""


@dataclass(frozen=True)
class Baseline:
    """How a KPI without a goal is compared with the span before."""

    kpi: KpiName
    population: Population
    """Whose spans they are."""
    select: str
    """SQL: whether it is of the span that is asked about, of how many, how many."""
    begin: str = ""
    goal: str = ""


BASELINES = (
    Baseline(KpiName.CONNECTION_RATE, Population.LEAD_TO_TALK, CAME_TO, begin="opportunity", goal="connected"),
    Baseline(KpiName.CLOSING_RATE, Population.TALK, CAME_TO, begin="connected", goal="customer"),
    Baseline(KpiName.TIME_TO_BUY, Population.LEAD, CAME_TO, begin="lead", goal="customer"),
    Baseline(KpiName.IN_SERVICE_LEVEL, Population.REQUEST, IN_TIME),
    Baseline(KpiName.OPEN_RATE, Population.MAIL, OPENED),
)


@dataclass(frozen=True)
class OffTarget:
    """The KPIs that are off, by team; 0 for all."""

    by_team: dict[int, set[KpiName]]

    def first_of(self, team_id: int, kpis: Sequence[KpiName]) -> KpiName | None:
        """The nearest KPI that a cause explains and that is off."""
        return next((kpi for kpi in kpis if kpi in self.by_team.get(team_id, ())), None)


def read_off_target(connection: Connection, last: date, cycle: Cycle) -> OffTarget:
    """By the goals of the playbook, and by its own past where a KPI has none for all."""
    by_team: dict[int, set[KpiName]] = defaultdict(set)
    with_goal: set[KpiName] = set()
    for kpi, team_id, is_missed in connection.execute(GOALS, {"since": last - RECENT}):
        if team_id == 0:
            with_goal.add(KpiName(kpi))
        if is_missed:
            by_team[team_id].add(KpiName(kpi))
    for baseline in BASELINES:
        if baseline.kpi not in with_goal and _has_fallen(connection, baseline, last, cycle):
            by_team[0].add(baseline.kpi)
    return OffTarget(by_team)


def _has_fallen(connection: Connection, baseline: Baseline, last: date, cycle: Cycle) -> bool:
    asked = spans(baseline.population, cycle, last)
    days = (last - asked.until).days
    values = asdict(asked) | {"begin": baseline.begin, "goal": baseline.goal, "days": days}
    rows = connection.execute(text(baseline.select), values)
    seen = {is_now: Counts(int(contacts), int(successes)) for is_now, contacts, successes in rows}
    before, now = seen.get(False, Counts()), seen.get(True, Counts())
    return (
        min(before.contacts, now.contacts) >= SMALLEST_GROUP
        and now.rate < before.rate
        and pooled_z_p(before, now) < ERROR
    )
