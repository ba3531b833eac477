"""Starting runs: one INSERT that ignores contacts who are on the journey already."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from flows.runtime.definition import Definition

START_RUNS = text("""
-- A key that was used before, or an open run of an exclusive journey, makes the start a no-op.
INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at, resume_at)
SELECT :journey, n.contact_id, n.key, :exclusive, :now, :now
FROM unnest(CAST(:contacts AS bigint[]), CAST(:keys AS text[])) AS n (contact_id, key)
JOIN contact ON contact.id = n.contact_id
ON CONFLICT DO NOTHING
""")


def start_runs(connection: Connection, definition: Definition, starts: Sequence[tuple[int, str]], now: datetime) -> int:
    """Start a journey for (contact id, reason) pairs; the number of new runs.

    A pair that was started before is ignored.
    """
    result = connection.execute(
        START_RUNS,
        {
            "journey": definition.name,
            "exclusive": definition.exclusive,
            "now": now,
            "contacts": [contact for contact, _ in starts],
            "keys": [definition.start_key(reason) for _, reason in starts],
        },
    )
    return result.rowcount
