"""Overdue tasks: reminds the assignee, then notifies the manager, as often as the playbook says."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from models.display_name import DISPLAY_NAME
from models.mail.managers import list_excerpt
from models.mail.queue import queue_from
from models.mail.staff_mail import StaffMail, queue_staff_mail
from models.playbook import Playbook, current_playbook
from models.wording import duration, moment

REMINDERS = """
    SELECT format('task:%s:%s:reminder:%s', id, extract(epoch FROM due_at)::bigint, reminders),
           contact_id, run_id, id, 'task', template, assignee, data || jsonb_build_object('reminder', reminders)
    FROM moved WHERE reminders > before
"""

# What happens to an overdue task happens at moments that follow from when it was due; remind_at is the next of them,
# so whatever lies between it and now is to be done. Managers are told on the full hour: one mail names all tasks of it.
# The number of a reminder is its place in the playbook's list, and it is one of this due time: who gets the task later
# is reminded as well. After an outage only the newest one that is due goes
# out: three mails at once remind nobody better than one.
ADVANCE_REMINDERS = text(f"""
    WITH overdue AS (
        SELECT id FROM task WHERE remind_at <= :now AND done_at IS NULL AND closed_at IS NULL
        ORDER BY id FOR UPDATE SKIP LOCKED),
    moment AS (
        SELECT task.id, task.remind_at, 'remind' AS what, task.due_at + pause AS at
        FROM overdue JOIN task USING (id), unnest(CAST(:reminders AS interval[])) AS pause
        UNION ALL
        SELECT task.id, task.remind_at, 'tell',
               to_timestamp(ceil(extract(epoch FROM task.due_at + pause) / 3600) * 3600)
        FROM overdue JOIN task USING (id), unnest(CAST(:notify_manager_after AS interval[])) AS pause
        UNION ALL
        SELECT task.id, task.remind_at, 'reassign', task.due_at + pause
        FROM overdue JOIN task USING (id), unnest(CAST(:reassign AS interval[])) AS pause),
    place AS (
        SELECT task.id, task.reminders AS before,
               count(*) FILTER (WHERE what = 'remind' AND at <= :now) AS number,
               count(*) FILTER (WHERE what = 'tell' AND at <= :now) AS step,
               bool_or(what = 'tell' AND at <= :now AND at >= moment.remind_at) AS tell,
               min(at) FILTER (WHERE at > :now) AS next_at
        FROM overdue JOIN task USING (id) LEFT JOIN moment USING (id)
        GROUP BY task.id),
    moved AS (
        UPDATE task SET reminders = greatest(place.number, place.before), remind_at = place.next_at
        FROM place WHERE task.id = place.id
        RETURNING task.*, place.before, place.step, place.tell),
    reminded AS (
        {queue_from(REMINDERS)}
        RETURNING task_id)
    SELECT moved.id, moved.name, moved.contact_id, moved.due_at, moved.step, coalesce(moved.tell, false) AS tell,
           moved.id IN (SELECT task_id FROM reminded) AS reminded, {DISPLAY_NAME} AS who, contact.company,
           coalesce(rep.name, moved.assignee) AS person, coalesce(team.manager_email, :company) AS manager,
           coalesce(team.time_zone, :zone) AS zone
    FROM moved JOIN contact ON contact.id = moved.contact_id
    LEFT JOIN rep ON rep.id = moved.rep_id LEFT JOIN team ON team.id = rep.team_id
    ORDER BY person, moved.due_at, moved.id
""")


def send_reminders(connection: Connection, now: datetime) -> tuple[int, int]:
    """Queue the reminders that are due; returns (tasks whose assignee was reminded, tasks whose manager was notified).

    Each step of a task is sent once; repeating it, or running two at once, sends nothing twice.
    """
    playbook = current_playbook(connection)
    overdue = connection.execute(ADVANCE_REMINDERS, _cadence(playbook) | {"now": now}).all()
    to_tell = [task for task in overdue if task.tell]
    queue_staff_mail(connection, _mails(to_tell, now), now)
    return sum(task.reminded for task in overdue), len(to_tell)


def _cadence(playbook: Playbook) -> dict[str, Any]:
    levels = playbook.service_levels
    return {
        "reminders": list(playbook.reminders),
        "notify_manager_after": list(levels.notify_manager_after),
        "reassign": [levels.reassign_after] if levels.reassign_after is not None else [],
        "company": playbook.company.inbox,
        "zone": playbook.company.time_zone,
    }


def _mails(overdue: Sequence[Row[Any]], now: datetime) -> list[StaffMail]:
    by_manager: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for task in overdue:
        by_manager[task.manager].append(task)
    return [_mail(manager, tasks, now) for manager, tasks in by_manager.items()]


def _mail(manager: str, tasks: Sequence[Row[Any]], now: datetime) -> StaffMail:
    first = min(tasks, key=lambda task: task.id)
    return StaffMail(
        # When it was due belongs to the key: a task that moves to somebody else may be late once more.
        key=f"overdue:{first.id}:{first.step}:{first.due_at.timestamp():.0f}",
        to_address=manager,
        template="team/overdue",
        data=list_excerpt([_line(task, now) for task in tasks], "/tasks"),
        contact_id=first.contact_id if len(tasks) == 1 else None,
    )


def _line(task: Row[Any], now: datetime) -> dict[str, object]:
    return {
        "path": f"/contacts/{task.contact_id}",
        "person": task.person,
        "who": task.who,
        "company": task.company if task.company != task.who else None,
        "what": task.name.replace("_", " "),
        "was_due": moment(task.due_at, task.zone),
        "late": duration(now - task.due_at),
        "told_before": task.step - 1,
    }
