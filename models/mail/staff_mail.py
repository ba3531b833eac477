"""Mails to our own people and to partners that no journey sends: offers, alarms, reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, text

from models.database import to_json

QUEUE = text("""
-- A key that was used before makes the mail a no-op.
INSERT INTO message (key, contact_id, kind, template, to_address, data, queued_at)
SELECT n.key, n.contact_id, 'team', n.template, n.to_address, n.data, :now
FROM jsonb_to_recordset(CAST(:mails AS jsonb))
     AS n (key text, contact_id bigint, template text, to_address text, data jsonb)
ON CONFLICT (key) DO NOTHING
""")


@dataclass(frozen=True, kw_only=True)
class StaffMail:
    """One mail; its template is given `data`, `company` and `site`, and nothing of the contact."""

    key: str
    """The same intent is sent once: `offer:17`, `daily check:Inbound:2026-03-02`."""
    to_address: str
    template: str
    """Such as `team/offer` for templates/mail/team/offer.html."""
    data: Mapping[str, Any]
    contact_id: int | None = None
    """Whom it is about, for the timeline."""


def queue_staff_mail(connection: Connection, mails: Sequence[StaffMail], now: datetime) -> int:
    """Put mails into the outbox; gives how many were new. The caller commits."""
    if not mails:
        return 0
    rows = to_json([mail.__dict__ for mail in mails])
    return connection.execute(QUEUE, {"mails": rows, "now": now}).rowcount
