"""Which KPIs are looked into: those that miss their goal, or fall behind their own past, by more than chance."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, text

from models.kpi.diagnosis.populations import Population
from models.kpi.diagnosis.rules import Success
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

BASELINES = {
    KpiName.CONNECTION_RATE: (Population.LEAD_TO_TALK, Success.TALKED),
    KpiName.CLOSING_RATE: (Population.TALK, Success.ORDERED),
    KpiName.TIME_TO_BUY: (Population.LEAD, Success.ORDERED),
    KpiName.IN_SERVICE_LEVEL: (Population.REQUEST, Success.ANSWERED_IN_TIME),
    KpiName.OPEN_RATE: (Population.MAIL, Success.OPENED),
}
"""What is compared with the span before, where a KPI has no goal."""


@dataclass(frozen=True)
class OffTarget:
    """The KPIs that are off, by team; 0 for all."""

    by_team: dict[int, set[KpiName]]

    def first_of(self, team_id: int, kpis: Sequence[KpiName]) -> KpiName | None:
        """The nearest KPI that a cause explains and that is off."""
        return next((kpi for kpi in kpis if kpi in self.by_team.get(team_id, ())), None)


def read_off_target(connection: Connection, last: date) -> OffTarget:
    """By the goals of the playbook, and by the populations of this transaction where a KPI has none for all."""
    by_team: dict[int, set[KpiName]] = defaultdict(set)
    with_goal: set[KpiName] = set()
    for kpi, team_id, is_missed in connection.execute(GOALS, {"since": last - RECENT}):
        if team_id == 0:
            with_goal.add(KpiName(kpi))
        if is_missed:
            by_team[team_id].add(KpiName(kpi))
    for kpi, (population, success) in BASELINES.items():
        if kpi not in with_goal and _has_fallen(connection, population, success):
            by_team[0].add(kpi)
    return OffTarget(by_team)


def _has_fallen(connection: Connection, population: Population, success: Success) -> bool:
    select = f"SELECT is_now, count(*), count(*) FILTER (WHERE {success}) FROM {population} GROUP BY 1"
    seen = {is_now: Counts(contacts, successes) for is_now, contacts, successes in connection.execute(text(select))}
    before, now = seen.get(False, Counts()), seen.get(True, Counts())
    return (
        min(before.contacts, now.contacts) >= SMALLEST_GROUP
        and now.rate < before.rate
        and pooled_z_p(before, now) < ERROR
    )
