"""The follow-up of one team on one working day: the same figures for the manager's mail and for the page."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, text

from models.display_name import DISPLAY_NAME
from models.playbook import Playbook
from models.response.metrics import LeadResponse, RepLoad, ResponseMetrics, response_metrics
from models.response.promise import ANSWERS, IS_MISSING, IS_OPEN
from models.response.sla_clocks import sla_clocks
from models.response.team_calendar import TeamCalendar

LEAD_RESPONSES = text(f"""
-- The team's, and those that nobody owns, which every manager is to see.
SELECT f.contact_id, {DISPLAY_NAME} AS who,
       nullif(contact.company, {DISPLAY_NAME}) AS company, f.rep_id, rep.name AS rep_name,
       f.received_at, f.due_at, f.first_contact_at, f.connected_at,
       CASE WHEN {IS_MISSING} THEN (
           SELECT min(task.due_at) FROM task WHERE task.contact_id = f.contact_id AND {IS_OPEN} AND {ANSWERS}
       ) END AS task_due_at
FROM follow_up f JOIN contact ON contact.id = f.contact_id LEFT JOIN rep ON rep.id = f.rep_id
WHERE f.received_at > :begin AND f.received_at <= :end AND (rep.team_id = :team OR f.rep_id IS NULL)
ORDER BY f.received_at, f.id
""")

IS_PROMISED_BEFORE = f"""EXISTS (
        SELECT FROM follow_up f WHERE {ANSWERS} AND f.due_at < :at AND f.received_at <= :at
          AND coalesce(least(f.first_contact_at, f.connected_at), 'infinity') > :at)"""
"""SQL over task: a response that it is to give was promised before the moment looked at, and not given by then."""

PEOPLE = text(f"""
-- Who is active, and who has left since but had leads that day. Tasks as they stood at the moment looked at.
SELECT rep.id, rep.name, coalesce(t.open, 0) AS open_tasks, coalesce(t.overdue, 0) AS overdue_tasks,
       (SELECT count(*) FROM offer WHERE offer.rep_id = rep.id AND answer = 'expired'
                                     AND answered_at > :begin AND answered_at <= :end) AS expired_offers
FROM rep
LEFT JOIN LATERAL (
    SELECT count(*) AS open, count(*) FILTER (WHERE task.due_at < :at OR {IS_PROMISED_BEFORE}) AS overdue FROM (
        SELECT * FROM task WHERE task.rep_id = rep.id AND task.done_at IS NULL AND task.closed_at IS NULL
        UNION ALL SELECT * FROM task WHERE task.rep_id = rep.id AND task.done_at > :at
        UNION ALL SELECT * FROM task
        WHERE task.rep_id = rep.id AND task.done_at IS NULL AND task.closed_at > :at) task
    WHERE task.created_at <= :at) t ON true
WHERE rep.team_id = :team AND (rep.active OR rep.id = ANY(:with_leads))
ORDER BY rep.name, rep.id
""")


@dataclass(frozen=True, kw_only=True)
class TeamDay:
    """One team's working day."""

    team: TeamCalendar
    day: date
    begin: datetime
    end: datetime
    people: list[ResponseMetrics]
    total: ResponseMetrics
    unfollowed: list[LeadResponse]
    """The team's leads of the day that nobody has tried to reach, the longest waiting first."""
    unowned: list[LeadResponse]
    """Leads of the day that are nobody's."""


def team_day(connection: Connection, playbook: Playbook, team: TeamCalendar, day: date, now: datetime) -> TeamDay:
    """Leads as they stand now, which were received on that day; tasks as they stood at its end, or now before that."""
    begin, end = team.begin_of(day), team.end_of(day)
    about = {"team": team.id, "begin": begin, "end": end}
    responses = _responses(connection, playbook, about)
    owned = [response for response in responses if response.rep_id is not None]
    looked_at = about | {"at": min(now, end), "with_leads": list({response.rep_id for response in owned})}
    loads = {row.id: (row.name, _load(row._mapping)) for row in connection.execute(PEOPLE, looked_at)}
    return TeamDay(
        team=team,
        day=day,
        begin=begin,
        end=end,
        people=[
            response_metrics(name, [response for response in owned if response.rep_id == rep], load, rep)
            for rep, (name, load) in loads.items()
        ],
        total=response_metrics(team.name, owned, sum((load for _, load in loads.values()), start=RepLoad())),
        unfollowed=[response for response in owned if response.first_contact_at is None],
        unowned=[response for response in responses if response.rep_id is None],
    )


def _responses(connection: Connection, playbook: Playbook, about: dict[str, Any]) -> list[LeadResponse]:
    rows = connection.execute(LEAD_RESPONSES, about).mappings().all()
    sla = sla_clocks(connection, playbook, [row["rep_id"] for row in rows])

    def response(row: RowMapping) -> LeadResponse:
        rep, received_at = row["rep_id"], row["received_at"]
        return LeadResponse(
            **row,
            working_time_to_contact=sla.working_time(rep, received_at, row["first_contact_at"]),
            working_time_to_conversation=sla.working_time(rep, received_at, row["connected_at"]),
        )

    return [response(row) for row in rows]


def _load(row: RowMapping) -> RepLoad:
    return RepLoad(**{name: row[name] for name in ("open_tasks", "overdue_tasks", "expired_offers")})
