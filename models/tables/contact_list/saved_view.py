"""Views of the list of contacts that somebody gave a name."""

from datetime import datetime

from sqlalchemy import Index, text
from sqlmodel import Field, SQLModel

from models.column import identity, json_document, moment, reference


class SavedView(SQLModel, table=True):
    """A condition, an order and columns under a name."""

    __tablename__ = "saved_view"

    id: int | None = identity()
    name: str
    condition: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """In the condition language; empty: everybody."""
    search: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """What is typed into the search box beside it."""
    sort: str = Field(default="", sa_column_kwargs={"server_default": ""})
    """A column, with a minus before it for the largest first; empty: the newest first."""
    columns: list[str] = json_document("[]")
    """By name, in their order; none: the usual ones."""
    login_id: int | None = reference("login.id")
    """Whose it is; null: of whoever comes by the shared password."""
    made_by: str
    is_shared: bool = Field(default=False, sa_column_kwargs={"server_default": "false"})
    """Everybody who sees the list has it."""
    saved_at: datetime = moment(now=True)

    __table_args__ = (Index("saved_view_name", text("coalesce(login_id, 0)"), text("lower(name)"), unique=True),)
