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


def close_tasks(connection: Connection, runs: Iterable[int], now: datetime) -> None:
    """Close the open tasks of these runs that are over: all of an ended run, else those of its answered steps."""
    if ids := list(runs):
        connection.execute(CLOSE_TASKS, {"runs": id_list(ids), "now": now})
