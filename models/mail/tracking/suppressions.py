"""Suppresses contacts on complaints and unsubscribes that providers report; resubscribes them when they say so."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import lock_contacts
from models.mail.suppression import resubscribe, suppress
from models.mail.tracking.sendgrid import DROP_SUPPRESSIONS
from models.tables.contact import Suppression
from models.tables.mail_event import MailEventKind

SOURCE = "mail"

SUPPRESSION_EVENTS = text("""
-- A refusal by an address that the contact no longer has says nothing about the one they have now.
SELECT e.kind, e.at, e.reason, m.contact_id,
       coalesce(lower(e.raw ->> 'email') = contact.email, true) AS is_theirs
FROM mail_event e JOIN message m ON m.id = e.message_id JOIN contact ON contact.id = m.contact_id
WHERE e.id = ANY(:events) AND m.kind IN ('marketing', 'transactional')
  AND e.kind IN ('dropped', 'complained', 'unsubscribed', 'resubscribed')
ORDER BY e.at, e.id
""")


def apply_suppressions(connection: Connection, events: Sequence[int], now: datetime) -> None:
    """Apply the suppressions and resubscriptions that these events call for."""
    rows = connection.execute(SUPPRESSION_EVENTS, {"events": events}).all()
    if not rows:
        return
    # All at once, in the order of ids: what follows locks some of them at a time.
    lock_contacts(connection, {row.contact_id for row in rows})
    if contacts := {row.contact_id for row in rows if _suppression_for(row) is Suppression.COMPLAINED}:
        suppress(connection, sorted(contacts), Suppression.COMPLAINED, now, SOURCE)
    # A contact's last choice counts, so each is applied as of the moment at which it was made.
    for row in rows:
        if _suppression_for(row) is Suppression.UNSUBSCRIBED:
            suppress(connection, [row.contact_id], Suppression.UNSUBSCRIBED, now, SOURCE, said_at=row.at)
        elif row.kind == MailEventKind.RESUBSCRIBED:
            resubscribe(connection, [row.contact_id], now, SOURCE, said_at=row.at)


def _suppression_for(row: Any) -> Suppression | None:
    match row.kind:
        case MailEventKind.DROPPED if row.is_theirs:
            reason = DROP_SUPPRESSIONS.get((row.reason or "").lower())
            return None if reason is Suppression.BOUNCED else reason
        case MailEventKind.COMPLAINED:
            return Suppression.COMPLAINED
        case MailEventKind.UNSUBSCRIBED:
            return Suppression.UNSUBSCRIBED
    return None
