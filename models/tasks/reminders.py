"""Overdue tasks: reminds the assignee, then notifies the manager, as often as the playbook says."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from models.access.work_link import REP_OF_TASK, TaskLink, Worker
from models.database import REMINDER_LOCK, id_list
from models.display_name import DISPLAY_NAME
from models.mail.gather import queue_manager_mails
from models.mail.managers import LEADS_IN_A_MAIL, LINES_IN_A_MAIL, list_excerpt
from models.mail.queue import NewMessage, queue_messages
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import Playbook, current_playbook
from models.tasks.mail_again import task_mail
from models.tasks.past import data_for_assignee
from models.team.calendars import Calendars, calendars
from models.titles import title_of_task
from models.wording import duration, moment

LOCK = text(f"SELECT pg_try_advisory_xact_lock({REMINDER_LOCK})")

DUE_REPS = text("""
SELECT DISTINCT rep_id FROM task WHERE remind_at <= :now AND done_at IS NULL AND closed_at IS NULL
""")

# What happens to an overdue task happens at moments that follow from when it was due; remind_at is the next of them,
# so whatever lies between it and now is to be done. Managers are told on the full hour: one mail names all tasks of it.
# The number of a reminder is its place in the playbook's list, and it is one of this due time: who gets the task later
# is reminded as well. After an outage only the newest one that is due goes out: three mails at once remind nobody
# better than one. A reminder waits for its assignee's working hours; what is for the manager does not.
ADVANCE_REMINDERS = text("""
    WITH overdue AS (
        SELECT id FROM task WHERE remind_at <= :now AND done_at IS NULL AND closed_at IS NULL
          AND coalesce(rep_id, 0) = ANY(CAST(:reps AS bigint[]))
        ORDER BY id FOR UPDATE SKIP LOCKED),
    place AS (
        SELECT task.id, task.reminders AS before, told.step, told.tell,
               CASE WHEN person.is_open THEN greatest(reminded.number, task.reminders) ELSE task.reminders END AS after,
               least(reminded.next_at, told.next_at, given.next_at,
                     CASE WHEN NOT person.is_open AND reminded.number > task.reminders THEN person.opens_at END
               ) AS next_at
        FROM overdue JOIN task USING (id)
        JOIN unnest(CAST(:reps AS bigint[]), CAST(:are_open AS bool[]), CAST(:open_at AS timestamptz[]))
             AS person (rep_id, is_open, opens_at) ON person.rep_id = coalesce(task.rep_id, 0)
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE task.due_at + pause <= :now) AS number,
                   min(task.due_at + pause) FILTER (WHERE task.due_at + pause > :now) AS next_at
            FROM unnest(CAST(:reminders AS interval[])) AS pause) AS reminded
        CROSS JOIN LATERAL (
            SELECT count(*) FILTER (WHERE at <= :now) AS step,
                   coalesce(bool_or(at <= :now AND at >= task.remind_at), false) AS tell,
                   min(at) FILTER (WHERE at > :now) AS next_at
            FROM unnest(CAST(:notify_manager_after AS interval[])) AS pause,
                 to_timestamp(ceil(extract(epoch FROM task.due_at + pause) / 3600) * 3600) AS at) AS told
        CROSS JOIN LATERAL (
            SELECT min(task.due_at + pause) AS next_at FROM unnest(CAST(:reassign AS interval[])) AS pause
            WHERE task.due_at + pause > :now) AS given)
    UPDATE task SET reminders = place.after, remind_at = place.next_at
    FROM place WHERE task.id = place.id
    RETURNING task.id, task.rep_id, task.assignee, task.due_at, place.after AS number,
              place.after > place.before AS remind, place.step, place.tell
""")

LATE_TASKS = text("""
-- All that is late of these people, by assignee: how many, and the first so many, the longest overdue first.
SELECT person.assignee, late.ids, late.total
FROM unnest(CAST(:people AS text[])) AS person (assignee)
CROSS JOIN LATERAL (
    SELECT (array_agg(id ORDER BY due_at, id))[1:CAST(:most AS int)] AS ids, count(*) AS total
    FROM task WHERE task.assignee = person.assignee AND due_at <= :now AND done_at IS NULL
      AND closed_at IS NULL) AS late
