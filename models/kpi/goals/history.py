"""Which goals were set when: a period is judged by the target that was in force when it ended."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from pydantic import ValidationError
from sqlalchemy import Connection, text

from models.kpi.definitions import DEFINITIONS, TargetError
from models.kpi.goals.periods import Per
from models.kpi.team_history import People, Teams, people_of, read_teams
from models.playbook import Playbook
from models.playbook.reports import Goal
from models.tables.kpi import KpiName

APPLIED = text("""
-- Each playbook whose goals are not those of the one before, with whom its teams had.
SELECT applied_at, goals,
       ARRAY(SELECT jsonb_build_array(team.entry -> 'name', rep.entry -> 'email')
             FROM jsonb_array_elements(teams) AS team (entry), jsonb_array_elements(team.entry -> 'reps') AS rep (entry)
       ) AS people
FROM (
    SELECT id, applied_at, document #> '{reports,goals}' AS goals, coalesce(document -> 'teams', '[]') AS teams,
           lag(document #> '{reports,goals}') OVER (ORDER BY id) AS before
    FROM playbook
) applied
WHERE goals IS DISTINCT FROM before ORDER BY id
""")


class GoalKey(NamedTuple):
    """What a goal is about; 0 for no team, no person."""

    kpi: KpiName
    per: Per
    team_id: int
    rep_id: int


@dataclass(frozen=True)
class GoalHistory:
    """The targets of one goal: since when, and None from when it was taken out."""

    targets: Sequence[tuple[datetime, float | None]]

    def target_at(self, at: datetime) -> float | None:
        """That in force at a moment. Before there was one, the first: so a new goal has its past beside it."""
        until = [target for since, target in self.targets if since <= at]
        if any(target is not None for target in until):
            return until[-1]
        return next(target for _, target in self.targets if target is not None)

    @property
    def is_set(self) -> bool:
        """Whether it still is a goal."""
        return self.targets[-1][1] is not None


def read_goal_history(connection: Connection, playbook: Playbook, now: datetime) -> dict[GoalKey, GoalHistory]:
    """Every goal that was ever set, by what it is about. `playbook` is the one in force.

    Goals of earlier playbooks whose KPI, team or person is gone are left out.
    """
    teams = read_teams(connection, playbook)
    stages = [(row.applied_at, _goals(row.goals or []), people_of(row.people)) for row in connection.execute(APPLIED)]
    if not stages or stages[-1][1] != list(playbook.reports.goals):
        stages.append((now, list(playbook.reports.goals), {}))
    found: dict[GoalKey, list[tuple[datetime, float | None]]] = {}
    for at, goals, people in stages:
        targets = _targets(goals, people, teams, playbook.report_currency)
        for key in {*found, *targets}:
            found.setdefault(key, []).append((at, targets.get(key)))
    return {key: GoalHistory(targets) for key, targets in found.items()}


def _goals(documents: Sequence[object]) -> list[Goal]:
    goals = []
    for document in documents:
        try:
            goals.append(Goal.model_validate(document))
        except ValidationError:
            # A playbook of an earlier version may name a KPI that is no more; there is nothing to judge it by.
            continue
    return goals


def _targets(goals: Sequence[Goal], people: People, teams: Teams, currency: str) -> dict[GoalKey, float]:
    found = {}
    # A team that is called as it was goes before another that has become it.
    for goal in sorted(goals, key=lambda goal: goal.team in teams.named):
        team = teams.team(goal.team, people) if goal.team and not goal.person else 0
        rep = teams.rep(goal.person) if goal.person else 0
        if team is None or rep is None:
            continue
        try:
            target = DEFINITIONS[goal.kpi].read_target(goal.target, currency=currency)
        except TargetError:
            # Reports have had another currency since: that goal says nothing about today's amounts.
            continue
        found[GoalKey(goal.kpi, goal.per, team, rep)] = target
    return found
