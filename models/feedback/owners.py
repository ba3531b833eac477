"""The owners of leads as they are asked: their hours, their team, and the links of their mails."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from models.access.token import sign_token
from models.database import id_list
from models.playbook import Playbook
from models.values.working_hours import WorkingHours, read_week

USUAL_WEEK = read_week({"mon-fri": "09:00-17:00"})
"""When people are asked who have no hours of their own: nobody is to be asked at midnight."""

LINK = "feedback"
"""The purpose of the token of one request: [request, rep, link number]."""
LIST_LINK = "feedback list"
"""The purpose of the token of a person's whole list: [rep, link number]."""

OWNERS = text("""
SELECT rep.id, rep.name, rep.email, rep.active, rep.link_number, rep.hours, team.name AS team,
       coalesce(team.partner, false) AS partner, coalesce(team.manager_email, :company) AS manager,
       coalesce(rep.time_zone, team.time_zone, :zone) AS zone,
       (SELECT array_agg(ARRAY[first_day, last_day] ORDER BY first_day) FROM absence
        WHERE absence.rep_id = rep.id) AS away
FROM rep LEFT JOIN team ON team.id = rep.team_id WHERE rep.id = ANY(CAST(:reps AS bigint[]))
""")


@dataclass(frozen=True)
class Owner:
    """Whose lead it is."""

    id: int
    name: str
    email: str
    active: bool
    link_number: int
    team: str | None
    partner: bool
    manager: str
    """Whom it is told that they do not answer."""
    hours: WorkingHours
    """When they may be mailed: their own hours, else those of an office."""

    @property
    def zone(self) -> str:
        """By whose clock days and hours are theirs."""
        return self.hours.zone

    @property
    def first_name(self) -> str:
        """As a mail begins."""
        return next(iter(self.name.split()), self.name)

    def path(self, request: int) -> str:
        """The page of one request."""
        return feedback_path(request, self.id, self.link_number)

    @property
    def list_path(self) -> str:
        """The page of all their open requests."""
        return feedback_list_path(self.id, self.link_number)


def feedback_path(request: int, rep: int, link_number: int) -> str:
    """The page on which this person answers a request; another link number ends it."""
    return f"/feedback/{sign_token(LINK, [request, rep, link_number])}"


def feedback_list_path(rep: int, link_number: int) -> str:
    """The page with all that somebody is asked."""
    return f"/feedback/list/{sign_token(LIST_LINK, [rep, link_number])}"


def owners(connection: Connection, playbook: Playbook, reps: Iterable[int]) -> dict[int, Owner]:
    """These people by their numbers."""
    about = {"reps": id_list(sorted(set(reps))), "zone": playbook.company.time_zone, "company": playbook.company.inbox}
    return {row.id: _owner(row, playbook) for row in connection.execute(OWNERS, about)}


def _owner(row: Any, playbook: Playbook) -> Owner:
    away = tuple((first, last) for first, last in row.away or [])
    week = read_week(row.hours) if row.hours else USUAL_WEEK
    return Owner(
        id=row.id,
        name=row.name,
        email=row.email,
        active=row.active,
        link_number=row.link_number,
        team=row.team,
        partner=row.partner,
        manager=row.manager,
        hours=WorkingHours(row.zone, week, away, playbook.company.holidays),
    )