WHERE late.total > 0
""")

DETAILS = text(f"""
SELECT task.id, task.name, task.kind, task.contact_id, task.run_id, task.template, task.due_at,
       {data_for_assignee()} AS data,
       {DISPLAY_NAME} AS who, contact.company, coalesce(rep.name, task.assignee) AS person,
       rep.id AS rep_id, rep.link_number,
       coalesce(rep.time_zone, team.time_zone, :zone) AS person_zone, coalesce(team.time_zone, :zone) AS zone
FROM task JOIN contact ON contact.id = task.contact_id
LEFT JOIN rep ON rep.id = {REP_OF_TASK} LEFT JOIN team ON team.id = rep.team_id
WHERE task.id = ANY(CAST(:tasks AS bigint[]))
""")

MANAGERS = text("""
SELECT rep.id, rep.name, coalesce(team.manager_email, :company) AS manager
FROM rep LEFT JOIN team ON team.id = rep.team_id WHERE rep.id = ANY(CAST(:reps AS bigint[]))
""")


def send_reminders(connection: Connection, now: datetime) -> tuple[int, int]:
    """Queue the reminders that are due; returns (tasks whose assignee was reminded, tasks whose manager was notified).

    Each person gets one email, about all that is late of theirs, and only in their working hours. Each step of a task
    is sent once; repeating it changes nothing, and beside another process that is at it nothing is done. The caller
    commits.
    """
    if not connection.execute(LOCK).scalar_one():
        return 0, 0
    playbook = current_playbook(connection)
    reps = [rep or 0 for rep in connection.execute(DUE_REPS, {"now": now}).scalars()]
    if not reps:
        return 0, 0
    hours = calendars(connection, playbook, reps)
    overdue = connection.execute(ADVANCE_REMINDERS, _cadence(playbook) | _hours(hours, reps, now) | {"now": now}).all()
    to_remind = [task for task in overdue if task.remind]
    to_tell = [task for task in overdue if task.tell]
    _remind(connection, playbook, to_remind, now)
    _notify_managers(connection, playbook, to_tell, now)
    return len(to_remind), len(to_tell)


def _hours(hours: Calendars, reps: Sequence[int], now: datetime) -> dict[str, Any]:
    """Columns: who works now, and when each does next. Somebody who has left is never reminded."""
    people = [hours.of(rep or None) for rep in reps]
    return {
        "reps": list(reps),
        "are_open": [person is not None and person.is_open(now) for person in people],
        "open_at": [None if person is None else person.next_open(now) for person in people],
    }


def _remind(connection: Connection, playbook: Playbook, tasks: Sequence[Row[Any]], now: datetime) -> None:
    """One email to each person: the task's own again where it is the only one that is late, else a list of all."""
    by_person: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for task in tasks:
        by_person[task.assignee].append(task)
    late = {
        row.assignee: row
        for row in connection.execute(LATE_TASKS, {"people": list(by_person), "most": LEADS_IN_A_MAIL, "now": now})
    }
    single = [task for person, (task, *_) in by_person.items() if late[person].total == 1]
    several = {person: tasks for person, tasks in by_person.items() if late[person].total > 1}
    shown = [task.id for task in single] + [task for person in several for task in late[person].ids]
    details = _details(connection, playbook, shown)
    queue_messages(connection, [_reminder(task, details[task.id]) for task in single], now)
    mails = [
        _late_mail(person, tasks, late[person].total, [details[task] for task in late[person].ids], now)
        for person, tasks in several.items()
    ]
    queue_staff_mail(connection, mails, now)


def _reminder(task: Row[Any], details: Row[Any]) -> NewMessage:
    key = f"{task.due_at.timestamp():.0f}:reminder:{task.number}"
    return task_mail(details, task.assignee, key, {"reminder": task.number})


