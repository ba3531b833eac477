"""Claims to be contacted: made by the events that the playbook names, and handed to whoever the lead is given to."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, text

from models.database import to_json
from models.playbook import Playbook, current
from models.response.levels import Clocks, clocks

FRESH = timedelta(days=1)
"""What was longer ago when we heard of it is history: a thousand old leads must not sound a thousand alarms."""

ASKED = text("""
-- Whoever asks again while the first claim runs has one claim. The lock makes whoever gives the lead away meanwhile
-- wait, so that they find the claim. What another system tells of the past asks nobody to hurry.
SELECT e.id, e.contact_id, c.owner_id AS rep_id, e.at AS received_at
FROM event e JOIN contact c ON c.id = e.contact_id
WHERE e.id = ANY(:events) AND (e.name = ANY(:patterns) OR e.name || ':' || e.topic = ANY(:patterns))
  AND e.at > e.received_at - CAST(:fresh AS interval)
  AND NOT EXISTS (SELECT FROM follow_up f WHERE f.contact_id = c.id AND f.alarm_at IS NOT NULL)
ORDER BY c.id FOR NO KEY UPDATE OF c
""")

CLAIM = text("""
INSERT INTO follow_up (contact_id, event_id, rep_id, received_at, due_at, alarm_at)
SELECT contact_id, id, rep_id, received_at, due_at, alarm_at
FROM jsonb_to_recordset(CAST(:claims AS jsonb))
     AS n (id bigint, contact_id bigint, rep_id bigint, received_at timestamptz, due_at timestamptz,
           alarm_at timestamptz)
ON CONFLICT (event_id) DO NOTHING
""")

GIVEN = text("""
-- What was missed before the lead was given away stays with whoever missed it.
SELECT f.id, f.contact_id, c.owner_id AS rep_id, f.received_at
FROM follow_up f JOIN contact c ON c.id = f.contact_id
WHERE f.contact_id = ANY(:contacts) AND f.first_contact_at IS NULL AND c.owner_id IS NOT NULL
  AND (f.rep_id IS NULL OR f.due_at > :now)
ORDER BY f.id FOR NO KEY UPDATE OF f
""")

HAND_ON = text("""
UPDATE follow_up f
SET rep_id = n.rep_id, due_at = n.due_at, alarm_at = CASE WHEN f.alarm_at IS NOT NULL THEN n.alarm_at END
FROM jsonb_to_recordset(CAST(:claims AS jsonb))
     AS n (id bigint, rep_id bigint, due_at timestamptz, alarm_at timestamptz)
WHERE f.id = n.id
""")


def note_requests(connection: Connection, playbook: Playbook, events: Sequence[int]) -> None:
    """Write down a claim for each of these events by which somebody asks for a person. The same events again: nothing.

    At most one event per contact, as the reaction hands them in.
    """
    patterns = list(playbook.service_levels.on)
    asked = connection.execute(ASKED, {"events": list(events), "patterns": patterns, "fresh": FRESH}).all()
    if asked:
        by = clocks(connection, playbook, [claim.rep_id for claim in asked])
        connection.execute(CLAIM, {"claims": to_json([_dated(claim, by) for claim in asked])})


def adopt(connection: Connection, contacts: Sequence[int], now: datetime) -> None:
    """Hand the open claims of these contacts to their owners, by whose hours they count from now on."""
    given = connection.execute(GIVEN, {"contacts": list(contacts), "now": now}).all()
    if given:
        by = clocks(connection, current(connection), [claim.rep_id for claim in given])
        connection.execute(HAND_ON, {"claims": to_json([_dated(claim, by) for claim in given])})


def _dated(claim: Row[Any], by: Clocks) -> dict[str, Any]:
    due_at = by.due_at(claim.rep_id, claim.received_at)
    return {**claim._mapping, "due_at": due_at, "alarm_at": by.alarm_at(claim.rep_id, claim.received_at)}
