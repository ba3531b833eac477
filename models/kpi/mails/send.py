"""Mails the reports: the company's inbox gets everybody's numbers, whoever leads a team its own. Each goes out once."""

from collections.abc import Iterable
from datetime import datetime
from itertools import product
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from models.kpi.mails.due import DueMail, MailKind, WorkingDays, following, newest
from models.kpi.mails.numbers import Scope, numbers_data
from models.kpi.mails.review import review_data
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import Playbook, current_playbook
from models.response.team_calendar import team_calendars

MONDAY_TO_FRIDAY = frozenset(range(5))

SENT = text("SELECT key FROM message WHERE key = ANY(:keys)")

# Before anything has happened there is nothing to report, such as on the first day of an installation.
FIRST_EVENT = text("SELECT received_at FROM event ORDER BY id LIMIT 1")

COUNTED = text("SELECT max(known_at) FROM kpi_run")

TEAMS = text("""
SELECT id, name, manager_email FROM team
WHERE manager_email IS NOT NULL AND EXISTS (SELECT FROM rep WHERE rep.team_id = team.id AND rep.active)
ORDER BY id
""")


def next_report_mail(connection: Connection, now: datetime) -> datetime | None:
    """When the next mail is due; now or before for one that was missed. None while the run that it waits for is to
    come: a mail about days that were not counted would be wrong.
    """
    playbook = current_playbook(connection)
    if _unsent(connection, playbook, now):
        return now
    zone, days = ZoneInfo(playbook.company.time_zone), _working_days(connection, playbook)
    last = [newest(kind, days, now.astimezone(zone)) for kind in _kinds(playbook)]
    return min((following(mail, days).at(zone) for mail in last), default=None)


def send_report_mails(connection: Connection, now: datetime) -> list[str]:
    """Mail every report that is due, counted and not sent yet; returns what was sent, such as `weekly to Inbound`.

    Only the newest of each kind is sent, so an outage of a month ends with one mail of a kind, not four.
    """
    playbook = current_playbook(connection)
    due = _unsent(connection, playbook, now)
    queue_staff_mail(connection, [_mail(connection, playbook, mail, scope) for mail, scope in due], now)
    return [f"{mail.kind} to {scope.team or 'the company'}" for mail, scope in due]


def _unsent(connection: Connection, playbook: Playbook, now: datetime) -> list[tuple[DueMail, Scope]]:
    zone, days = ZoneInfo(playbook.company.time_zone), _working_days(connection, playbook)
    due = [newest(kind, days, now.astimezone(zone)) for kind in _kinds(playbook)]
    counted, began = connection.execute(COUNTED).scalar(), connection.execute(FIRST_EVENT).scalar()
    if counted is None or began is None:
        return []
    ready = [mail for mail in due if began < mail.counted_from(zone) <= counted]
    # A clock that was set back must not send the one before.
    wanted = {
        (mail, scope): {_key(mail, scope), _key(following(mail, days), scope)}
        for mail, scope in product(ready, _scopes(connection, playbook))
    }
    sent = set(connection.execute(SENT, {"keys": sorted(set().union(*wanted.values()))}).scalars())
    return [found for found, keys in wanted.items() if not keys & sent]


def _kinds(playbook: Playbook) -> Iterable[MailKind]:
    match playbook.reports.mail:
        case "daily":
            return (MailKind.DAILY, MailKind.REVIEW)
        case "weekly":
            return (MailKind.WEEKLY, MailKind.REVIEW)
        case "off":
            return ()


def _working_days(connection: Connection, playbook: Playbook) -> WorkingDays:
    """Those on which anybody works, by the hours of the teams."""
    teams = team_calendars(connection, playbook)
    weekdays = frozenset().union(*(team.weekdays for team in teams))
    return WorkingDays(weekdays or MONDAY_TO_FRIDAY, playbook.company.holidays)


def _scopes(connection: Connection, playbook: Playbook) -> list[Scope]:
    teams = [Scope(row.id, row.name, row.manager_email) for row in connection.execute(TEAMS)]
    return [Scope(0, "", playbook.company.inbox), *teams]


def _key(mail: DueMail, scope: Scope) -> str:
    # By its number: a team that is called otherwise since has had its mail.
    return f"report:{mail.kind}:{scope.team_id}:{mail.day}"


def _mail(connection: Connection, playbook: Playbook, mail: DueMail, scope: Scope) -> StaffMail:
    is_review = mail.kind is MailKind.REVIEW
    data: dict[str, Any] = (review_data if is_review else numbers_data)(connection, playbook, scope, mail.period)
    return StaffMail(
        key=_key(mail, scope),
        to_address=scope.address,
        template="team/review" if is_review else "team/numbers",
        data=data | {"kind": mail.kind.value},
    )
