"""What follows from an inbound mail by its kind: events for journeys, an opt-out. And how an opt-out is undone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, text

from models.database import lock_contacts
from models.events.emit import NewEvent, emit
from models.mail.suppression import suppress, undo_opt_out
from models.tables.contact import Suppression
from models.tables.inbound_mail import InboundKind

SOURCE = "inbound"
MAX_EVENT_TEXT = 2_000
"""Characters of the text that go with the event."""


class Effect(StrEnum):
    """One thing that follows from a mail."""

    REPLY = "reply"
    """Journeys that wait for a reply go on; else a person is asked to answer."""
    OPT_OUT = "opt-out"
    """The contact gets no marketing any more."""
    PRIVACY = "privacy"
    """A person is asked to see to their data."""
    NOTED = "noted"
    """It is on their timeline, and resumes nobody."""
    DEAD_ADDRESS = "dead address"
    """By a mail server; see `models.mail.tracking`."""


EFFECTS: dict[InboundKind, frozenset[Effect]] = {
    InboundKind.REPLY: frozenset({Effect.REPLY}),
    InboundKind.UNSUBSCRIBE: frozenset({Effect.OPT_OUT}),
    InboundKind.UNSUBSCRIBE_AND_REPLY: frozenset({Effect.OPT_OUT, Effect.REPLY}),
    InboundKind.PRIVACY_REQUEST: frozenset({Effect.OPT_OUT, Effect.PRIVACY}),
    InboundKind.OUT_OF_OFFICE: frozenset({Effect.NOTED}),
    InboundKind.AUTO_REPLY: frozenset({Effect.NOTED}),
    InboundKind.CALENDAR_ANSWER: frozenset({Effect.NOTED}),
    InboundKind.EMPTY: frozenset({Effect.NOTED}),
    InboundKind.BOUNCE: frozenset({Effect.DEAD_ADDRESS}),
}

OF_MAIL = text("""
SELECT mail.id, mail.kind, mail.reason, mail.contact_id, mail.message_id, mail.run_id, mail.matched_by,
       mail.from_address, mail.subject, mail.body, mail.suppressed_before, mail.opted_out_at, mail.key, message.template
FROM inbound_mail mail LEFT JOIN message ON message.id = mail.message_id WHERE mail.id = :id
""")

SUPPRESSED = text("SELECT suppressed FROM contact WHERE id = :contact")

NOTE_OPT_OUT = text("UPDATE inbound_mail SET suppressed_before = :before, opted_out_at = :now WHERE id = :id")

FORGET_OPT_OUT = text("UPDATE inbound_mail SET suppressed_before = NULL, opted_out_at = NULL WHERE id = :id")

PASS_ON = text("""
-- What held before this opt-out is what held before those that came after it.
UPDATE inbound_mail SET suppressed_before = :before
WHERE contact_id = :contact AND id <> :id AND opted_out_at >= :opted_out_at AND suppressed_before = 'unsubscribed'
""")


@dataclass(frozen=True, kw_only=True)
class StoredMail:
    """An inbound mail of a contact, as stored."""

    id: int
    kind: str
    reason: str | None
    contact_id: int | None
    message_id: int | None
    run_id: int | None
    matched_by: str | None
    from_address: str
    subject: str
    body: str
    suppressed_before: str | None
    opted_out_at: datetime | None
    key: str
    template: str | None


def stored_mail(connection: Connection, number: int) -> StoredMail:
    """The mail of this number, which has to be there."""
    return StoredMail(**connection.execute(OF_MAIL, {"id": number}).mappings().one())


def bring_about(
    connection: Connection, mail: StoredMail, effects: frozenset[Effect], now: datetime, *, key: str
) -> None:
    """Do what follows from a contact's mail; each once for a `key`. The caller commits."""
    contact = mail.contact_id
    if contact is None:
        return
    data = event_data(mail)
    if Effect.OPT_OUT in effects:
        _opt_out(connection, mail, contact, data, now)
    names = {
        Effect.REPLY: ("replied", mail.template),
        Effect.PRIVACY: ("privacy_requested", None),
        Effect.NOTED: ("auto_replied", mail.kind.replace(" ", "-")),
    }
    emit(
        connection,
        [
            NewEvent(name=name, topic=topic, contact_id=contact, source=SOURCE, key=key, data=data)
            for effect, (name, topic) in names.items()
            if effect in effects
        ],
        now,
    )


def event_data(mail: StoredMail) -> Mapping[str, Any]:
    """What the events of a mail know of it."""
    data = {
        "subject": mail.subject,
        "text": mail.body[:MAX_EVENT_TEXT],
        "from": mail.from_address,
        "message": mail.message_id,
        "run": mail.run_id,
        "inbound": mail.id,
        "matched_by": mail.matched_by,
    }
    return data | ({"hint": mail.reason} if mail.reason else {})


def _opt_out(connection: Connection, mail: StoredMail, contact: int, data: Mapping[str, Any], now: datetime) -> None:
    lock_contacts(connection, [contact])
    before = connection.execute(SUPPRESSED, {"contact": contact}).scalar()
    connection.execute(NOTE_OPT_OUT, {"id": mail.id, "before": before, "now": now})
    suppress(connection, [contact], Suppression.UNSUBSCRIBED, now, SOURCE, data)


def take_back_opt_out(connection: Connection, mail: StoredMail, now: datetime) -> None:
    """Undo the opt-out that was read into a contact's mail: they get mail as before, unless they said no otherwise."""
    if mail.contact_id is None or mail.opted_out_at is None:
        return
    before = Suppression(mail.suppressed_before) if mail.suppressed_before else None
    undo_opt_out(connection, mail.contact_id, mail.opted_out_at, before, now, SOURCE, event_data(mail))
    about = {"id": mail.id, "contact": mail.contact_id, "opted_out_at": mail.opted_out_at}
    connection.execute(PASS_ON, about | {"before": mail.suppressed_before})
    connection.execute(FORGET_OPT_OUT, {"id": mail.id})
