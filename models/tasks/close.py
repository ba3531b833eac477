"""Closes tasks that no run waits for any more; a closed one keeps its page, and takes no outcome."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import id_list

CLOSE_TASKS = text("""
-- The run went on without it, or it ended. A task that is done stays so.
UPDATE task SET closed_at = :now
FROM journey_run r
WHERE r.id = task.run_id AND r.id = ANY(CAST(:runs AS bigint[])) AND task.done_at IS NULL AND task.closed_at IS NULL
  AND (r.status = 'ended' OR task.number <= r.steps)
""")

LOCK_RUN = text("""
-- A run whose wait for the report times out closes the task: the lock puts the two in order.
SELECT id FROM journey_run WHERE id = (SELECT run_id FROM task WHERE id = :task) FOR NO KEY UPDATE
""")


def lock_run_of_task(connection: Connection, task_id: int) -> None:
    """Lock the run that waits for the task; it is locked before the contact that a report changes."""
    connection.execute(LOCK_RUN, {"task": task_id})


def close_tasks(connection: Connection, runs: Iterable[int], now: datetime) -> None:
    """Close the open tasks of these runs that are over: all of an ended run, else those of its answered steps."""
    if ids := list(runs):
        connection.execute(CLOSE_TASKS, {"runs": id_list(ids), "now": now})
