"""The follow-up of one team on one working day: the same figures for the manager's mail and for the page."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from models.display_name import WHO
from models.playbook import Playbook
from models.response.figures import Claim, Figures, Load, figures
from models.response.levels import clocks
from models.response.workday import TeamDays

CLAIMS = text(f"""
-- The team's, and those that nobody owns, which every manager is to see.
SELECT f.contact_id, {WHO} AS who, nullif(contact.company, {WHO}) AS company, f.rep_id, rep.name AS rep_name,
       f.received_at, f.due_at, f.first_contact_at, f.connected_at
FROM follow_up f JOIN contact ON contact.id = f.contact_id LEFT JOIN rep ON rep.id = f.rep_id
WHERE f.received_at > :begin AND f.received_at <= :end AND (rep.team_id = :team OR f.rep_id IS NULL)
ORDER BY f.received_at, f.id
""")

PEOPLE = text("""
-- Who is active, and who has left since but had leads that day. Tasks as they stood at the moment looked at.
SELECT rep.id, rep.name, coalesce(t.open, 0) AS open_tasks, coalesce(t.overdue, 0) AS overdue_tasks,
       (SELECT count(*) FROM offer WHERE offer.rep_id = rep.id AND answer = 'expired'
                                     AND answered_at > :begin AND answered_at <= :end) AS expired_offers
FROM rep
LEFT JOIN LATERAL (
    SELECT count(*) AS open, count(*) FILTER (WHERE due_at < :at) AS overdue FROM task
    WHERE task.rep_id = rep.id AND created_at <= :at AND coalesce(done_at, closed_at, 'infinity') > :at) t ON true
WHERE rep.team_id = :team AND (rep.active OR rep.id = ANY(:with_leads))
ORDER BY rep.name, rep.id
""")


@dataclass(frozen=True, kw_only=True)
class TeamDay:
    """One team's working day."""

    team: TeamDays
    day: date
    begin: datetime
    end: datetime
    people: list[Figures]
    total: Figures
    unfollowed: list[Claim]
    """The team's leads of the day that nobody has tried to reach, the longest waiting first."""
    unowned: list[Claim]
    """Leads of the day that are nobody's."""


def team_day(connection: Connection, playbook: Playbook, team: TeamDays, day: date, now: datetime) -> TeamDay:
    """Leads as they stand now, which were received on that day; tasks as they stood at its end, or now before that."""
    begin, end = team.begin_of(day), team.end_of(day)
    about = {"team": team.id, "begin": begin, "end": end}
    claims = _claims(connection, playbook, about)
    owned = [claim for claim in claims if claim.rep_id is not None]
    looked_at = about | {"at": min(now, end), "with_leads": list({claim.rep_id for claim in owned})}
    loads = {row.id: (row.name, _load(row._mapping)) for row in connection.execute(PEOPLE, looked_at)}
    return TeamDay(
        team=team,
        day=day,
        begin=begin,
        end=end,
        people=[
            figures(name, [claim for claim in owned if claim.rep_id == rep], load)
            for rep, (name, load) in loads.items()
        ],
        total=figures(team.name, owned, sum((load for _, load in loads.values()), start=Load())),
        unfollowed=[claim for claim in owned if claim.first_contact_at is None],
        unowned=[claim for claim in claims if claim.rep_id is None],
    )


def _claims(connection: Connection, playbook: Playbook, about: dict[str, Any]) -> list[Claim]:
    rows = connection.execute(CLAIMS, about).mappings().all()
    by = clocks(connection, playbook, [row["rep_id"] for row in rows])

    def claim(row: RowMapping) -> Claim:
        rep, received_at = row["rep_id"], row["received_at"]
        return Claim(
            **row,
            worked_until_contact=by.worked(rep, received_at, row["first_contact_at"]),
            worked_until_talk=by.worked(rep, received_at, row["connected_at"]),
        )

    return [claim(row) for row in rows]


def _load(row: RowMapping) -> Load:
    return Load(**{name: row[name] for name in ("open_tasks", "overdue_tasks", "expired_offers")})
