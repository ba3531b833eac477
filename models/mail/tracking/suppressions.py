"""Suppresses contacts on hard bounces, repeated soft bounces, complaints and unsubscribes that providers report;
resubscribes them when they say so.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, text

from models.database import lock_contacts
from models.mail.suppression import resubscribe, suppress
from models.mail.tracking.sendgrid import DROP_SUPPRESSIONS
from models.tables.contact import Suppression
from models.tables.mail_event import MailEventKind

SOURCE = "mail"

SOFT_BOUNCE_LIMIT = 5
SOFT_BOUNCE_PERIOD = timedelta(days=14)
"""A full mailbox is emptied after a holiday; one that takes nothing for longer, mail after mail, is given up."""

SUPPRESSION_EVENTS = text("""
-- A refusal by an address that the contact no longer has says nothing about the one they have now.
SELECT e.kind, e.at, e.reason, m.contact_id,
       coalesce(lower(e.raw ->> 'email') = contact.email, true) AS is_theirs
FROM mail_event e JOIN message m ON m.id = e.message_id JOIN contact ON contact.id = m.contact_id
WHERE e.id = ANY(:events) AND m.kind IN ('marketing', 'transactional')
  AND e.kind IN ('bounced', 'blocked', 'dropped', 'complained', 'unsubscribed', 'resubscribed')
ORDER BY e.at, e.id
""")

SOFT_BOUNCING = text("""
-- Contacts whose mail has been soft-bouncing for a long time, and to whom nothing was delivered meanwhile.
SELECT m.contact_id FROM message m JOIN mail_event e ON e.message_id = m.id
WHERE m.contact_id = ANY(:contacts) AND m.kind IN ('marketing', 'transactional') AND e.kind = 'blocked'
  AND e.at > coalesce((SELECT max(delivered_at) FROM message d WHERE d.contact_id = m.contact_id), '-infinity')
GROUP BY m.contact_id HAVING count(DISTINCT m.id) >= :limit AND max(e.at) - min(e.at) >= :period
""")


def apply_suppressions(connection: Connection, events: Sequence[int], now: datetime) -> None:
    """Apply the suppressions and resubscriptions that these events call for."""
    rows = connection.execute(SUPPRESSION_EVENTS, {"events": events}).all()
    if not rows:
        return
    # All at once, in the order of ids: what follows locks some of them at a time.
    lock_contacts(connection, {row.contact_id for row in rows})
    for reason in (Suppression.BOUNCED, Suppression.COMPLAINED):
        if contacts := {row.contact_id for row in rows if _suppression_for(row) is reason}:
            suppress(connection, sorted(contacts), reason, now, SOURCE)
    _suppress_soft_bounces(connection, rows, now)
    # A contact's last choice counts, so each is applied as of the moment at which it was made.
    for row in rows:
        if _suppression_for(row) is Suppression.UNSUBSCRIBED:
            suppress(connection, [row.contact_id], Suppression.UNSUBSCRIBED, now, SOURCE, said_at=row.at)
        elif row.kind == MailEventKind.RESUBSCRIBED:
            resubscribe(connection, [row.contact_id], now, SOURCE, said_at=row.at)


def _suppression_for(row: Any) -> Suppression | None:
    match row.kind:
        case MailEventKind.BOUNCED if row.is_theirs:
            return Suppression.BOUNCED
        case MailEventKind.DROPPED if row.is_theirs:
            return DROP_SUPPRESSIONS.get((row.reason or "").lower())
        case MailEventKind.COMPLAINED:
            return Suppression.COMPLAINED
        case MailEventKind.UNSUBSCRIBED:
            return Suppression.UNSUBSCRIBED
    return None


def _suppress_soft_bounces(connection: Connection, rows: Sequence[Any], now: datetime) -> None:
    blocked = [row.contact_id for row in rows if row.kind == MailEventKind.BLOCKED and row.is_theirs]
    if not blocked:
        return
    values = {"contacts": blocked, "limit": SOFT_BOUNCE_LIMIT, "period": SOFT_BOUNCE_PERIOD}
    if soft_bouncing := connection.scalars(SOFT_BOUNCING, values).all():
        reason = f"{SOFT_BOUNCE_LIMIT} mails or more were refused in {SOFT_BOUNCE_PERIOD.days} days, and none arrived"
        suppress(connection, sorted(soft_bouncing), Suppression.BOUNCED, now, SOURCE, {"reason": reason})
