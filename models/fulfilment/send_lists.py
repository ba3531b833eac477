"""Mails the lists of what is to be sent by hand, every Monday or on the first of the month."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from models.access.token import sign_token
from models.fulfilment.lines import MAIL_LINES, batch_lines
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import current_playbook
from models.playbook.mail import Frequency, FulfilmentList
from models.wording import day_of

SEND_TIME = time(6, 30)
"""When lists go out, where the company is; the schedule in prefect.yaml says the same."""

PURPOSE = "fulfilment list"
"""What the token of a list's page is good for."""

CLAIM = text("""
-- What was asked for before the period began, once in a period. Whoever comes second waits for the rows and finds none.
UPDATE fulfilment_entry SET handed_at = :now, batch = :batch
WHERE list = :list AND handed_at IS NULL AND created_at < :begin
  AND NOT EXISTS (SELECT FROM fulfilment_entry WHERE batch = :batch)
""")

OLDEST = text("""
SELECT list, min(created_at) AS at FROM fulfilment_entry WHERE handed_at IS NULL GROUP BY list
""")

ALREADY_SENT = text("SELECT EXISTS (SELECT FROM fulfilment_entry WHERE batch = :batch)")


def send_lists(connection: Connection, now: datetime) -> list[str]:
    """Mail each list whose period has begun and that has something on it; gives their names. The caller commits.

    The day does not matter, so after an outage the first run makes up for it; never twice for one period. Whoever is
    put on a list in the period itself is on the next one.
    """
    playbook = current_playbook(connection)
    zone = ZoneInfo(playbook.company.time_zone)
    sent = []
    for name, terms in playbook.fulfilment.items():
        begin = period_begin(terms.every, day_of(now, zone.key))
        batch = batch_name(name, terms.every, begin)
        limits = {"list": name, "batch": batch, "begin": datetime.combine(begin, time(), zone), "now": now}
        if connection.execute(CLAIM, limits).rowcount:
            queue_staff_mail(connection, [_mail(connection, name, terms, batch)], now)
            sent.append(batch)
    return sent


def next_list_at(connection: Connection, now: datetime) -> datetime | None:
    """When the next list goes out; before now for one that was missed, None while nothing is on any."""
    playbook = current_playbook(connection)
    zone = ZoneInfo(playbook.company.time_zone)
    waiting = {row.list: row.at for row in connection.execute(OLDEST)}
    due = (
        _due(connection, name, terms, waiting[name], now, zone)
        for name, terms in playbook.fulfilment.items()
        if name in waiting
    )
    return min(due, default=None)


def period_begin(every: Frequency, day: date) -> date:
    """The first day of the week or month that a day is in."""
    return day - timedelta(days=day.weekday()) if every is Frequency.WEEK else day.replace(day=1)


def next_period(every: Frequency, begin: date) -> date:
    """The first day of the period after the one that begins then."""
    # 31 days lead from the first of any month into the one after it.
    return period_begin(every, begin + timedelta(days=7 if every is Frequency.WEEK else 31))


def batch_name(name: str, every: Frequency, begin: date) -> str:
    """`thank-you notes 2026-W10`, or `thank-you notes 2026-03`."""
    return f"{name} {begin:%G-W%V}" if every is Frequency.WEEK else f"{name} {begin:%Y-%m}"


def _due(
    connection: Connection, name: str, terms: FulfilmentList, oldest: datetime, now: datetime, zone: ZoneInfo
) -> datetime:
    begin = period_begin(terms.every, day_of(now, zone.key))
    handed = connection.execute(ALREADY_SENT, {"batch": batch_name(name, terms.every, begin)}).scalar_one()
    if oldest >= datetime.combine(begin, time(), zone) or handed:
        begin = next_period(terms.every, begin)
    return datetime.combine(begin, SEND_TIME, zone)


def _mail(connection: Connection, name: str, terms: FulfilmentList, batch: str) -> StaffMail:
    lines = batch_lines(connection, batch)
    data = {
        "list": name,
        "batch": batch,
        "count": len(lines),
        "incomplete": sum(bool(line.remark) for line in lines),
        "lines": [line.mail_data for line in lines[:MAIL_LINES]],
        "path": f"/fulfilment/{sign_token(PURPOSE, batch)}",
    }
    return StaffMail(key=f"fulfilment:{batch}", to_address=terms.to, template="team/fulfilment_list", data=data)
