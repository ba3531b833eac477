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


class InboundMail(SQLModel, table=True):
    """One mail that came in."""

    __tablename__ = "inbound_mail"

    id: int | None = identity()
    key: str = Field(unique=True)
    """A digest of its Message-ID, sender, subject and text: a second mail with the same key is dropped."""
    kind: InboundKind = Field(sa_type=Text)
    reason: str | None = None
    """What shows that a program wrote it."""
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

    __table_args__ = (
        Index("inbound_mail_contact", "contact_id", "id"),
        Index("inbound_mail_unmatched", "id", postgresql_where=text("contact_id IS NULL AND reviewed_at IS NULL")),
    )
