"""What a lead gave that could not be read, kept as it came until a person repairs it."""

from datetime import datetime

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from models.column import identity, moment, reference


class UnreadValue(SQLModel, table=True):
    """A value of a lead that fits no reading of its field. It is shown wherever the lead is, and never guessed."""

    __tablename__ = "unread_value"

    id: int | None = identity()
    contact_id: int = reference("contact.id", nullable=False, index=True, on_delete="CASCADE")
    event_id: int = Field(sa_type=BigInteger)
    """The event of the lead that gave it."""
    field: str
    """Ours, such as `start_by`."""
    found: str
    """As it came; JSON if it was no text."""
    expected: str
    """What would have been understood, such as `a date such as 2026-03-31`."""
    received_at: datetime = moment(nullable=False)
    repaired_at: datetime | None = moment()
    repaired_by: str | None = None

    __table_args__ = (Index("unread_value_open", "id", postgresql_where=text("repaired_at IS NULL")),)
