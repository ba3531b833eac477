"""Changes of contact owners: the only place that writes contact.owner_id."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import lock_contacts, to_json
from models.events.emit import emit_from
from models.response import move_open_follow_ups
from models.tasks.handover import move_open_tasks

INSERT_ASSIGNMENTS = text("""
-- Before the owner changes, so that it still says who had the lead.
INSERT INTO assignment (contact_id, rep_id, previous_rep_id, router, number, how, reason, draw, candidate_set_id,
                        received, at)
SELECT c.id, n.rep_id, c.owner_id, n.router, n.number, n.how, n.reason, n.draw, n.candidate_set_id, n.received, :now
FROM json_to_recordset(CAST(:changes AS json))
     AS n (contact_id bigint, rep_id bigint, router text, number bigint, how text, reason text, draw float8,
           candidate_set_id bigint, received int)
JOIN contact c ON c.id = n.contact_id
ORDER BY n.number, c.id
""")

SET_OWNERS = text("""
UPDATE contact SET owner_id = n.rep_id, updated_at = :now
FROM json_to_recordset(CAST(:changes AS json)) AS n (contact_id bigint, rep_id bigint)
WHERE contact.id = n.contact_id
""")

EMIT_LEAD_ASSIGNED = text(
    emit_from("""
SELECT 'lead_assigned', coalesce(n.router, 'by hand'), n.contact_id, 'routing', NULL,
       jsonb_build_object('owner', rep.name, 'reason', n.reason), CAST(:now AS timestamptz)
FROM json_to_recordset(CAST(:changes AS json)) AS n (contact_id bigint, rep_id bigint, router text, reason text)
JOIN rep ON rep.id = n.rep_id
JOIN contact ON contact.id = n.contact_id
""")
)

LEAD_PLACED = """
SELECT 'lead_placed', closed.id::text, contact_id, 'routing', NULL,
       jsonb_build_object('owner', rep.name, 'router', router, 'reason', reason), CAST(:now AS timestamptz)
FROM closed JOIN rep ON rep.id = closed.rep_id
"""

CLOSE_PLACEMENTS = text(f"""
-- Open offers are withdrawn. Runs that wait are resumed by the placement's number: an older `lead_assigned` that nobody
-- has reacted to yet is not what they wait for.
WITH closed AS (
    UPDATE placement p SET closed_at = :now, rep_id = n.rep_id, try_at = NULL, escalate_at = NULL
    FROM json_to_recordset(CAST(:changes AS json)) AS n (contact_id bigint, rep_id bigint, router text, reason text)
    WHERE p.contact_id = n.contact_id AND p.closed_at IS NULL
    RETURNING p.id, p.contact_id, n.rep_id, coalesce(n.router, 'by hand') AS router, n.reason
), emitted AS (
    {emit_from(LEAD_PLACED)}
)
UPDATE offer SET answer = 'withdrawn', answered_at = :now
FROM closed WHERE offer.placement_id = closed.id AND offer.answer IS NULL
""")


@dataclass(frozen=True, slots=True)
class OwnerChange:
    """A lead and its new owner; the rest is for the assignment log, see Assignment."""

    contact_id: int
    rep_id: int
    router: str | None
    how: str
    reason: str
    number: int | None = None
    draw: float | None = None
    candidate_set_id: int | None = None
    received: int | None = None


COLUMNS = tuple(field.name for field in fields(OwnerChange))


def change_owners(connection: Connection, changes: Sequence[OwnerChange], now: datetime) -> None:
    """Writes the assignment log and emits `lead_assigned`.

    An open placement of the contact is closed and emits `lead_placed` with its id as topic; open offers are withdrawn.
    Open follow-ups and tasks move to the new owner.
    """
    if not changes:
        return
    lock_contacts(connection, [change.contact_id for change in changes])
    values = {"changes": to_json([_columns(change) for change in changes]), "now": now}
    for statement in (INSERT_ASSIGNMENTS, SET_OWNERS, EMIT_LEAD_ASSIGNED):
        connection.execute(statement, values)
    follow_owners(connection, changes, now)


def follow_owners(connection: Connection, owners: Sequence[OwnerChange], now: datetime) -> None:
    """Give the owners of these contacts what is open about them: placements are closed, follow-ups and tasks move.

    For contacts that came by it without a change of the owner, as by a merge; doing it again changes nothing.
    """
    if not owners:
        return
    connection.execute(CLOSE_PLACEMENTS, {"changes": to_json([_columns(owner) for owner in owners]), "now": now})
    contacts = [owner.contact_id for owner in owners]
    move_open_follow_ups(connection, contacts, now)
    move_open_tasks(connection, contacts, now)


def _columns(change: OwnerChange) -> dict[str, object]:
    return {name: getattr(change, name) for name in COLUMNS}
