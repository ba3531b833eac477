"""Mails that had gone out to people who were erased since."""

from datetime import datetime

from sqlalchemy import BigInteger, Column, Index, Text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlmodel import Field, SQLModel

from models.column import moment
from models.tables.message import MessageKind


class ErasedMessage(SQLModel, table=True):
    """A mail that had gone out to somebody who was erased since, with what had become of it."""

    __tablename__ = "erased_message"

    id: int = Field(sa_column=Column(BigInteger, primary_key=True, autoincrement=False))
    """That of the mail."""
    contact_id: int = Field(sa_type=BigInteger)
    kind: MessageKind = Field(sa_type=Text)
    template: str
    journey: str
    variant: str
    """Of the split test of its subject; empty: none."""
    sent_at: datetime = moment(nullable=False)
    delivered_at: datetime | None = moment()
    opened_at: datetime | None = moment()
    clicked_at: datetime | None = moment()
    bounced_at: datetime | None = moment()
    complained_at: datetime | None = moment()
    bot_opened: bool | None = None
    bot_clicked: bool | None = None
    unsubscribed: bool | None = None
    """By the mailer's own link or button."""
    is_reported: bool | None = None
    """The mailer tells of deliveries."""
    answers: list[str] = Field(sa_column=Column(ARRAY(Text), nullable=False))
    """The kinds of mail that answered it."""
    opted_out_at: datetime | None = moment()
    """When they first opted out by a link, this being the last mail before."""
    erased_at: datetime = moment(now=True)

    __table_args__ = (Index("erased_message_sent_at", "sent_at"), Index("erased_message_erased_at", "erased_at"))
