"""What leads changed about who somebody is, as people read it: old values, other names, conflicts, a new address."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json
from models.events.emit import NewEvent, emit
from models.identity.identifiers import DETAILS_CHANGED
from models.leads.matching.match import Match
from models.mail.suppression import lift_suppression
from models.tables.contact import Suppression

OTHER_NAME_GIVEN = "other_name_given"
"""A lead of this contact came under a plainly different name: `name`; the contact keeps its own: `kept`."""

STORE_CONFLICTS = text("""
-- What a person has decided, that these are two people, is not asked again.
INSERT INTO identity_conflict (contact_id, held_by_id, kind, value, event_id, found_at)
SELECT contact_id, held_by_id, kind, value, event_id, :now
FROM jsonb_to_recordset(CAST(:rows AS jsonb))
     AS given (contact_id bigint, held_by_id bigint, kind text, value text, event_id bigint)
WHERE contact_id <> held_by_id AND NOT EXISTS (
    SELECT FROM identity_conflict c WHERE c.kind = given.kind AND c.value = given.value AND c.decided_at IS NOT NULL
      AND (c.contact_id, c.held_by_id) = (given.contact_id, given.held_by_id))
ON CONFLICT (contact_id, held_by_id, kind, value) WHERE decided_at IS NULL DO NOTHING
""")


def store_traces(connection: Connection, stored: Sequence[tuple[Match, int]], now: datetime) -> None:
    """Store what these leads changed; each comes with the number of its event."""
    emit(connection, [event for match, number in stored for event in _events(match, number)], now)
    conflicts = [
        {"contact_id": match.contact.id, "held_by_id": one.held_by, "kind": one.kind, "value": one.value}
        | {"event_id": number}
        for match, number in stored
        for one in match.conflicts
    ]
    if conflicts:
        connection.execute(STORE_CONFLICTS, {"rows": to_json(conflicts), "now": now})
    if moved := {match.contact.id for match, _ in stored if match.has_new_address}:
        reason = {"reason": "the contact has another address now"}
        lift_suppression(connection, sorted(moved), (Suppression.BOUNCED,), now, "identity", reason)


def _events(match: Match, number: int) -> Iterator[NewEvent]:
    lead, person = match.lead, match.contact
    about: dict[str, Any] = {"contact_id": person.id, "source": lead.source, "at": lead.at}
    about["is_history"] = lead.is_history
    if match.before:
        data = {"before": match.before, "after": match.after, "event": number}
        yield NewEvent(name=DETAILS_CHANGED, **about, data=data)
    if match.other_name:
        name = {"name": str(match.other_name), "kept": str(person.name), "event": number}
        yield NewEvent(name=OTHER_NAME_GIVEN, **about, data=name)
