"""The outbox: one row per mail before it goes out, settled by what the mailer says; and the local mailbox."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field, SQLModel

from models.column import identity, json_document, moment, reference


class MessageState(StrEnum):
    """How far a message has come."""

    QUEUED = "queued"
    """Written by a turn, not yet taken."""
    SENDING = "sending"
    """Taken by a process that is handing it to the mailer now."""
    SENT = "sent"
    """The mailer has accepted it."""
    UNKNOWN = "unknown"
    """Handed over, but no answer came (crash, time-out). It may have gone out, so it is not sent again by itself."""
    FAILED = "failed"
    """Will not go out; `because` says why."""


class MessageKind(StrEnum):
    """Who a message is for, which decides whether suppression holds it back."""

    MARKETING = "marketing"
    """To the contact, to win them; suppressed contacts get none."""
    TRANSACTIONAL = "transactional"
    """To the contact, in answer to what they did themselves."""
    TASK = "task"
    """To a colleague, with a task."""
    TEAM = "team"
    """To a colleague or partner: an offer, an alarm, a report. Names only what its data holds, nothing of a contact."""


TO_CONTACTS = (MessageKind.MARKETING, MessageKind.TRANSACTIONAL)


class Message(SQLModel, table=True):
    """One mail to one person."""

    id: int | None = identity()
    key: str = Field(unique=True)
    """Run and step, or task and reminder: the same intent is written once."""
    contact_id: int | None = reference("contact.id", index=True, on_delete="CASCADE")
    """Whom it is to or about; null for reports."""
    run_id: int | None = Field(default=None, sa_type=BigInteger)
    task_id: int | None = Field(default=None, sa_type=BigInteger)
    kind: MessageKind = Field(sa_type=Text)
    template: str
    """`journey/step`, the file below templates/mail without its ending."""
    to_address: str | None = None
    """Null: the contact's email at the time of sending."""
    data: dict[str, Any] = json_document()
    """What the journey handed to the template."""
    state: MessageState = Field(
        default=MessageState.QUEUED, sa_type=Text, sa_column_kwargs={"server_default": "queued"}
    )
    queued_at: datetime = moment(nullable=False)
    """By the journey's time."""
    sending_by: int | None = Field(default=None, sa_type=BigInteger)
    """The sender's advisory lock, held while its process lives."""
    sent_at: datetime | None = moment()
    subject: str | None = None
    provider_id: str | None = None
    because: str | None = None

    __table_args__ = (
        Index("message_queued", "id", postgresql_where=text("state = 'queued'")),
        Index("message_sending", "sending_by", postgresql_where=text("state = 'sending'")),
        Index("message_unsettled", "state", postgresql_where=text("state IN ('unknown', 'failed')")),
    )


class Letter(SQLModel, table=True):
    """A mail in the local mailbox, which stands in for the outside world until a real mailer is set."""

    id: int | None = identity()
    message_key: str = Field(unique=True)
    from_address: str
    to_address: str = Field(index=True)
    subject: str
    html: str
    text: str
    at: datetime = moment(now=True)
