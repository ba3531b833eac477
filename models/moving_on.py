"""What a person can do with runs that are stuck, or that must not go on."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

TRY_AGAIN = text("""
-- The answer that woke the run, if it had one, is still there; the journey takes it in again.
UPDATE journey_run SET status = 'waiting', wake_at = :now, stuck_because = NULL
WHERE id = ANY(:runs) AND status = 'stuck'
""")

END = text("""
UPDATE journey_run
SET status = 'ended', ending = :ending, ended_at = :now, wake_at = NULL, waiting_events = NULL, stuck_because = NULL
WHERE id = ANY(:runs) AND ended_at IS NULL
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
    ended = connection.execute(END, {"runs": list(runs), "ending": ending, "now": now}).rowcount
    connection.execute(CLOSE_TASKS, {"runs": list(runs), "now": now})
    return ended


def start_over(connection: Connection, runs: Sequence[int], now: datetime) -> int:
    """End open runs and begin the same journey from the top for their contacts; gives how many began."""
    end(connection, runs, "started over", now)
    return connection.execute(START_OVER, {"runs": list(runs), "now": now}).rowcount
