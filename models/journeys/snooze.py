"""Puts a task off until a date that the lead named, and lets the journey wait for it."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.events.emit import NewEvent, emit
from models.journeys.runs import wait_longer
from models.tasks.close import lock_run_of_task

LONGEST_SNOOZE = timedelta(days=366)
"""What is agreed for later than in a year is no task yet."""

SNOOZE = text("""
-- The reminders begin anew, from the new date on.
UPDATE task SET due_at = :until, remind_at = :until, reminders = 0
FROM (SELECT id, due_at FROM task WHERE id = :task FOR UPDATE) AS before
WHERE task.id = before.id AND task.done_at IS NULL AND task.closed_at IS NULL AND before.due_at <> :until
RETURNING task.run_id, task.contact_id, task.name, task.assignee, task.rep_id, before.due_at AS was_due_at
""")


def snooze(connection: Connection, task_id: int, until: datetime, reason: str, now: datetime) -> bool:
    """Make an open task due at another moment, which is an event; false when it is over, or due then already.

    The wait of the journey ends as much later. Alerts about a lead whom nobody has tried to reach are not put off. The
    caller commits.
    """
    lock_run_of_task(connection, task_id)
    task = connection.execute(SNOOZE, {"task": task_id, "until": until}).one_or_none()
    if task is None:
        return False
    wait_longer(connection, task.run_id, until, task.was_due_at)
    put_off = NewEvent(
        name="task_snoozed",
        topic=str(task_id),
        contact_id=task.contact_id,
        source="task",
        data={"task": task_id, "name": task.name, "until": until, "reason": reason, "by": task.assignee}
        | ({} if task.rep_id is None else {"rep_id": task.rep_id}),
    )
    emit(connection, [put_off], now)
    return True
