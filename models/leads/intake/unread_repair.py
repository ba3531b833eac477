"""Repairs what could not be read of a lead: a person types what was meant, or says that nothing is to be done."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.leads.capture import capture
from models.leads.reading.lead import Lead
from models.leads.reading.read_lead import read_value
from models.playbook.document import Playbook
from models.playbook.source import CONTACT_FIELDS
from models.values.readers.bad_value import BadValue

REPAIR = "repair"
"""The source of the event that tells of a repaired value."""
ALSO_READ = ("full_name", "employees", "do_not_email")

CLOSE = text("""
-- Whoever is first closes it; the second finds nothing.
UPDATE unread_value SET repaired_at = :now, repaired_by = :by WHERE id = :id AND repaired_at IS NULL
RETURNING contact_id, field, (SELECT source FROM event WHERE event.id = unread_value.event_id) AS source
""")

SET_SOURCE = text("UPDATE contact SET source = :source, updated_at = :now WHERE id = :id")


def can_be_typed(field: str, playbook: Playbook) -> bool:
    """Whether a person can type what was meant; an id or the name of a form can only be put aside."""
    known = CONTACT_FIELDS.keys() | playbook.fields.keys() | {*ALSO_READ, "source"}
    return bool(set(field.split("|")) & known)


def set_aside(connection: Connection, number: int, by: str, now: datetime) -> None:
    """Nothing is to be done about a value. The caller commits."""
    connection.execute(CLOSE, {"id": number, "by": by, "now": now})


def repair(
    connection: Connection, playbook: Playbook, number: int, field: str, typed: str, by: str, now: datetime
) -> None:
    """Set a field of the contact to what a person typed, which is an event. The caller commits.

    Raises BadValue before anything is written; does nothing where a colleague was faster.
    """
    if field == "source":
        source = _known_source(typed, playbook)
        if kept := connection.execute(CLOSE, {"id": number, "by": by, "now": now}).one_or_none():
            connection.execute(SET_SOURCE, {"id": kept.contact_id, "source": source, "now": now})
        return
    read_value(field, typed, "", playbook)
    kept = connection.execute(CLOSE, {"id": number, "by": by, "now": now}).one_or_none()
    if kept is not None:
        values = read_value(field, typed, kept.source or "", playbook)
        capture(connection, [_change(kept.contact_id, values, playbook, {field: typed, "by": by}, now)], now)


def _known_source(typed: str, playbook: Playbook) -> str:
    if typed.strip() not in playbook.sources:
        raise BadValue(typed, f"one of {', '.join(sorted(playbook.sources))}")
    return typed.strip()


def _change(contact: int, values: dict[str, Any], playbook: Playbook, data: dict[str, Any], now: datetime) -> Lead:
    return Lead(
        source=REPAIR,
        at=now,
        name="contact_changed",
        contact_id=contact,
        email=values.pop("email", None),
        phone=values.pop("phone", None),
        wants_mail=values.pop("wants_mail", None),
        custom={name: values.pop(name) for name in playbook.fields if name in values},
        fields=values,
        data=data,
    )
