"""Gives an open task to a colleague: the lead stays whose it is, and the task no longer follows it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, text

from models.access.work_link import REP_OF_TASK, Worker
from models.events.emit import NewEvent, emit
from models.mail.queue import queue_from
from models.tasks.close import lock_run_of_task
from models.tasks.last_said import last_said
from models.tasks.past import data_for_assignee

COLLEAGUES = text("""
-- Those of the same team first. People of partners give to their own team only, and get nothing of others.
SELECT rep.id, rep.name, team.name AS team FROM rep LEFT JOIN team ON team.id = rep.team_id
LEFT JOIN rep me ON me.id = :rep LEFT JOIN team mine ON mine.id = me.team_id
WHERE rep.active AND rep.id <> :rep
  AND (rep.team_id IS NOT DISTINCT FROM me.team_id
       OR NOT coalesce(team.partner, false) AND NOT coalesce(mine.partner, false))
  AND NOT EXISTS (SELECT FROM absence a WHERE a.rep_id = rep.id
                  AND CAST(:today AS date) BETWEEN a.first_day AND a.last_day)
ORDER BY rep.team_id IS NOT DISTINCT FROM me.team_id DESC, rep.name, rep.id
""")

MAIL = f"""
SELECT format('task:%s:delegated:%s', id, extract(epoch FROM delegated_at)), contact_id, run_id, id, 'task', template,
       assignee, data || {last_said("given.contact_id", "given.rep_id")}
           || jsonb_build_object('from_colleague', CAST(:by AS text), 'reason', CAST(:reason AS text))
FROM given
"""

DELEGATE = text(f"""
-- Whoever gets an overdue task has as long as the first had, and reminders begin anew; but once only. One that goes on
-- from hand to hand stays overdue, so that the manager hears of it.
WITH given AS (
    UPDATE task SET rep_id = to_rep.id, assignee = to_rep.email, delegated_at = :now, report = DEFAULT,
        reminders = CASE WHEN before.keeps THEN task.reminders ELSE 0 END,
        due_at = CASE WHEN before.keeps THEN task.due_at ELSE before.new_due_at END,
        remind_at = CASE WHEN before.keeps THEN task.remind_at ELSE before.new_due_at END
    FROM rep to_rep CROSS JOIN (
        SELECT due_at <= :now AND delegated_at IS NOT NULL AS keeps,
               CASE WHEN due_at > :now THEN due_at ELSE :now + (due_at - created_at) END AS new_due_at
        FROM task WHERE id = :task) AS before
    WHERE task.id = :task AND {REP_OF_TASK} = :from_rep AND task.done_at IS NULL AND task.closed_at IS NULL
      AND to_rep.id = :to_rep
    RETURNING task.id, task.contact_id, task.run_id, task.name, task.template, task.assignee, task.rep_id,
              {data_for_assignee()} AS data, task.delegated_at, to_rep.name AS colleague),
mailed AS ({queue_from(MAIL)})
SELECT contact_id, name, colleague FROM given
""")


@dataclass(frozen=True)
class Colleague:
    """Somebody to whom a task can be given."""

    id: int
    name: str
    team: str | None


def colleagues(connection: Connection, worker: Worker, today: date) -> Sequence[Colleague]:
    """To whom a salesperson can give a task on this day, their own team first; nobody for an office."""
    if worker.rep_id is None:
        return []
    return [Colleague(*row) for row in connection.execute(COLLEAGUES, {"rep": worker.rep_id, "today": today})]


def delegate(
    connection: Connection, task_id: int, worker: Worker, colleague: int, reason: str, now: datetime
) -> str | None:
    """Give an open task of this salesperson to a colleague, who is mailed; gives the colleague's name.

    None, and nothing changes, when the task is not theirs, or over. It is an event with the reason. The caller commits,
    and has checked that the colleague is one of `colleagues`.
    """
    lock_run_of_task(connection, task_id)
    values = {
        "task": task_id,
        "from_rep": worker.rep_id,
        "to_rep": colleague,
        "by": worker.name,
        "reason": reason,
        "now": now,
    }
    given = connection.execute(DELEGATE, values).one_or_none()
    if given is None:
        return None
    data = {"task": task_id, "name": given.name, "to": given.colleague, "reason": reason, "by": worker.name}
    data["rep_id"] = worker.rep_id
    event = NewEvent(name="task_delegated", topic=str(task_id), contact_id=given.contact_id, source="task", data=data)
    emit(connection, [event], now)
    return str(given.colleague)
