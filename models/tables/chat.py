"""Notes by chat: which mail to a colleague goes to which channel as well, and what became of it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from models.column import identity, moment, reference


class NoteState(StrEnum):
    """What became of a note."""

    QUEUED = "queued"
    """Waits for its moment."""
    SENDING = "sending"
    """Is being posted."""
    SENT = "sent"
    """The other side has it."""
    FAILED = "failed"
    """The other side will not have it, however often it is posted; `reason` says why."""
    UNKNOWN = "unknown"
    """Was posted, and no answer came. Not posted again, as it may be there."""
    LEFT_OUT = "left out"
    """Was about something that is over."""


class ChatNote(SQLModel, table=True):
    """One mail to a colleague that is posted to one channel too; what it says is made of the mail when it is posted."""

    __tablename__ = "chat_note"

    id: int | None = identity()
    message_id: int = reference("message.id", nullable=False, on_delete="CASCADE")
    channel: str
    """Its name in the playbook."""
    state: NoteState = Field(default=NoteState.QUEUED, sa_type=Text, sa_column_kwargs={"server_default": "queued"})
    created_at: datetime = moment(nullable=False)
    due_at: datetime = moment(nullable=False)
    """When it is posted, or tried again."""
    tries: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    handed_at: datetime | None = moment()
    """When it was last posted."""
    sent_at: datetime | None = moment()
    reason: str | None = None

    __table_args__ = (
        UniqueConstraint("message_id", "channel", name="chat_note_once"),
        Index("chat_note_due", "due_at", postgresql_where=text("state IN ('queued', 'sending')")),
    )
