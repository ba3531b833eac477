"""Mails that people send to us: kept as they came, matched to the contact and the run that they answer."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, Index, Text, text
from sqlmodel import Field, SQLModel

from models.column import identity, moment, reference


class InboundKind(StrEnum):
    """What sort of mail it is."""

    REPLY = "reply"
    """Written by a person."""
    OUT_OF_OFFICE = "out of office"
    AUTO_REPLY = "auto-reply"
    """Written by a program: receipts, ticket systems, mailing lists."""
    BOUNCE = "bounce"
    """A server says that it could not deliver."""
    UNSUBSCRIBE = "unsubscribe"
    """A person asks to be left off the list, and for nothing else."""
    UNSUBSCRIBE_AND_REPLY = "unsubscribe and reply"
    """A person asks to be left off the list, and says something else that has to be read."""
    PRIVACY_REQUEST = "privacy request"
    """A person asks for what the law gives them, such as to have their data deleted; they are left off the list."""
    CALENDAR_ANSWER = "calendar answer"
    """A person's calendar says that they come, or do not."""
    EMPTY = "empty"
    """Nothing is written in it besides a signature, and no file is with it."""


FOR_PEOPLE = (
    InboundKind.REPLY,
    InboundKind.UNSUBSCRIBE_AND_REPLY,
    InboundKind.PRIVACY_REQUEST,
    InboundKind.UNSUBSCRIBE,
)
"""What a person wrote and says something by. From nobody we know, it waits until somebody has looked at it."""


class InboundMail(SQLModel, table=True):
    """One mail that came in."""

    __tablename__ = "inbound_mail"

    id: int | None = identity()
    key: str = Field(unique=True)
    """A digest of its Message-ID, sender, subject and text: a second mail with the same key is dropped. Without a
    Message-ID, of when it was written and by which server it was taken in; without these, of the day."""
    kind: InboundKind = Field(sa_type=Text)
    reason: str | None = None
    """What shows that it is of this kind; of a reply, what a person should know of it."""
    contact_id: int | None = reference("contact.id", on_delete="SET NULL")
    """Null: nobody we know; a person has to look."""
    message_id: int | None = Field(default=None, sa_type=BigInteger)
    """The mail of ours that it answers."""
    run_id: int | None = Field(default=None, sa_type=BigInteger)
    matched_by: str | None = None
    """`reply address`, `references` or `sender`."""
    from_address: str
    to_address: str
    subject: str
    body: str
    """What they wrote, without what they quote where that can be told."""
    raw: bytes
    received_at: datetime = moment(now=True)
    reviewed_at: datetime | None = moment()
    """When a person looked at one that nobody was found for."""

    opted_out_at: datetime | None = moment()
    """When this mail unsubscribed the contact."""
    suppressed_before: str | None = None
    """For what reason, if any, the contact got no mail before this one unsubscribed them; undoing that restores it."""

    __table_args__ = (
        Index("inbound_mail_contact", "contact_id", "id"),
        Index("inbound_mail_unmatched", "id", postgresql_where=text("contact_id IS NULL AND reviewed_at IS NULL")),
    )


class InboundCorrection(SQLModel, table=True):
    """A person said that a mail was taken for the wrong kind; what follows from it was done then. Append-only."""

    __tablename__ = "inbound_correction"

    id: int | None = identity()
    inbound_id: int = reference("inbound_mail.id", nullable=False, on_delete="CASCADE", index=True)
    taken_for: InboundKind = Field(sa_type=Text)
    kind: InboundKind = Field(sa_type=Text)
    """What it is."""
    by: str
    """Who said so."""
    at: datetime = moment(nullable=False)
