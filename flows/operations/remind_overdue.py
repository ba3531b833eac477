"""Remind of overdue tasks: whoever was asked and has not reported gets the same mail again, as the playbook says."""

import asyncio
from datetime import UTC, datetime

from prefect import flow
from prefect.client.schemas.objects import State
from prefect.states import Completed
from sqlalchemy import Connection, text

from models.database import engine
from models.playbook import current

# The number of a reminder is its place in the playbook's list. After an outage only the newest one that is due goes
# out: three mails at once remind nobody better than one.
REMIND = text("""
    WITH overdue AS (
        SELECT id FROM task WHERE remind_at <= :now AND done_at IS NULL AND closed_at IS NULL
        ORDER BY id FOR UPDATE SKIP LOCKED),
    place AS (
        SELECT task.id, task.reminders AS before, count(*) FILTER (WHERE task.due_at + after.pause <= :now) AS number,
               min(task.due_at + after.pause) FILTER (WHERE task.due_at + after.pause > :now) AS next_at
        FROM overdue JOIN task USING (id) LEFT JOIN unnest(CAST(:pauses AS interval[])) AS after (pause) ON true
        GROUP BY task.id),
    moved AS (
        UPDATE task SET reminders = greatest(place.number, place.before), remind_at = place.next_at
        FROM place WHERE task.id = place.id
        RETURNING task.*, place.before)
    INSERT INTO message (key, contact_id, run_id, task_id, kind, template, to_address, data, queued_at)
    SELECT format('task:%s:reminder:%s', id, reminders), contact_id, run_id, id, 'task', template, assignee,
           data || jsonb_build_object('reminder', reminders), :now
    FROM moved WHERE reminders > before
    ON CONFLICT (key) DO NOTHING
""")


@flow(name="remind-overdue-tasks", flow_run_name="remind of overdue tasks")
async def remind_overdue_tasks() -> State[None]:
    """Mail everyone who has an overdue task, once for each reminder that the playbook sets.

    Starting it twice, or beside the clock, sends nothing twice.
    """
    reminded = await asyncio.to_thread(_remind_now)
    return Completed(message=f"{reminded} reminded")


def _remind_now() -> int:
    with engine().begin() as connection:
        return remind_due(connection, datetime.now(UTC))


def remind_due(connection: Connection, now: datetime) -> int:
    """Queue a reminder for every task that is due for one, and set when the next is; how many were queued."""
    pauses = list(current(connection).reminders)
    return connection.execute(REMIND, {"now": now, "pauses": pauses}).rowcount
