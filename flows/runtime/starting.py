"""Putting contacts on a journey."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import Connection, text

if TYPE_CHECKING:
    from flows.runtime.definition import Definition

START = text("""
-- A key that was used before, or an open run of an exclusive journey, makes the start a no-op.
INSERT INTO journey_run (journey, contact_id, key, exclusive, started_at, wake_at)
SELECT :journey, n.contact_id, n.key, :exclusive, :now, :now
FROM unnest(CAST(:contacts AS bigint[]), CAST(:keys AS text[])) AS n (contact_id, key)
JOIN contact ON contact.id = n.contact_id
ON CONFLICT DO NOTHING
""")


def start_runs(
    connection: Connection, definition: "Definition", starts: Sequence[tuple[int, str]], now: datetime
) -> int:
    """Start a journey for (contact, reason) pairs; gives how many were new. The same twice changes nothing."""
    result = connection.execute(
        START,
        {
            "journey": definition.name,
            "exclusive": definition.exclusive,
            "now": now,
            "contacts": [contact for contact, _ in starts],
            "keys": [definition.key(reason) for _, reason in starts],
        },
    )
    return result.rowcount
