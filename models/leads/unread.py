"""What leads gave that could not be read: stored with their contact, shown wherever the lead is, repaired by people."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import id_list, to_json
from models.leads.reading.lead import Lead
from models.playbook.document import Playbook
from models.playbook.source import CONTACT_FIELDS
from models.values.storable import as_text

LONGEST_IN_A_MAIL = 200

STORE = text("""
    INSERT INTO unread_value (contact_id, event_id, field, found, expected, received_at)
    SELECT contact_id, event_id, field, found, expected, :now
    FROM jsonb_to_recordset(CAST(:rows AS jsonb))
        AS given (contact_id bigint, event_id bigint, field text, found text, expected text)
    -- Whoever sends the same again is asked about it once.
    WHERE NOT EXISTS (SELECT FROM unread_value u WHERE u.contact_id = given.contact_id AND u.field = given.field
                      AND u.found = given.found AND u.repaired_at IS NULL)
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


OPEN = text("""
    SELECT id, contact_id, field, found, expected, received_at FROM unread_value
    WHERE contact_id = ANY(CAST(:contacts AS bigint[])) AND repaired_at IS NULL ORDER BY id
""")


@dataclass(frozen=True)
class UnreadValueRow:
    """A value that waits for a person to read it."""

    id: int
    contact_id: int
    field: str
    found: str
    """As it came; no text where the source asks for it and the lead had none."""
    expected: str
    received_at: datetime

    @property
    def alternatives(self) -> tuple[str, ...]:
        """The fields that the value can be for."""
        return tuple(self.field.split("|"))


def open_unread(connection: Connection, contacts: Sequence[int]) -> dict[int, list[UnreadValueRow]]:
    """Contact -> what of their leads nobody has read yet, the oldest first; contacts without are missing."""
    found: defaultdict[int, list[UnreadValueRow]] = defaultdict(list)
    for row in connection.execute(OPEN, {"contacts": id_list(contacts)}):
        found[row.contact_id].append(UnreadValueRow(*row))
    return dict(found)


def field_label(field: str, playbook: Playbook) -> str:
    """How people read the name of a field, `email|phone` as "Email or phone"."""
    names = [_label(name, playbook) for name in field.split("|")]
    return " or ".join([names[0], *(name[:1].lower() + name[1:] for name in names[1:])])


def _label(name: str, playbook: Playbook) -> str:
    known: Mapping[str, Any] = CONTACT_FIELDS | playbook.fields
    plain = {"key": "the source's own id", "event_id": "Id of the form", "at": "When it was sent"}.get(
        name, name.replace("_", " ").capitalize()
    )
    return (known[name].label if name in known else "") or plain


def unread_mail_data(values: Sequence[UnreadValueRow], playbook: Playbook) -> dict[str, object]:
    """What the mail about a task is given beside its own data; nothing when all could be read."""
    given = [one for one in values if one.found]
    lines = [
        {"name": one.field, "field": field_label(one.field, playbook), "found": _shortened(one.found)} for one in given
    ]
    return {"unread": lines} if lines else {}


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST_IN_A_MAIL else f"{text[:LONGEST_IN_A_MAIL]}\N{HORIZONTAL ELLIPSIS}"