def _late_mail(
    person: str, reminded: Sequence[Row[Any]], total: int, shown: Sequence[Row[Any]], now: datetime
) -> StaffMail:
    first = min(reminded, key=lambda task: task.id)
    return StaffMail(
        # The first task is reminded of once with this number and due time, and is in one mail.
        key=f"late:{first.id}:{first.due_at.timestamp():.0f}:{first.number}",
        to_address=person,
        template="team/late_tasks",
        data={
            "lines": [_line(task, now, task.person_zone) | {"path": _task_path(task)} for task in shown],
            "count": total,
            "more": total - len(shown),
            "assignee": person,
            "work": _worker(shown[0], person).path,
        },
    )


def _task_path(task: Row[Any]) -> str:
    link = TaskLink(task.id) if task.rep_id is None else TaskLink(task.id, task.rep_id, task.link_number)
    return f"/tasks/{link.token}"


def _worker(task: Row[Any], address: str) -> Worker:
    """Whoever has the task: a salesperson with a page of their own, or an address."""
    if task.rep_id is None:
        return Worker(None, address, address, task.person_zone)
    return Worker(task.rep_id, task.person, address, task.person_zone, task.link_number)


def _details(connection: Connection, playbook: Playbook, tasks: Iterable[int]) -> dict[int, Row[Any]]:
    about = {"tasks": id_list(tasks), "zone": playbook.company.time_zone}
    return {row.id: row for row in connection.execute(DETAILS, about)}


def _cadence(playbook: Playbook) -> dict[str, Any]:
    levels = playbook.service_levels
    return {
        "reminders": list(playbook.reminders),
        "notify_manager_after": list(levels.notify_manager_after),
        "reassign": [levels.reassign_after] if levels.reassign_after is not None else [],
    }


def _notify_managers(connection: Connection, playbook: Playbook, tasks: Sequence[Row[Any]], now: datetime) -> None:
    """One email to each manager about all tasks of their people that they are to be told of now."""
    reps = {task.rep_id for task in tasks if task.rep_id is not None}
    about = {"reps": id_list(reps), "company": playbook.company.inbox}
    people = {row.id: row for row in connection.execute(MANAGERS, about)}
    by_manager: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for task in sorted(tasks, key=lambda task: (_name(people, task), task.due_at, task.id)):
        person = people.get(task.rep_id)
        by_manager[person.manager if person else playbook.company.inbox].append(task)
    shown = _details(connection, playbook, [task.id for mine in by_manager.values() for task in mine[:LINES_IN_A_MAIL]])
    queue_manager_mails(connection, [_mail(manager, mine, shown, now) for manager, mine in by_manager.items()], now)


def _name(people: Mapping[int, Row[Any]], task: Row[Any]) -> str:
    return str(people[task.rep_id].name if task.rep_id in people else task.assignee)


def _mail(manager: str, tasks: Sequence[Row[Any]], shown: Mapping[int, Row[Any]], now: datetime) -> StaffMail:
    first = min(tasks, key=lambda task: task.id)
    lines = [
        _line(shown[task.id], now, shown[task.id].zone) | {"told_before": task.step - 1}
        for task in tasks[:LINES_IN_A_MAIL]
    ]
    return StaffMail(
        # When it was due belongs to the key: a task that moves to somebody else may be late once more.
        key=f"overdue:{first.id}:{first.step}:{first.due_at.timestamp():.0f}",
        to_address=manager,
        template="team/overdue",
        data=list_excerpt(lines, "/tasks") | {"count": len(tasks), "more": len(tasks) - len(lines)},
        contact_id=shown[first.id].contact_id if len(tasks) == 1 else None,
    )


def _line(task: Row[Any], now: datetime, zone: str) -> dict[str, object]:
    return {
        "path": f"/contacts/{task.contact_id}",
        "person": task.person,
        "who": task.who,
        "company": task.company if task.company != task.who else None,
        "what": title_of_task(task.name),
        "was_due": moment(task.due_at, zone),
        "late": duration(now - task.due_at),
    }
