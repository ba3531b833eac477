"""Records the first contact attempt and the first conversation with a lead, from task outcomes and calls."""

from collections.abc import Sequence

from sqlalchemy import Connection, text

CONTACT_EVENTS = frozenset({"task_done", "call_connected", "call_tried"})
"""Events that are a contact attempt."""

# Outcomes that begin so mean that somebody spoke to the lead.
CONVERSATION_OUTCOMES = ("Had Call", "Talked")

NO_LEAD_OUTCOME = "No Lead"
"""Outcomes that begin so say that this was spam or a mistake."""

DELETE_SPAM = text("""
-- Spam needs no answer: it causes no alert and does not count in any metric.
DELETE FROM follow_up f USING event e
WHERE e.id = ANY(:events) AND e.name = 'task_done' AND starts_with(e.data ->> 'outcome', :no_lead)
  AND f.contact_id = e.contact_id AND f.received_at <= e.at AND f.first_contact_at IS NULL
""")

RECORD_CONTACTS = text("""
-- Any other outcome of a task is an attempt. Events that come late or twice change nothing that the earliest has not
-- said.
WITH tried AS (
    SELECT contact_id, min(at) AS at, min(at) FILTER (
        WHERE name = 'call_connected' OR data ->> 'outcome' LIKE ANY(:spoke)) AS spoke_at
    FROM event WHERE id = ANY(:events) AND name = ANY(:names)
      AND NOT starts_with(coalesce(data ->> 'outcome', ''), :no_lead)
    GROUP BY contact_id)
UPDATE follow_up f
SET first_contact_at = least(f.first_contact_at, t.at), connected_at = least(f.connected_at, t.spoke_at),
    alert_at = NULL
FROM tried t
WHERE f.contact_id = t.contact_id AND f.received_at <= t.at
  AND (f.first_contact_at IS NULL OR t.at < f.first_contact_at
       OR (t.spoke_at IS NOT NULL AND (f.connected_at IS NULL OR t.spoke_at < f.connected_at)))
""")


def record_contacts(connection: Connection, events: Sequence[int]) -> None:
    """Record the contacts in these events on open follow-ups, and cancel their SLA alerts."""
    spoke = [f"{beginning}%" for beginning in CONVERSATION_OUTCOMES]
    values = {"events": list(events), "no_lead": NO_LEAD_OUTCOME}
    connection.execute(DELETE_SPAM, values)
    connection.execute(RECORD_CONTACTS, values | {"names": sorted(CONTACT_EVENTS), "spoke": spoke})
