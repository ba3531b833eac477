"""Actions for all contacts that were found: what was asked for, and how far it has come."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Index, text
from sqlmodel import Field, SQLModel

from models.column import identity, json_document, moment, reference


class BulkAction(SQLModel, table=True):
    """Something that is to be done for all contacts that fit a condition, in the order of their numbers."""

    __tablename__ = "bulk_action"

    id: int | None = identity()
    kind: str
    """As in `models.bulk_actions.kinds`."""
    condition: str = Field(default="", sa_column_kwargs={"server_default": ""})
    search: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """Whom it is for, as the list found them; both empty: everybody."""
    choices: dict[str, Any] = json_document()
    """What was chosen, such as the journey."""
    made_by: str
    login_id: int | None = reference("login.id")
    key: str = Field(unique=True)
    """Names the one sending of the form: the same one twice is one action."""
    asked_at: datetime = moment(nullable=False)
    last_contact: int = Field(sa_type=BigInteger)
    """The newest contact when it was asked for; whoever comes later is not meant."""
    found: int | None = None
    """How many fit when the work began; null before that."""
    place: int = Field(default=0, sa_type=BigInteger, sa_column_kwargs={"server_default": "0"})
    """All contacts up to this number are dealt with."""
    handled: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    changed: int = Field(default=0, sa_column_kwargs={"server_default": "0"})
    """Of those handled, for how many something was done."""
    began_at: datetime | None = moment()
    finished_at: datetime | None = moment()
    stop_at: datetime | None = moment()
    """When somebody asked to stop it."""
    problem: str | None = None
    """Why it ended early."""

    __table_args__ = (Index("bulk_action_open", "id", postgresql_where=text("finished_at IS NULL")),)
