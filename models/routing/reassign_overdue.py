"""Reassigns leads whose owner left a task overdue for too long, if the playbook says so."""

from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from models.database import lock_contacts
from models.playbook import current_playbook
from models.routing.reassign import reassign

LONG_OVERDUE = """
-- Tasks of the owner alone: a task for somebody else does not become theirs with the lead. Whoever got the lead since
-- has as long as the one before, and one that an owner is looked for is on its way already.
SELECT DISTINCT task.contact_id FROM task JOIN contact ON contact.id = task.contact_id
WHERE task.done_at IS NULL AND task.closed_at IS NULL AND task.due_at <= CAST(:now AS timestamptz) - :reassign_after
  AND task.rep_id = contact.owner_id
  AND NOT EXISTS (SELECT FROM assignment a
                  WHERE a.contact_id = contact.id AND a.at > CAST(:now AS timestamptz) - :reassign_after)
  AND NOT EXISTS (SELECT FROM placement p WHERE p.contact_id = contact.id AND p.closed_at IS NULL)
"""

LONG_OVERDUE_CONTACTS = text(f"{LONG_OVERDUE} ORDER BY task.contact_id")

STILL_LONG_OVERDUE = text(f"{LONG_OVERDUE} AND task.contact_id = ANY(:contacts) ORDER BY task.contact_id")


def reassign_overdue_leads(connection: Connection, now: datetime) -> int:
    """Reassign such leads with their open tasks; returns how many got a new owner at once.

    Two that run at once lock each lead in turn, and the second leaves it out. A lead that nobody else can have stays.
    """
    reassign_after = current_playbook(connection).service_levels.reassign_after
    contacts = _lock_long_overdue(connection, now, reassign_after) if reassign_after is not None else []
    if not contacts:
        return 0
    return len(
        reassign(connection, contacts, None, by="the playbook", reason="a task lay for too long", now=now).assigned
    )


def _lock_long_overdue(connection: Connection, now: datetime, reassign_after: timedelta) -> list[int]:
    """Select, lock, and select again: leads that were reassigned in between are left out."""
    about = {"now": now, "reassign_after": reassign_after}
    contacts = list(connection.execute(LONG_OVERDUE_CONTACTS, about).scalars())
    lock_contacts(connection, contacts)
    return list(connection.execute(STILL_LONG_OVERDUE, about | {"contacts": contacts}).scalars())
