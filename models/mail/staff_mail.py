"""Emails to staff and partners that no journey sends: offers, alerts, reports."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from models.mail.queue import NewMessage, queue_messages
from models.tables.message import MessageKind


@dataclass(frozen=True, kw_only=True)
class StaffMail:
    """One email; its template gets `data`, `company` and `site`, and nothing of the contact."""

    key: str
    """Names what is sent, and is sent once: `offer:17`, `daily check:Inbound:2026-03-02`."""
    to_address: str
    template: str
    """Such as `team/offer` for templates/mail/team/offer.html."""
    data: Mapping[str, Any]
    contact_id: int | None = None
    """Whom it is about, for the timeline."""


def queue_staff_mail(connection: Connection, mails: Sequence[StaffMail], now: datetime) -> int:
    """Queue emails in the outbox; gives how many were new. The caller commits."""
    rows = [
        NewMessage(
            key=mail.key,
            contact_id=mail.contact_id,
            run_id=None,
            kind=MessageKind.TEAM,
            template=mail.template,
            to_address=mail.to_address,
            data=mail.data,
        )
        for mail in mails
    ]
    return queue_messages(connection, rows, now)
