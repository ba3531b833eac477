"""What leads gave that could not be read: stored with their contact, shown wherever the lead is, repaired by people."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, text

from models.database import to_json
from models.leads.lead import Lead
from models.values.storable import as_text

STORE = text("""
    INSERT INTO unread_value (contact_id, event_id, field, found, expected, received_at)
    SELECT contact_id, event_id, field, found, expected, :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS given (contact_id bigint, event_id bigint, field text, found text, expected text)
""")


def store_unread(connection: Connection, leads: Iterable[tuple[int, int, Lead]], now: datetime) -> None:
    """Store what could not be read of some leads, each with the numbers of its contact and its event."""
    rows = [
        {
            "contact_id": contact_id,
            "event_id": event_id,
            "field": one.field,
            "found": as_text(one.value),
            "expected": one.expected,
        }
        for contact_id, event_id, lead in leads
        for one in lead.unread
    ]
    if rows:
        connection.execute(STORE, {"rows": to_json(rows), "now": now})
