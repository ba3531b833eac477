"""The daily follow-up check: at the end of a team's day its manager is mailed how the day's leads were followed up."""

from collections.abc import Iterator
from datetime import date, datetime
from urllib.parse import urlencode

from sqlalchemy import Connection, text

from models.mail.managers import shown
from models.mail.staff_mail import TeamMail, queue_team_mail
from models.playbook import Playbook, current
from models.response.day import TeamDay, team_day
from models.response.figures import Claim, Figures
from models.response.workday import TeamDays, teams
from models.wording import length, moment

SENT = text("SELECT key FROM message WHERE key = ANY(:keys)")

# Before anything has happened there is nothing to check, such as on the first day of an installation.
BEGAN = text("SELECT at FROM event ORDER BY id LIMIT 1")


def next_check(connection: Connection, now: datetime) -> datetime | None:
    """When the next check is due; now or before for one that was missed."""
    playbook = current(connection)
    if any(_missing(connection, playbook, now)):
        return now
    ends = (team.end_of(team.after(team.last_ended(now))) for team in teams(connection, playbook))
    return min(ends, default=None)


def send_checks(connection: Connection, now: datetime) -> list[str]:
    """Mail every check that is due and has not been sent; gives the names of the teams.

    Each team's newest day only: after an outage of a week one mail tells more than five. Twice, or two at once, sends
    none twice.
    """
    playbook = current(connection)
    due = list(_missing(connection, playbook, now))
    queue_team_mail(connection, [_mail(connection, playbook, team, day, now) for team, day in due], now)
    return [team.name for team, _ in due]


def _missing(connection: Connection, playbook: Playbook, now: datetime) -> Iterator[tuple[TeamDays, date]]:
    began = connection.execute(BEGAN).scalar()
    ended = {_key(team, day): (team, day) for team in teams(connection, playbook) for day in [team.last_ended(now)]}
    sent = set(connection.execute(SENT, {"keys": list(ended)}).scalars())
    for key, (team, day) in ended.items():
        if key not in sent and began is not None and began <= team.end_of(day):
            yield team, day


def _key(team: TeamDays, day: date) -> str:
    return f"daily check:{team.name}:{day}"


def _mail(connection: Connection, playbook: Playbook, team: TeamDays, day: date, now: datetime) -> TeamMail:
    checked = team_day(connection, playbook, team, day, now)
    before = team_day(connection, playbook, team, team.before(day), now).total
    data = check_data(checked, before, now) | {"level": length(playbook.service_levels.first_contact)}
    return TeamMail(key=_key(team, day), to_address=team.manager, template="team/daily_check", data=data)


def check_data(checked: TeamDay, before: Figures, now: datetime) -> dict[str, object]:
    """What the mail's template is given, all of it as it reads."""
    return {
        "team": checked.team.name,
        "date": f"{checked.day:%A} {checked.day.day} {checked.day:%B}",
        "since": moment(checked.begin, checked.team.zone),
        "path": page_of(checked.team.name, checked.day),
        "people": [_line(person) for person in checked.people],
        "total": _line(checked.total),
        "before": _line(before),
        "unfollowed": shown([_lead(claim, checked, now) for claim in checked.unfollowed], "/follow-up"),
        "unowned": shown([_lead(claim, checked, now) for claim in checked.unowned], "/follow-up"),
    }


def page_of(team: str, day: date) -> str:
    """The page with the same figures."""
    return f"/follow-up?{urlencode({'team': team, 'date': day})}"


def _line(one: Figures) -> dict[str, object]:
    return {
        "name": one.name,
        "leads": one.leads,
        "followed_up": one.followed_up,
        "in_time": one.in_time,
        "talked": one.talked,
        "share": one.share,
        "share_in_time": one.share_in_time,
        "complete": one.complete,
        "until_contact": length(one.until_contact),
        "worked_until_contact": length(one.worked_until_contact),
        "until_talk": length(one.until_talk),
        "worked_until_talk": length(one.worked_until_talk),
        "open_tasks": one.load.open_tasks,
        "overdue_tasks": one.load.overdue_tasks,
        "expired_offers": one.load.expired_offers,
    }


def _lead(claim: Claim, checked: TeamDay, now: datetime) -> dict[str, object]:
    return {
        "path": f"/contacts/{claim.contact_id}",
        "who": claim.who,
        "company": claim.company,
        "owner": claim.rep_name,
        "since": moment(claim.received_at, checked.team.zone),
        "waits": length(now - claim.received_at),
        "late": claim.due_at < now,
    }
