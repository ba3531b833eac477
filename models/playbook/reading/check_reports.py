"""Checks what reports go by: a goal that cannot be reached or read is reported as a fault."""

from collections.abc import Collection, Iterator

from models.playbook.document import Playbook
from models.playbook.goal_target import UNITS, TargetError, read_target
from models.playbook.reading.fault import Checks, Fault
from models.tables.kpi import Unit

OF_MAILS = "open_rate", "click_rate", "bounce_rate", "unsubscribe_rate"
"""KPIs that nobody and no team has: journeys send the mails."""


def _targets_fit_their_kpi(playbook: Playbook) -> Iterator[Fault]:
    currency = playbook.report_currency
    for i, goal in enumerate(playbook.reports.goals):
        try:
            target = read_target(goal.target, UNITS[goal.kpi], currency=currency)
        except TargetError as error:
            yield Fault(("reports", "goals", i, "target"), f"{goal.kpi}: {error}")
            continue
        if not target and UNITS[goal.kpi] in (Unit.COUNT, Unit.PER_WEEK, Unit.EQUIVALENTS, Unit.MONEY):
            yield Fault(("reports", "goals", i, "target"), f"{goal.kpi}: every period reaches 0, so this is no goal")


def _goals_are_of_known_teams_and_people(playbook: Playbook) -> Iterator[Fault]:
    teams = {team.name: {rep.email for rep in team.reps} for team in playbook.teams}
    everybody = {rep.email for _, rep in playbook.reps()}
    for i, goal in enumerate(playbook.reports.goals):
        place = ("reports", "goals", i)
        if goal.team is not None and goal.team not in teams:
            yield Fault((*place, "team"), f"{goal.team!r} is no team: take one of {_listed(teams)}")
        elif goal.person is not None and goal.person not in everybody:
            yield Fault((*place, "person"), f"{goal.person} is no rep: take one of {_listed(everybody)}")
        elif goal.person is not None and goal.team is not None and goal.person not in teams[goal.team]:
            yield Fault((*place, "person"), f"{goal.person} is not in {goal.team}: name the person alone")
        if goal.kpi.value in OF_MAILS and (goal.team or goal.person):
            sentence = f"{goal.kpi} is of all mails, which no team and no person sends: leave team and person out"
            yield Fault((*place, "kpi"), sentence)


def _goals_stand_once(playbook: Playbook) -> Iterator[Fault]:
    seen = set()
    for i, goal in enumerate(playbook.reports.goals):
        key = (goal.kpi, goal.per, goal.person, None if goal.person else goal.team)
        if key in seen:
            whose = goal.person or goal.team or "everybody"
            sentence = f"{goal.kpi} a {goal.per} stands here a second time for {whose}: give it one target"
            yield Fault(("reports", "goals", i, "kpi"), sentence)
        seen.add(key)


REPORT_CHECKS: Checks = (
    (_targets_fit_their_kpi, {"reports", "orders"}),
    (_goals_are_of_known_teams_and_people, {"reports", "teams"}),
    (_goals_stand_once, {"reports"}),
)


def _listed(names: Collection[str]) -> str:
    return ", ".join(sorted(names)) or "those under teams"
