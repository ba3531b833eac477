"""Manual intervention in runs: retry stuck ones, end them, or restart the journey."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

RETRY_RUNS = text("""
-- The answer that woke the run, if it had one, is still there; the journey takes it in again. One that waits goes on
-- waiting for as long as it would have.
UPDATE journey_run
SET status = 'waiting', resume_at = CASE WHEN asked_at IS NULL THEN :now ELSE resume_at END, stuck_reason = NULL
WHERE id = ANY(:runs) AND status = 'stuck'
""")

END_RUNS = text("""
UPDATE journey_run
SET status = 'ended', ending = :ending, ended_at = :now, resume_at = NULL, waiting_events = NULL, stuck_reason = NULL
WHERE id = ANY(:runs) AND ended_at IS NULL
RETURNING id
""")

CLOSE_TASKS = text("""
UPDATE task SET closed_at = :now WHERE run_id = ANY(:runs) AND done_at IS NULL AND closed_at IS NULL
""")

RESTART_RUNS = text("""
INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at, resume_at)
SELECT journey, contact_id, 'again:' || id, exclusive, :now, :now FROM journey_run WHERE id = ANY(:runs)
ON CONFLICT DO NOTHING
""")


def retry_runs(connection: Connection, runs: Sequence[int], now: datetime) -> int:
    """Resume stuck runs at their step, after the reason is fixed; returns how many."""
    return connection.execute(RETRY_RUNS, {"runs": list(runs), "now": now}).rowcount


def end_runs(connection: Connection, runs: Sequence[int], ending: str, now: datetime) -> int:
    """End open runs by hand and close their tasks; gives how many."""
    return len(_end(connection, runs, ending, now))


def restart_runs(connection: Connection, runs: Sequence[int], now: datetime) -> int:
    """End open runs and start the same journey anew for their contacts; returns how many started."""
    ended = _end(connection, runs, "started over", now)
    return connection.execute(RESTART_RUNS, {"runs": ended, "now": now}).rowcount


def _end(connection: Connection, runs: Sequence[int], ending: str, now: datetime) -> list[int]:
    """Those that were still open; what ended by itself meanwhile keeps its ending."""
    ended = connection.execute(END_RUNS, {"runs": list(runs), "ending": ending, "now": now}).scalars().all()
    connection.execute(CLOSE_TASKS, {"runs": ended, "now": now})
    return list(ended)
