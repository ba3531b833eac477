"""Mails that nobody was found for: a person says whose they are, or that they are nobody's."""

from datetime import datetime

from sqlalchemy import Connection, text

from models.inbound.matching import Match
from models.inbound.taking import tell
from models.inbound_mail import InboundKind

HOLD = text("""
SELECT id, kind, from_address, subject, body FROM inbound_mail
WHERE id = :id AND contact_id IS NULL AND settled_at IS NULL FOR UPDATE
""")

CONTACT = text("SELECT id FROM contact WHERE id = :contact FOR KEY SHARE")

ASSIGN = text("""
UPDATE inbound_mail SET contact_id = :contact, matched_by = 'a person', settled_at = :now WHERE id = :id
""")

DISMISS = text("UPDATE inbound_mail SET settled_at = :now WHERE id = :id AND contact_id IS NULL AND settled_at IS NULL")


class NotAssigned(LookupError):
    """A mail that cannot be given to this contact."""


def assign(connection: Connection, number: int, contact: int, now: datetime) -> None:
    """Say whose mail it is: from now on it counts as if it had been known. The caller commits."""
    mail = connection.execute(HOLD, {"id": number}).mappings().one_or_none()
    if mail is None:
        raise NotAssigned(f"Mail {number} waits for nobody any more: a colleague was faster, or it never did.")
    if connection.execute(CONTACT, {"contact": contact}).one_or_none() is None:
        raise NotAssigned(f"There is no contact {contact}. Give the number or the email of one that is there.")
    connection.execute(ASSIGN, {"id": number, "contact": contact, "now": now})
    found = Match(contact_id=contact, matched_by="a person")
    tell(connection, number, InboundKind(mail["kind"]), found, dict(mail), now)


def dismiss(connection: Connection, number: int, now: datetime) -> bool:
    """Nobody's: it leaves the list and is kept. False when it was settled before."""
    return connection.execute(DISMISS, {"id": number, "now": now}).rowcount == 1
