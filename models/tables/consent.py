"""The proof of consent: what a contact agreed to or took back, when, where and by which words."""

from datetime import datetime

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from models.column import identity, moment, reference


class Consent(SQLModel, table=True):
    """A contact agreed to be written to, or took it back. Append-only; the newest by `at` counts."""

    id: int | None = identity()
    contact_id: int = reference("contact.id", nullable=False, on_delete="CASCADE")
    is_given: bool
    """False: they took it back or refused."""
    at: datetime = moment(nullable=False)
    """When they said it, which may be long before we were told."""
    is_dated: bool = Field(default=True, sa_column_kwargs={"server_default": "true"})
    """False where nobody told when they said it, such as in a list without dates: then `at` is when the list came, and
    a yes lifts no opt-out."""
    received_at: datetime = moment(nullable=False)
    source: str | None = None
    words: str | None = None
    """What they agreed to, as it stood on the form."""
    page: str | None = None
    network_address: str | None = None
    event_id: int | None = Field(default=None, sa_type=BigInteger)
    """The event that it came with."""
    needs_confirmation: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """Double opt-in: it counts from the moment at which its receiver has confirmed it."""
    address: str | None = None
    """The email address that it is about, where it has to be confirmed from there."""
    message_key: str | None = None
    """The key of the message that asked for the confirmation."""
    confirmed_at: datetime | None = moment()
    confirmed_from: str | None = None
    """The network address of the click that confirmed it."""

    mistaken_at: datetime | None = moment()
    """When one of us found that it had been read into a mail that says otherwise; it counts no more."""

    __table_args__ = (Index("consent_of_contact", "contact_id", "at"),)
