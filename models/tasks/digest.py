"""The morning digest: what is late and what is due today, to each salesperson as their working day begins."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Row, text

from models.database import id_list, to_json
from models.display_name import DISPLAY_NAME
from models.mail.managers import LEADS_IN_A_MAIL
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import current_playbook
from models.team.calendars import calendars
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

DUE_TODAY = text(f"""
-- Overdue first, then what is due today, each by the score of the lead.
SELECT person.rep_id, count(*) FILTER (WHERE task.due_at <= :now) OVER (PARTITION BY person.rep_id) AS late,
       task.id AS task_id, task.name, task.kind, task.due_at, {DISPLAY_NAME} AS who, contact.company
FROM unnest(CAST(:reps AS bigint[]), CAST(:ends AS timestamptz[])) AS person (rep_id, ends_at)
JOIN task ON task.rep_id = person.rep_id AND task.due_at < person.ends_at
 AND task.done_at IS NULL AND task.closed_at IS NULL
JOIN contact ON contact.id = task.contact_id
ORDER BY person.rep_id, task.due_at > :now, contact.score DESC, task.due_at, task.id
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
    today = datetime.combine(day_of(now, hours.zone), time(0), ZoneInfo(hours.zone))
    begin = hours.next_open(today)
    return begin if begin is not None and day_of(begin, hours.zone) == today.date() else None


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
    """One for each who has something to do."""
    people = {morning.rep.id: morning for morning in mornings}
    about = {"reps": list(people), "ends": [morning.ends_at for morning in mornings], "now": now}
    tasks: dict[int, list[Row[Any]]] = {rep: [] for rep in people}
    for row in connection.execute(DUE_TODAY, about):
        tasks[row.rep_id].append(row)
    offers = {row.rep_id: row.offers for row in connection.execute(OFFERS, {"reps": id_list(people), "now": now})}
    for rep, morning in people.items():
        if tasks[rep] or rep in offers:
            yield _mail(morning, tasks[rep], offers.get(rep, 0), now)


def _mail(morning: _Morning, tasks: Sequence[Row[Any]], offers: int, now: datetime) -> StaffMail:
    shown = tasks[:LEADS_IN_A_MAIL]
    return StaffMail(
        key=f"digest:{morning.rep.id}:{morning.day}",
        to_address=morning.rep.email,
        template="team/digest",
        data={
            "first_name": next(iter(morning.rep.name.split()), morning.rep.name),
            "day": day(morning.day),
            "count": len(tasks),
            "late": tasks[0].late if tasks else 0,
            "offers": offers,
            "lines": [_line(task, morning.zone, now) for task in shown],
            "more": len(tasks) - len(shown),
            "assignee": morning.rep.email,
        },
    )


def _line(task: Row[Any], zone: str, now: datetime) -> dict[str, object]:
    is_late = task.due_at <= now
    return {
        "task": task.task_id,
        "who": task.who,
        "company": task.company if task.company != task.who else None,
        "what": task.name.replace("_", " "),
        "due": moment(task.due_at, zone) if is_late else clock_time(task.due_at, zone),
        "late": duration(now - task.due_at) if is_late else None,
    }
