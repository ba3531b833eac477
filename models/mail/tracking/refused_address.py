"""An address that a mail server refused while it was handed the mail: stored as the bounce that it is."""

from datetime import datetime

from sqlalchemy import Connection

from models.mail.tracking.bounce_meaning import BounceMeaning
from models.mail.tracking.raw_events import ParsedMailEvent, store_events
from models.tables.mail_event import MailEventKind

PROVIDER = "smtp"


def store_refused_address(connection: Connection, message_id: int, address: str, reason: str, at: datetime) -> None:
    """Store it as an event of the message, once; it is processed like one that a provider reports.

    The caller commits.
    """
    bounce = ParsedMailEvent(
        key=f"{PROVIDER}:{message_id}:refused",
        provider=PROVIDER,
        kind=MailEventKind.BOUNCED,
        message_id=message_id,
        at=at,
        raw={"email": address.lower(), "answer": reason},
        reason=reason,
        meaning=BounceMeaning.DEAD_ADDRESS,
    )
    store_events(connection, [bounce], at)
