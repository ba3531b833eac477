"""Leads whose owner has let a task lie for too long go to somebody else, if the playbook says so."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.playbook import current
from models.routing.reassign import reassign

LYING = """
-- Tasks of the owner alone: a task for somebody else does not become theirs with the lead. Whoever got the lead since
-- has as long as the one before, and one that an owner is looked for is on its way already.
SELECT DISTINCT task.contact_id FROM task JOIN contact ON contact.id = task.contact_id
WHERE task.done_at IS NULL AND task.closed_at IS NULL AND task.due_at <= CAST(:now AS timestamptz) - :patience
  AND task.rep_id = contact.owner_id
  AND NOT EXISTS (SELECT FROM assignment a
                  WHERE a.contact_id = contact.id AND a.at > CAST(:now AS timestamptz) - :patience)
  AND NOT EXISTS (SELECT FROM placement p WHERE p.contact_id = contact.id AND p.settled_at IS NULL)
"""

CANDIDATES = text(f"{LYING} ORDER BY task.contact_id")

HOLD = text("SELECT id FROM contact WHERE id = ANY(:contacts) ORDER BY id FOR NO KEY UPDATE")

STILL = text(f"{LYING} AND task.contact_id = ANY(:contacts) ORDER BY task.contact_id")


def take_away(connection: Connection, now: datetime) -> int:
    """Give such leads to somebody else, open tasks with them; gives how many found a new owner at once.

    Two at once take turns at each lead, and the second finds it settled. A lead that nobody else can have stays.
    """
    patience = current(connection).service_levels.reassign_after
    contacts = _lying(connection, now, patience) if patience is not None else []
    if not contacts:
        return 0
    return len(
        reassign(connection, contacts, None, by="the playbook", because="a task lay for too long", now=now).given
    )


def _lying(connection: Connection, now: datetime, patience: timedelta) -> list[int]:
    """Looked for first, then held, then looked at again: what somebody else has settled meanwhile is left out."""
    about = {"now": now, "patience": patience}
    contacts = list(connection.execute(CANDIDATES, about).scalars())
    connection.execute(HOLD, {"contacts": contacts})
    return list(connection.execute(STILL, about | {"contacts": contacts}).scalars())
