"""The daily follow-up check: at the end of a team's day its manager is mailed how the day's leads were followed up."""

from collections.abc import Iterator
from datetime import date, datetime
from urllib.parse import urlencode

from sqlalchemy import Connection, text

from models.mail.managers import list_excerpt
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import Playbook, current_playbook
from models.response.metrics import LeadResponse, ResponseMetrics
from models.response.team_calendar import TeamCalendar, team_calendars
from models.response.team_day import TeamDay, team_day
from models.wording import day as day_name
from models.wording import duration, moment

SENT = text("SELECT key FROM message WHERE key = ANY(:keys)")

# Before anything has happened there is nothing to check, such as on the first day of an installation.
FIRST_EVENT = text("SELECT received_at FROM event ORDER BY id LIMIT 1")


def next_check(connection: Connection, now: datetime) -> datetime | None:
    """When the next check is due; now or before for one that was missed."""
    playbook = current_playbook(connection)
    if any(_unsent_checks(connection, playbook, now)):
        return now
    ends = (team.end_of(team.working_day_after(team.last_ended(now))) for team in team_calendars(connection, playbook))
    return min(ends, default=None)


def send_checks(connection: Connection, now: datetime) -> list[str]:
    """Mail every daily check that is due and has not been sent; returns the names of the teams.

    Only each team's newest day is sent, so an outage of a week ends with one mail, not five. No check is sent twice.
    """
    playbook = current_playbook(connection)
    due = list(_unsent_checks(connection, playbook, now))
    queue_staff_mail(connection, [_mail(connection, playbook, team, day, now) for team, day in due], now)
    return [team.name for team, _ in due]


def _unsent_checks(connection: Connection, playbook: Playbook, now: datetime) -> Iterator[tuple[TeamCalendar, date]]:
    began = connection.execute(FIRST_EVENT).scalar()
    ended = {
        _key(team, day): (team, day) for team in team_calendars(connection, playbook) for day in [team.last_ended(now)]
    }
    sent = set(connection.execute(SENT, {"keys": list(ended)}).scalars())
    for key, (team, day) in ended.items():
        if key not in sent and began is not None and began <= team.end_of(day):
            yield team, day


def _key(team: TeamCalendar, day: date) -> str:
    return f"daily check:{team.name}:{day}"


def _mail(connection: Connection, playbook: Playbook, team: TeamCalendar, day: date, now: datetime) -> StaffMail:
    checked = team_day(connection, playbook, team, day, now)
    before = team_day(connection, playbook, team, team.working_day_before(day), now).total
    data = check_data(checked, before, now) | {"level": duration(playbook.service_levels.first_contact)}
    return StaffMail(key=_key(team, day), to_address=team.manager, template="team/daily_check", data=data)


def check_data(checked: TeamDay, before: ResponseMetrics, now: datetime) -> dict[str, object]:
    """What the mail's template is given, all of it as it reads."""
    return {
        "team": checked.team.name,
        "date": day_name(checked.day),
        "since": moment(checked.begin, checked.team.zone),
        "path": page_path(checked.team.name, checked.day),
        "people": [_line(person) for person in checked.people],
        "total": _line(checked.total),
        "before": _line(before),
        "unfollowed": list_excerpt([_lead(response, checked, now) for response in checked.unfollowed], "/follow-up"),
        "unowned": list_excerpt([_lead(response, checked, now) for response in checked.unowned], "/follow-up"),
    }


def page_path(team: str, day: date) -> str:
    """The path of the page that shows these metrics."""
    return f"/follow-up?{urlencode({'team': team, 'date': day})}"


def _line(one: ResponseMetrics) -> dict[str, object]:
    return {
        "name": one.name,
        "leads": one.leads,
        "followed_up": one.followed_up,
        "in_time": one.in_time,
        "connected": one.connected,
        "percent_followed_up": one.percent_followed_up,
        "percent_in_time": one.percent_in_time,
        "complete": one.complete,
        "time_to_contact": duration(one.time_to_contact),
        "working_time_to_contact": duration(one.working_time_to_contact),
        "time_to_conversation": duration(one.time_to_conversation),
        "working_time_to_conversation": duration(one.working_time_to_conversation),
        "open_tasks": one.load.open_tasks,
        "overdue_tasks": one.load.overdue_tasks,
        "expired_offers": one.load.expired_offers,
    }


def _lead(response: LeadResponse, checked: TeamDay, now: datetime) -> dict[str, object]:
    return {
        "path": f"/contacts/{response.contact_id}",
        "who": response.who,
        "company": response.company,
        "owner": response.rep_name,
        "since": moment(response.received_at, checked.team.zone),
        "waits": duration(now - response.received_at),
        "late": response.due_at < now,
    }
