"""What is to be sent by hand, such as thank-you notes: collected one by one, handed over as a list."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from models.column import identity, json_document, moment, reference


class FulfilmentEntry(SQLModel, table=True):
    """One thing for one contact."""

    __tablename__ = "fulfilment_entry"

    id: int | None = identity()
    key: str = Field(unique=True)
    """Run and step: the same intent is written once."""
    list: str
    """The list's name in the playbook."""
    contact_id: int = reference("contact.id", nullable=False, index=True, on_delete="CASCADE")
    run_id: int | None = Field(default=None, sa_type=BigInteger)
    data: dict[str, Any] = json_document()
    """What the journey says of it, such as what the note is for."""
    created_at: datetime = moment(nullable=False)
    handed_at: datetime | None = moment()
    """When it went out with a list."""
    batch: str | None = None
    """That list: its name and day."""

    __table_args__ = (
        Index("fulfilment_entry_open", "list", "id", postgresql_where=text("handed_at IS NULL")),
        Index("fulfilment_entry_batch", "batch"),
    )
