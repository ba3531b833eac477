"""What a person can do with runs that are stuck, or that must not go on."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

TRY_AGAIN = text("""
-- The answer that woke the run, if it had one, is still there; the journey takes it in again. One that waits goes on
-- waiting for as long as it would have.
UPDATE journey_run
SET status = 'waiting', wake_at = CASE WHEN asked_at IS NULL THEN :now ELSE wake_at END, stuck_because = NULL
WHERE id = ANY(:runs) AND status = 'stuck'
""")

END = text("""
UPDATE journey_run
SET status = 'ended', ending = :ending, ended_at = :now, wake_at = NULL, waiting_events = NULL, stuck_because = NULL
WHERE id = ANY(:runs) AND ended_at IS NULL
RETURNING id
""")

CLOSE_TASKS = text("""
UPDATE task SET closed_at = :now WHERE run_id = ANY(:runs) AND done_at IS NULL AND closed_at IS NULL
""")

START_OVER = text("""
INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at, wake_at)
SELECT journey, contact_id, 'again:' || id, exclusive, :now, :now FROM journey_run WHERE id = ANY(:runs)
ON CONFLICT DO NOTHING
""")


def try_again(connection: Connection, runs: Sequence[int], now: datetime) -> int:
    """Let stuck runs go on from where they are, after the reason is mended; gives how many."""
    return connection.execute(TRY_AGAIN, {"runs": list(runs), "now": now}).rowcount


def end(connection: Connection, runs: Sequence[int], ending: str, now: datetime) -> int:
    """End open runs by hand and close their tasks; gives how many."""
    return len(_end(connection, runs, ending, now))


def start_over(connection: Connection, runs: Sequence[int], now: datetime) -> int:
    """End open runs and begin the same journey from the top for their contacts; gives how many began."""
    ended = _end(connection, runs, "started over", now)
    return connection.execute(START_OVER, {"runs": ended, "now": now}).rowcount


def _end(connection: Connection, runs: Sequence[int], ending: str, now: datetime) -> list[int]:
    """Those that were still open; what ended by itself meanwhile keeps its ending."""
    ended = connection.execute(END, {"runs": list(runs), "ending": ending, "now": now}).scalars().all()
    connection.execute(CLOSE_TASKS, {"runs": ended, "now": now})
    return list(ended)
