"""The morning digest: what is late and what is due today, to each salesperson as their working day begins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from models.access.work_link import Worker, worker
from models.database import id_list, to_json
from models.mail.managers import LEADS_IN_A_MAIL
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import current_playbook
from models.tasks.open_tasks import OpenTask, open_tasks
from models.team.calendars import calendars
from models.titles import title_of_task
from models.values.working_hours import WorkingHours, read_week
from models.wording import clock_time, day, day_of, duration, moment

USUAL_MORNING = read_week({"mon-fri": "08:00-18:00"})
"""For who works around the clock: their day begins then."""

LATEST = timedelta(hours=4)
"""After the day has begun. Later, as after an outage, a digest says nothing that they have not seen."""

NEXT = text("""
-- Whose moment was never worked out is due: nothing is sent to them for that.
SELECT min(coalesce(digest_at, to_timestamp(0))) FROM rep WHERE active
""")

TAKE = text("""
SELECT id, name, email, digest_at FROM rep WHERE active AND (digest_at IS NULL OR digest_at <= :now)
ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
""")

SET_NEXT = text("""
UPDATE rep SET digest_at = n.digest_at
FROM jsonb_to_recordset(CAST(:moments AS jsonb)) AS n (id bigint, digest_at timestamptz) WHERE rep.id = n.id
""")

OFFERS = text("""
SELECT rep_id, count(*) AS offers FROM offer
WHERE rep_id = ANY(CAST(:reps AS bigint[])) AND answer IS NULL AND expires_at > :now GROUP BY rep_id
""")


@dataclass(frozen=True)
class _Morning:
    """Somebody whose working day has begun."""

    rep: Row[Any]
    zone: str
    day: date
    ends_at: datetime
    """The end of that day."""


def next_digest(connection: Connection) -> datetime | None:
    """When the next digest is due; None without salespeople."""
    return connection.execute(NEXT).scalar()


def send_digests(connection: Connection, now: datetime) -> int:
    """Queue the digests that are due, and work out when each person gets the next; gives how many were queued.

    Two at once, or doing it again, sends nothing twice. The caller commits.
    """
    playbook = current_playbook(connection)
    due = connection.execute(TAKE, {"now": now}).all()
    hours = calendars(connection, playbook, [rep.id for rep in due])
    mornings, moments = [], []
    for rep in due:
        calendar = _with_mornings(hours.people[rep.id])
        begin = _begin_of_day(calendar, now)
        if playbook.tasks.digest and rep.digest_at is not None and begin is not None and begin <= now < begin + LATEST:
            mornings.append(_morning(rep, calendar.zone, now))
        moments.append({"id": rep.id, "digest_at": _next_begin(calendar, now)})
    if moments:
        connection.execute(SET_NEXT, {"moments": to_json(moments)})
    return queue_staff_mail(connection, list(_mails(connection, mornings, now)), now) if mornings else 0


def _with_mornings(hours: WorkingHours) -> WorkingHours:
    if hours.week is not None:
        return hours
    return WorkingHours(hours.zone, USUAL_MORNING, hours.away, hours.holidays)


def _begin_of_day(hours: WorkingHours, now: datetime) -> datetime | None:
    """When the working day of this moment begins where they are; None on a day off."""
    midnight = datetime.combine(day_of(now, hours.zone), time(0), ZoneInfo(hours.zone))
    begins, last_end = [], None
    for begin, end in hours.spans(midnight - timedelta(seconds=1)):
        if begin >= midnight + timedelta(days=1):
            break
        # A shift past midnight belongs to two days, and began the evening before.
        if begin >= midnight and begin != last_end:
            begins.append(begin)
        last_end = end
    return begins[0] if begins and day_of(begins[0], hours.zone) == midnight.date() else None


def _next_begin(hours: WorkingHours, now: datetime) -> datetime:
    """The begin of the next working day after this moment; in a year of who does not work by then."""
    begin = _begin_of_day(hours, now)
    if begin is not None and begin > now:
        return begin
    tomorrow = datetime.combine(day_of(now, hours.zone) + timedelta(days=1), time(0), ZoneInfo(hours.zone))
    return hours.next_open(tomorrow) or now + timedelta(days=365)


def _morning(rep: Row[Any], zone: str, now: datetime) -> _Morning:
    today = day_of(now, zone)
    return _Morning(rep, zone, today, datetime.combine(today + timedelta(days=1), time(0), ZoneInfo(zone)))


def _mails(connection: Connection, mornings: Sequence[_Morning], now: datetime) -> Iterable[StaffMail]:
    """One for each who has something to do, by the ranking of their page."""
    about = {"reps": id_list(morning.rep.id for morning in mornings), "now": now}
    offers = {row.rep_id: row.offers for row in connection.execute(OFFERS, about)}
    for morning in mornings:
        person = worker(connection, morning.rep.id)
        assert person is not None, "the row of this salesperson is locked"
        listed = open_tasks(connection, person, now)
        due = [task for task in listed.tasks if task.due_at < morning.ends_at]
        if due or morning.rep.id in offers:
            yield _mail(morning, person, due, listed.overdue, offers.get(morning.rep.id, 0), now)


def _mail(
    morning: _Morning, person: Worker, tasks: Sequence[OpenTask], late: int, offers: int, now: datetime
) -> StaffMail:
    shown = tasks[:LEADS_IN_A_MAIL]
    return StaffMail(
        key=f"digest:{morning.rep.id}:{morning.day}",
        to_address=person.email,
        template="team/digest",
        data={
            "first_name": next(iter(person.name.split()), person.name),
            "day": day(morning.day),
            "count": len(tasks),
            "late": late,
            "offers": offers,
            "lines": [_line(task, person, morning.zone, now) for task in shown],
            "more": len(tasks) - len(shown),
            "assignee": person.email,
            "work": person.path,
        },
    )


def _line(task: OpenTask, person: Worker, zone: str, now: datetime) -> dict[str, object]:
    return {
        "path": f"/tasks/{task.token(person)}",
        "who": task.who,
        "company": task.company if task.company != task.who else None,
        "what": title_of_task(task.name, task.kind),
        "due": moment(task.due_at, zone) if task.overdue else clock_time(task.due_at, zone),
        "late": duration(now - task.due_at) if task.overdue else None,
    }
