"""Opens a follow-up for each event that asks for a person, and moves open follow-ups to a new owner."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, text

from models.database import locking_contacts, to_json
from models.playbook import Playbook, current_playbook
from models.response.sla_clocks import SlaClocks, sla_clocks

# A contact who asks again while a follow-up is open gets no second one. The lock makes a transaction that changes the
# owner wait, so that it sees the follow-up. What is told late opens none: importing old leads sends no alerts.
NEW_REQUESTS = text(
    locking_contacts("""
SELECT e.id, e.contact_id, contact.owner_id AS rep_id, e.at AS received_at
FROM event e JOIN contact ON contact.id = e.contact_id
WHERE e.id = ANY(:events) AND (e.name = ANY(:patterns) OR e.name || ':' || e.topic = ANY(:patterns))
  AND NOT e.is_history
  AND NOT EXISTS (SELECT FROM follow_up f WHERE f.contact_id = contact.id AND f.alert_at IS NOT NULL)
""")
)

INSERT_FOLLOW_UPS = text("""
INSERT INTO follow_up (contact_id, event_id, rep_id, received_at, due_at, alert_at)
SELECT contact_id, id, rep_id, received_at, due_at, alert_at
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
     AS n (id bigint, contact_id bigint, rep_id bigint, received_at timestamptz, due_at timestamptz,
           alert_at timestamptz)
ON CONFLICT (event_id) DO NOTHING
""")

OPEN_FOLLOW_UPS = text("""
-- A deadline that was missed before the owner changed stays with the rep who missed it.
SELECT f.id, f.contact_id, c.owner_id AS rep_id, f.received_at
FROM follow_up f JOIN contact c ON c.id = f.contact_id
WHERE f.contact_id = ANY(:contacts) AND f.first_contact_at IS NULL AND c.owner_id IS NOT NULL
  AND (f.rep_id IS NULL OR f.due_at > :now)
ORDER BY f.id FOR NO KEY UPDATE OF f
""")

MOVE_FOLLOW_UPS = text("""
UPDATE follow_up f
SET rep_id = n.rep_id, due_at = n.due_at, alert_at = CASE WHEN f.alert_at IS NOT NULL THEN n.alert_at END
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
     AS n (id bigint, rep_id bigint, due_at timestamptz, alert_at timestamptz)
WHERE f.id = n.id
""")


def open_follow_ups(connection: Connection, playbook: Playbook, events: Sequence[int]) -> None:
    """Open a follow-up for each of these events that asks for a person; repeating it changes nothing.

    Expects at most one event per contact.
    """
    patterns = list(playbook.service_levels.on)
    requests = connection.execute(NEW_REQUESTS, {"events": list(events), "patterns": patterns}).all()
    if requests:
        sla = sla_clocks(connection, playbook, [follow_up.rep_id for follow_up in requests])
        connection.execute(
            INSERT_FOLLOW_UPS, {"rows": to_json([_with_deadlines(follow_up, sla) for follow_up in requests])}
        )


def move_open_follow_ups(connection: Connection, contacts: Sequence[int], now: datetime) -> None:
    """Move open follow-ups to the owners of these contacts, with new deadlines by the new owner's hours."""
    given = connection.execute(OPEN_FOLLOW_UPS, {"contacts": list(contacts), "now": now}).all()
    if given:
        sla = sla_clocks(connection, current_playbook(connection), [follow_up.rep_id for follow_up in given])
        connection.execute(MOVE_FOLLOW_UPS, {"rows": to_json([_with_deadlines(follow_up, sla) for follow_up in given])})


def _with_deadlines(follow_up: Row[Any], sla: SlaClocks) -> dict[str, Any]:
    due_at = sla.due_at(follow_up.rep_id, follow_up.received_at)
    return {**follow_up._mapping, "due_at": due_at, "alert_at": sla.alert_at(follow_up.rep_id, follow_up.received_at)}
